#include "gateways/rp/bulk_listing.h"

#include "aggregates/runtime/command_service.h"
#include "events/crypto/digest.h"
#include "events/schema/event.h"

namespace chopmark::rp {
namespace {

using ListingPtr = std::shared_ptr<Listing>;

CommandHead head_of_part(const Listing& listing, std::uint32_t part) {
    Bytes number;
    append_big_endian(number, part);
    CommandHead head = listing.request->checked.head;
    head.id = CommandId(
        crypto::sha256({"chopmark/rp/bulk-part/1", listing.asked.bytes(), number}).array());
    head.digest = Digest(head.id.array());
    return head;
}

bool is_listed(const schema::Event& event) {
    return std::holds_alternative<schema::BulkListed>(event) ||
           std::holds_alternative<schema::RequestListed>(event);
}

/// One after the other: the slot takes them in their order only.
void list_part(Parts& parts, const ListingPtr& listing, std::uint32_t part) {
    if (part > listing->parts.size()) {
        listing->listed();
        return;
    }
    parts.ports.commands.submit(
        listing->address, listing->command(part, std::move(listing->parts[part - 1])),
        head_of_part(*listing, part),
        [&parts, listing, part](const Result<runtime::Receipt>& receipt) {
            if (receipt && is_listed(*receipt->event)) {
                list_part(parts, listing, part + 1);
            } else {  // recorded otherwise: the time-out in its stead
                listing->request->reply->fail(receipt ? Error(citizen::request_expired)
                                                      : receipt.error());
            }
        });
}

}  // namespace

void list_parts(Parts& parts, Listing listing) {
    list_part(parts, std::make_shared<Listing>(std::move(listing)), 1);
}

}  // namespace chopmark::rp
