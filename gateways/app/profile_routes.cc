#include "gateways/app/profile_routes.h"

#include "aggregates/citizen/state.h"
#include "gateways/app/simple_row.h"

namespace chopmark::app {
namespace {

/// {values: {name: any JSON}}: each value as the wire has it, facts/iamsmart-api.md 6.2.
Result<citizen::SetProfileFields> read_values(const SignedCall& call) {
    CHOPMARK_ASSIGN(const Json values, service::object_of(call.body, "values"));
    citizen::SetProfileFields out;
    out.proof = call.proof();
    for (const auto& [name, value] : values.items()) {
        citizen::ProfileValue one;
        one.name = name;
        one.json = Sensitive(value.dump(-1, ' ', false, Json::error_handler_t::replace));
        out.values.push_back(std::move(one));
    }
    return out;
}

Result<citizen::ClearProfileFields> read_names(const SignedCall& call) {
    CHOPMARK_ASSIGN(auto names, service::texts_of(call.body, "names"));
    return citizen::ClearProfileFields{call.proof(), std::move(names)};
}

}  // namespace

std::vector<http::Route> profile_routes(const AppContext& context) {
    using citizen::ProfileCommand;
    return {
        simple_row<ProfileCommand>(
            context, {"/app/v1/profile/enable", "app.profile.enable", "Begins an e-ME profile"},
            [](const SignedCall& call) -> Result<citizen::EnableProfile> {
                return citizen::EnableProfile{call.proof()};
            }),
        simple_row<ProfileCommand>(
            context, {"/app/v1/profile/fields", "app.profile.set", "Sets fields of the profile"},
            read_values),
        simple_row<ProfileCommand>(
            context, {"/app/v1/profile/clear", "app.profile.clear", "Empties fields"}, read_names),
        simple_row<ProfileCommand>(
            context, {"/app/v1/profile/disable", "app.profile.disable", "Ends the profile"},
            [](const SignedCall& call) -> Result<citizen::DisableProfile> {
                return citizen::DisableProfile{call.proof()};
            }),
    };
}

}  // namespace chopmark::app
