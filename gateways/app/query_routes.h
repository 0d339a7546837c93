// What a citizen sees: the account, the profile with its values, the log, what waits for an answer,
// consents and signatures. A citizen's look at the own data opens boxes and is no record.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

/// `context` must outlive the rows.
std::vector<http::Route> query_routes(const AppContext& context);

}  // namespace chopmark::app
