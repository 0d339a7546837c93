#include "gateways/service/request_page.h"

#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::service {
namespace {

template <class E>
RequestEnd ended(const E& event, std::string error) {
    RequestEnd out;
    out.request = RequestId::from_bytes(event.link().request_id()).value_or(RequestId());
    out.account = AccountId::from_bytes(event.link().head().account_id()).value_or(AccountId());
    out.error = std::move(error);
    return out;
}

struct HowEnded {
    using Answer = std::optional<RequestEnd>;

    Answer operator()(const schema::ConsentGranted& event) const { return ended(event, ""); }
    Answer operator()(const schema::SignatureMade& event) const { return ended(event, ""); }
    Answer operator()(const schema::BulkApproved& event) const { return ended(event, ""); }
    Answer operator()(const schema::BulkCancelled& event) const {
        return ended(event, "cancelled");
    }
    Answer operator()(const schema::ConsentRefused& event) const { return ended(event, "refused"); }
    Answer operator()(const schema::SignatureRefused& event) const {
        return ended(event, "refused");
    }
    Answer operator()(const schema::ConsentExpired& event) const { return ended(event, "expired"); }
    Answer operator()(const schema::SignatureExpired& event) const {
        return ended(event, "expired");
    }
    /// A claim is only the beginning, unless it was somebody else's card.
    Answer operator()(const schema::RequestClaimed& event) const {
        if (event.leaf().head().outcome() != schema::REFUSED) {
            return std::nullopt;
        }
        RequestEnd out = ended(event, "card_mismatch");
        out.account =
            AccountId::from_bytes(event.link().claimer_account_id()).value_or(AccountId());
        return out;
    }
    Answer operator()(const auto&) const { return std::nullopt; }
};

}  // namespace

std::optional<RequestEnd> request_end(const keys::Bearer& bearer, const schema::Event& event,
                                      const EventId& id, Instant recorded_at) {
    std::optional<RequestEnd> end = std::visit(HowEnded(), event);
    if (end && end->error.empty()) {
        end->code = bearer.mint(keys::BearerKind::code, slot_of(end->account), id, recorded_at);
    }
    return end;
}

bool settle_request(LoginDesk& desk, const keys::Bearer& bearer, const schema::Event& event,
                    const EventId& id, Instant recorded_at) {
    const auto end = request_end(bearer, event, id, recorded_at);
    if (end) {
        desk.settle_request(end->request, end->account, end->code, end->error);
    }
    return end.has_value();
}

}  // namespace chopmark::service
