// The rows of the admin gateway, a function for each group of nouns; the words that they share.
// Routes hold references to both arguments.
#pragma once

#include "aggregates/control/state.h"
#include "gateways/admin/admin_gateway.h"

namespace chopmark::admin {

using Routes = std::vector<http::Route>;

Routes relying_party_routes(const Ports& ports, const service::StaffCalls& calls);
Routes relying_party_life_routes(const Ports& ports, const service::StaffCalls& calls);
Routes transaction_routes(const Ports& ports, const service::StaffCalls& calls);
Routes terminal_routes(const Ports& ports, const service::StaffCalls& calls);
Routes people_routes(const Ports& ports, const service::StaffCalls& calls);
Routes policy_routes(const Ports& ports, const service::StaffCalls& calls);
Routes erasure_routes(const Ports& ports, const service::StaffCalls& calls);
Routes account_routes(const Ports& ports, const service::StaffCalls& calls);
Routes platform_routes(const Ports& ports, const service::StaffCalls& calls);

/// "active", "suspended", "withdrawn".
std::string_view standing_name(control::Enrolment standing);
/// The member `standing`, as above.
Result<control::Enrolment> standing_of(const service::Json& body);
/// The parameter `standing` of the query; nothing if it is absent.
Result<std::optional<control::Enrolment>> standing_asked(const http::Call& call);
/// Roles by name, at least one.
Result<control::Roles> roles_of(const service::Json& body);

}  // namespace chopmark::admin
