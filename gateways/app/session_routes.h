// Challenges, and the session that one of them begins.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

/// `context` must outlive the rows.
std::vector<http::Route> session_routes(const AppContext& context);

}  // namespace chopmark::app
