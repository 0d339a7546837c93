// Lists the documents of a bulk request that has just been asked, part by part and in their order:
// in the slot of its citizen, or of nobody yet. Each part is a command under an id that follows
// from the asking record. Should this process die in between, the request can never be answered and
// times out. Safe from any thread.
#pragma once

#include "aggregates/citizen/citizen.h"
#include "gateways/rp/bulk_content.h"
#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

struct Listing {
    RequestPtr request;
    AccountId address;  // of the slot
    EventId asked;
    BulkParts parts;
    /// The command that lists these, as part 1, 2, …
    std::function<citizen::Command(std::uint32_t part, std::vector<schema::BulkDocument>)> command;
    /// Once all are recorded; where that fails the reply has been given.
    Task listed;
};

void list_parts(Parts& parts, Listing listing);

}  // namespace chopmark::rp
