// BusinessIDs as the citizen's slot and the views know them: keyed digests of client and id. Safe
// from any thread.
#pragma once

#include <optional>

#include "aggregates/citizen/request.h"
#include "aggregates/control/relying_party.h"
#include "gateways/rp/ports.h"
#include "gateways/service/secrets.h"
#include "projections/asked_requests/asked_requests.h"

namespace chopmark::rp {

/// HMAC under a key of the deployment: the same on every node, and for as long as the log lasts.
citizen::BusinessIdToken business_id_token(const service::Secrets& secrets, const ClientId& client,
                                           std::string_view business_id);

/// A businessID is used once, whoever it was for; within one citizen the slot says so, and `asked`
/// is that citizen (zero: nobody is known yet). Where the party has one for all there is nothing to
/// check. Of two calls at the same moment both may pass (design-notes A4).
/// request.business_id_used. In the pool: it opens records.
Result<void> check_unused(const Ports& ports, const control::RelyingParty& party,
                          const citizen::BusinessIdToken& business_id, const AccountId& asked);

/// The person who was asked under this id, for that subject or for any; of several, where a party
/// sends one id for all, the one asked last. request.unknown.
Result<AccountId> asked_account(const Ports& ports, const citizen::BusinessIdToken& business_id,
                                std::optional<asked_requests::Subject> subject = std::nullopt);

}  // namespace chopmark::rp
