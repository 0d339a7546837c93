#include "gateways/rp/business_ids.h"

#include "aggregates/runtime/event_finder.h"
#include "events/crypto/digest.h"
#include "gateways/service/queries.h"

namespace chopmark::rp {

citizen::BusinessIdToken business_id_token(const service::Secrets& secrets, const ClientId& client,
                                           std::string_view business_id) {
    // A stamp that never ends is a keyed function of its payload: a key of its own for this.
    const crypto::SecretBytes key(
        secrets.stamps.stamp(keys::StampKind::claim, "chopmark/business-id-key/1", keys::no_end));
    return citizen::BusinessIdToken(
        crypto::hmac_sha256(key.reveal(), {client.bytes(), business_id}).array());
}

Result<void> check_unused(const Ports& ports, const control::RelyingParty& party,
                          const citizen::BusinessIdToken& business_id, const AccountId& asked) {
    if (party.business_id_per_citizen) {
        return {};
    }
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    ports.queries.any(asked_requests::AskedRequests::view_name));
    CHOPMARK_ASSIGN(const auto known, asked_requests::find_asked(rows, business_id.bytes()));
    for (const EventId& event : known) {
        const auto found = ports.events.find(event);
        // The view may be ahead of the index: used it was in any case.
        if (!found ? found.error() == runtime::event_unknown : found->account != asked) {
            return citizen::business_id_used;
        }
        CHOPMARK_TRY(found);
    }
    return {};
}

Result<AccountId> asked_account(const Ports& ports, const citizen::BusinessIdToken& business_id,
                                std::optional<asked_requests::Subject> subject) {
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    ports.queries.any(asked_requests::AskedRequests::view_name));
    CHOPMARK_ASSIGN(const auto asked,
                    subject ? asked_requests::find_asked(rows, business_id.bytes(), *subject)
                            : asked_requests::find_asked(rows, business_id.bytes()));
    runtime::FoundEvent newest;
    for (const EventId& event : asked) {
        CHOPMARK_ASSIGN(const runtime::FoundEvent found, ports.events.find(event));
        if (!found.account.is_zero() && found.recorded_at >= newest.recorded_at) {
            newest = found;
        }
    }
    return newest.account.is_zero() ? Result<AccountId>(citizen::request_unknown)
                                    : Result<AccountId>(newest.account);
}

}  // namespace chopmark::rp
