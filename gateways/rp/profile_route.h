// POST /profiles: the verified profile and e-ME fields of a citizen whose login was granted
// eidapi_profiles, answered at once (facts/iamsmart-api.md 6.1, 6.2). A pure read: the consent is
// the login, which pinned every field's source, and the values are those of then. It ends with the
// token, or when the consent is withdrawn.
#pragma once

#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

http::Route profile_route(Parts& parts);

}  // namespace chopmark::rp
