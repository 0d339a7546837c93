#include "gateways/admin/admin_gateway.h"

#include <iterator>

#include "gateways/admin/admin_routes.h"
#include "gateways/admin/admin_schemas.h"
#include "gateways/service/staff_session.h"

namespace chopmark::admin {

std::string_view standing_name(control::Enrolment standing) {
    switch (standing) {
        case control::Enrolment::active:
            return "active";
        case control::Enrolment::suspended:
            return "suspended";
        case control::Enrolment::withdrawn:
            return "withdrawn";
    }
    return {};
}

namespace {

std::optional<control::Enrolment> standing_named(std::string_view name) {
    for (const auto standing : {control::Enrolment::active, control::Enrolment::suspended,
                                control::Enrolment::withdrawn}) {
        if (standing_name(standing) == name) {
            return standing;
        }
    }
    return std::nullopt;
}

}  // namespace

Result<control::Enrolment> standing_of(const service::Json& body) {
    CHOPMARK_ASSIGN(const std::string name, service::text_of(body, "standing"));
    const auto standing = standing_named(name);
    return standing ? Result<control::Enrolment>(*standing)
                    : Result<control::Enrolment>(Error(service::json_member, "standing"));
}

Result<std::optional<control::Enrolment>> standing_asked(const http::Call& call) {
    const std::string name = service::parameter(call, "standing");
    if (name.empty()) {
        return std::optional<control::Enrolment>();
    }
    const auto standing = standing_named(name);
    if (!standing) {
        return Error(service::parameter_bad, "standing");
    }
    return standing;
}

Result<control::Roles> roles_of(const service::Json& body) {
    CHOPMARK_ASSIGN(const auto names, service::texts_of(body, "roles"));
    control::Roles roles;
    for (const std::string& name : names) {
        const auto role = service::role_named(name);
        if (!role) {
            return Error(service::json_member, "roles");
        }
        roles.insert(*role);
    }
    return roles;
}

AdminGateway::AdminGateway(const Ports& ports)
    : ports_(ports), calls_(ports.commands, ports.queries, ports.clock, ports.work) {}

std::vector<http::Route> AdminGateway::routes() const {
    Routes all;
    for (const auto& group :
         {relying_party_routes, relying_party_life_routes, transaction_routes, terminal_routes,
          people_routes, policy_routes, erasure_routes, account_routes, platform_routes}) {
        Routes rows = group(ports_, calls_);
        std::move(rows.begin(), rows.end(), std::back_inserter(all));
    }
    http::words::describe(all, admin_schemas());
    return all;
}

}  // namespace chopmark::admin
