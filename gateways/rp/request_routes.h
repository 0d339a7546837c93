// initiateRequest for form filling, signing and re-authentication, and the acknowledgement of
// signatures (facts/iamsmart-api.md 6). The access token names its event and so the citizen; the
// open id beside it must be that citizen's. What is decided is decided in the citizen's slot; the
// result goes out later by callback (callbacks.h). Bulk signing is bulk_routes.h's. `parts` MUST
// outlive the rows.
#pragma once

#include <string>
#include <vector>

#include "gateways/rp/business_ids.h"
#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

std::vector<http::Route> request_routes(Parts& parts);

/// ackResult of one kind of signing, at /api/v1/`path`.
http::Route acknowledging_route(Parts& parts, citizen::RequestSubject subject,
                                const std::string& path, std::string name);

/// Who was asked for a signature under that businessID: by the token if one came along, which few
/// clients send. request.unknown, token.unknown.
Result<AccountId> account_asked(const Parts& parts, const Request& request,
                                const citizen::BusinessIdToken& business_id);

}  // namespace chopmark::rp
