// initiateRequest for form filling, signing and re-authentication, and the acknowledgement of
// signatures (facts/iamsmart-api.md 6). The access token names its event and so the citizen; the
// open id beside it must be that citizen's. What is decided is decided in the citizen's slot; the
// result goes out later by callback (callbacks.h). `parts` MUST outlive the rows.
#pragma once

#include <vector>

#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

std::vector<http::Route> request_routes(Parts& parts);

}  // namespace chopmark::rp
