// getKey and revokeKey (facts/iamsmart-api.md 4.2, 4.3). getKey answers at once while a key stands;
// only when none does is one issued and waited for. `parts` MUST outlive the rows.
#pragma once

#include <vector>

#include "gateways/rp/signed_routes.h"

namespace chopmark::rp {

std::vector<http::Route> key_routes(Parts& parts);

}  // namespace chopmark::rp
