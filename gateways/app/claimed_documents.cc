#include "gateways/app/claimed_documents.h"

#include "aggregates/citizen/request_claimed.h"
#include "events/schema/event.h"

namespace chopmark::app {
namespace {

struct Listing {
    ClaimedDocuments parts;
    AccountId claimer;
    RequestId request;
    std::vector<EventId> listed;
    std::function<void(Result<void>)> done;
};
using ListingPtr = std::shared_ptr<const Listing>;

/// How many of them the claimer's slot has; all of them when it waits for none.
std::size_t known_parts(const citizen::State& state, const Listing& listing) {
    const auto at = state.requests.requests.find(listing.request);
    const bool waits = at != state.requests.requests.end() && at->second.open();
    return waits ? at->second.bulk.parts.size() : listing.listed.size();
}

Result<citizen::Command> command_of(const Listing& listing, std::size_t part) {
    CHOPMARK_ASSIGN(const auto event, listing.parts.events.open(listing.listed[part]));
    const auto* listed = std::get_if<schema::RequestListed>(event.get());
    auto command = listed != nullptr ? citizen::list_claimed(*listed) : std::nullopt;
    return command ? Result<citizen::Command>(*std::move(command)) : citizen::request_unknown;
}

void list_from(const ListingPtr& listing, std::size_t part);

/// In the pool: it opens a record.
void list_part(const ListingPtr& listing, std::size_t part) {
    auto command = command_of(*listing, part);
    if (!command) {
        listing->done(command.error());
        return;
    }
    listing->parts.commands.submit(
        listing->claimer, *std::move(command),
        citizen::head_of_claimed(listing->listed[part], listing->parts.clock.now()),
        [listing, part](const Result<runtime::Receipt>& receipt) {
            if (!receipt) {
                listing->done(receipt.error());
            } else if (!std::holds_alternative<schema::BulkListed>(*receipt->event)) {
                listing->done(citizen::request_expired);  // recorded in its stead
            } else {
                list_from(listing, part + 1);
            }
        });
}

void list_from(const ListingPtr& listing, std::size_t part) {
    if (part >= listing->listed.size()) {
        listing->done({});
    } else if (!listing->parts.work.try_post([listing, part] { list_part(listing, part); })) {
        listing->done(Error(runtime::executor_busy));
    }
}

}  // namespace

void list_claimed(const ClaimedDocuments& parts, const schema::RequestClaimed& claim,
                  std::function<void(Result<void>)> done) {
    const auto& link = claim.link();
    Listing listing{parts,
                    AccountId::from_bytes(link.claimer_account_id()).value_or(AccountId()),
                    RequestId::from_bytes(link.request_id()).value_or(RequestId()),
                    {},
                    std::move(done)};
    for (const Bytes& id : link.listed_event_ids()) {
        listing.listed.push_back(EventId::from_bytes(id).value_or(EventId()));
    }
    if (listing.listed.empty()) {
        listing.done({});
        return;
    }
    const auto going = std::make_shared<const Listing>(std::move(listing));
    parts.commands.look(going->claimer, [going](const auto& state) {
        if (!state || *state == nullptr) {
            going->done(state ? Error(citizen::account_unknown) : state.error());
        } else {
            list_from(going, known_parts(**state, *going));
        }
    });
}

}  // namespace chopmark::app
