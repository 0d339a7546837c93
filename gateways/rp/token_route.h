// getToken (facts/iamsmart-api.md 5.3): a code for an access token, once. The code is a bearer
// value: it names the approval, whose citizen's slot decides. What the relying party will be told
// of the person is read before the command, so that nothing can fail once the code is spent.
// `parts` MUST outlive the row.
#pragma once

#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

http::Route token_route(Parts& parts);

}  // namespace chopmark::rp
