// BusinessIDs as the citizen's slot and the views know them: keyed digests of client and id. Safe
// from any thread.
#pragma once

#include "aggregates/citizen/request.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {

/// HMAC under a key of the deployment: the same on every node, and for as long as the log lasts.
citizen::BusinessIdToken business_id_token(const service::Secrets& secrets, const ClientId& client,
                                           std::string_view business_id);

}  // namespace chopmark::rp
