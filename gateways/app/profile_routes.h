// The e-ME profile, changed by the citizen's phone field by field.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

/// `context` must outlive the rows.
std::vector<http::Route> profile_routes(const AppContext& context);

}  // namespace chopmark::app
