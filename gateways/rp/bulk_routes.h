// Bulk signing (facts/iamsmart-api.md 6.3): initiateRequest, ackResult, enquireStatus,
// cancelRequest and getBSQCToken, at /api/v1/account/bdss and, as CorpID has them, at /api/v1/bdss.
// initiateRequest is answered when the last part of its documents is recorded; should this process
// die before, the request can never be answered and times out.
//
// A BSQC token says that this citizen has approved a bulk request of this service under a
// department and a service name. It names the record of that approval, is good for two days, and
// lets a later request be held against it; the citizen approves that one nevertheless.
#pragma once

#include <vector>

#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

/// `parts` must outlive the routes.
std::vector<http::Route> bulk_routes(Parts& parts);

}  // namespace chopmark::rp
