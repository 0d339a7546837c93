// What a relying party is told of a request that its citizen has answered: form values from the
// events that the consent pinned, signature and certificate from theirs, and the code of how it
// ended (facts/iamsmart-api.md 6, 7). The same whether it goes out by callback or is fetched by
// getResult. Nothing of it is stored: it is read anew each time. Opens records, so it belongs in
// the pool. Safe from any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "aggregates/citizen/state.h"
#include "aggregates/control/relying_party.h"
#include "gateways/rp/ports.h"
#include "projections/service_transactions/service_transactions.h"

namespace chopmark::rp {

/// The delivery values are gone – settled, or older than their key.
inline constexpr Reason delivery_gone{"rp.delivery_gone", Kind::expired};
/// The certificate of that signature is no longer the account's.
inline constexpr Reason certificate_gone{"rp.certificate_gone", Kind::expired};

/// What the asking event's inner box says.
struct AskedDelivery {
    std::string redirect_uri;
    std::string state;
    std::string business_id;
    std::string content_type;          // empty: application/json
    int first_code = 0;                // of the block of what was asked for: "cancelled"
    std::uint32_t max_signatures = 0;  // in one callback, of bulk signing
};

/// rp.delivery_gone; request.unknown when the event asks for nothing.
Result<AskedDelivery> read_delivery(const runtime::EventFinder& events,
                                    const citizen::Request& request);

/// The number of the code: 0 when it was granted.
int code_of(const citizen::Request& request, int first_code);

/// First code of the block of an anonymous request: form filling, signing or bulk signing.
int first_code_of(schema::RequestKind kind);
/// Of a request as it is listed.
int first_code_of(const service_transactions::AskedRow& asked);

/// businessID, state, and of a granted request what it brought, under `iAM` where CorpID wants it
/// so; `certificate` is the record of the account's. request.not_answered, rp.certificate_gone and
/// the errors of opening.
Result<nlohmann::ordered_json> result_content(const Ports& ports,
                                              const control::RelyingParty& party,
                                              const AccountId& account, const EventId& certificate,
                                              const citizen::Request& request,
                                              const AskedDelivery& delivery);

}  // namespace chopmark::rp
