#include "gateways/rp/profile_route.h"

#include <algorithm>

#include "aggregates/citizen/scope.h"
#include "aggregates/runtime/command_service.h"
#include "events/schema/event.h"
#include "gateways/rp/parameters.h"
#include "gateways/rp/person.h"
#include "gateways/rp/profile_values.h"
#include "gateways/rp/request_content.h"
#include "gateways/service/queries.h"
#include "projections/eme_view/query.h"

namespace chopmark::rp {
namespace {

/// One call from its token to its answer.
struct Asking {
    RequestPtr request;
    std::vector<std::string> fields;
    std::string open_id;
    runtime::FoundEvent token;
    PersonSources person;
    EventId approved;  // the login, whose record has the pins
};

Result<Asking> read_asking(const Parts& parts, const RequestPtr& request) {
    const service::Json& content = request->content();
    Asking asking;
    asking.request = request;
    CHOPMARK_ASSIGN(const std::string token, text_parameter(content, "accessToken"));
    CHOPMARK_ASSIGN(asking.open_id, text_parameter(content, "openID", open_id_bytes));
    CHOPMARK_ASSIGN(asking.fields, read_fields(content));
    CHOPMARK_ASSIGN(asking.token, find_token(parts, token, request->checked.now));
    return asking;
}

Result<std::vector<eme_view::Pin>> pins_of(const Parts& parts, const Asking& asking) {
    CHOPMARK_ASSIGN(const auto event, parts.ports.events.open_recorded(asking.approved));
    const auto* approved = std::get_if<schema::LoginApproved>(event.get());
    if (approved == nullptr) {
        return citizen::scope_not_granted;
    }
    std::vector<eme_view::Pin> pins;
    for (const schema::FieldSource& pin : approved->link().pins()) {
        if (std::find(asking.fields.begin(), asking.fields.end(), pin.field()) !=
            asking.fields.end()) {
            pins.push_back(pin_of(pin));
        }
    }
    return pins;
}

Result<nlohmann::ordered_json> read_profile_values(const Parts& parts, const Asking& asking) {
    CHOPMARK_TRY(check_open_id(parts.ports.events, asking.person,
                               asking.request->party().open_id_group, asking.open_id));
    CHOPMARK_ASSIGN(const auto pins, pins_of(parts, asking));
    nlohmann::ordered_json content = nlohmann::ordered_json::object();
    CHOPMARK_TRY(add_values(content, parts.ports, asking.token.account, pins));
    return content;
}

/// Whether the login let the profile go, and the consent that it was still stands.
Result<void> admit(const citizen::State& state, const citizen::TokenFacts& facts, Asking& asking) {
    if (!asking.request->party().scopes.contains(std::string(citizen::scope::profiles))) {
        return citizen::scope_not_approved;
    }
    const bool granted = std::find(facts.scopes.begin(), facts.scopes.end(),
                                   citizen::scope::profiles) != facts.scopes.end();
    if (!granted || !state.consents.standing.contains(facts.login)) {
        return citizen::scope_not_granted;
    }
    asking.approved = facts.approved;
    asking.person = sources_of(state.account);
    return {};
}

void tell(Parts& parts, const Asking& asking) {
    const auto content = read_profile_values(parts, asking);
    if (content) {
        answer(parts, *asking.request, *content);
    } else {
        asking.request->reply->fail(content.error());
    }
}

void profiles(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    const RequestPtr request = take_request(parts, call, std::move(reply));
    if (request == nullptr) {
        return;
    }
    auto asking = read_asking(parts, request);
    if (!asking) {
        request->reply->fail(asking.error());
        return;
    }
    const auto shared = std::make_shared<Asking>(*std::move(asking));
    look_up_token(
        parts, request, shared->token,
        [shared](const citizen::State& state, const citizen::TokenFacts& facts) {
            return admit(state, facts, *shared);
        },
        [&parts, shared] { tell(parts, *shared); });
}

}  // namespace

http::Route profile_route(Parts& parts) {
    return signed_route(parts, Operation::token, "/api/v1/profiles", "rp.profiles",
                        "Profile and e-ME fields that the login was granted.",
                        [&parts](const http::CallPtr& call, http::Reply reply) {
                            profiles(parts, call, std::move(reply));
                        });
}

}  // namespace chopmark::rp
