// What a citizen does with the account by its own phone: suspending, resuming, closing it, taking a
// phone off it; and how a phone comes onto it: with a terminal's voucher, or in place of another by
// password, chip and face.
#pragma once

#include "gateways/app/app_ports.h"
#include "gateways/http/route.h"

namespace chopmark::app {

/// `context` must outlive the rows.
std::vector<http::Route> account_routes(const AppContext& context);
std::vector<http::Route> binding_routes(const AppContext& context);

}  // namespace chopmark::app
