// Requests without a token (facts/iamsmart-api.md 6, design-notes A4): initiateRequest for form
// filling, signing and bulk signing, whose ticket getQR takes, and getResult, which brings what the
// citizen gave to whoever has redeemed the code. What is asked lives in the slot of client and
// businessID until a phone claims it; from then on it is an ordinary request of that citizen, but
// for how its answer reaches the relying party: the code goes by the browser, the values are
// fetched, nothing but bulk signing is called back. `parts` MUST outlive the rows.
#pragma once

#include <vector>

#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

std::vector<http::Route> anonymous_routes(Parts& parts);

}  // namespace chopmark::rp
