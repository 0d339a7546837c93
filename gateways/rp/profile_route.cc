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

constexpr std::size_t open_id_bytes = 96;

/// One call from its token to its answer.
struct Asking {
    RequestPtr request;
    std::vector<std::string> fields;
    std::string open_id;
    runtime::FoundEvent token;
    PersonSources person;
    EventId approved;  // the login, whose record has the pins
};
using AskingPtr = std::shared_ptr<Asking>;

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
    CHOPMARK_ASSIGN(const auto event, parts.ports.events.open(asking.approved));
    const auto* approved = std::get_if<schema::LoginApproved>(event.get());
    if (approved == nullptr) {
        return citizen::scope_not_granted;
    }
    std::vector<eme_view::Pin> pins;
    for (const schema::FieldSource& pin : approved->link().pins()) {
        if (std::find(asking.fields.begin(), asking.fields.end(), pin.field()) !=
            asking.fields.end()) {
            pins.push_back({pin.field(), EventId::from_bytes(pin.event_id()).value_or(EventId())});
        }
    }
    return pins;
}

Result<nlohmann::ordered_json> read_profile_values(const Parts& parts, const Asking& asking) {
    CHOPMARK_TRY(check_open_id(parts.ports.events, asking.person,
                               asking.request->party().open_id_group, asking.open_id));
    CHOPMARK_ASSIGN(const auto pins, pins_of(parts, asking));
    CHOPMARK_ASSIGN(const fold::Reading rows,
                    parts.ports.queries.any(eme_view::EmeView::view_name));
    CHOPMARK_ASSIGN(const auto values,
                    eme_view::read_values(rows, parts.ports.vault, asking.token.account, pins));
    nlohmann::ordered_json content = nlohmann::ordered_json::object();
    for (const eme_view::Value& value : values) {
        add_field(content, value);
    }
    return content;
}

/// What the citizen's slot says of the token, and of the consent that it stands on.
Result<void> admit(const citizen::State& state, Asking& asking, Instant now) {
    CHOPMARK_ASSIGN(const auto facts,
                    citizen::token(state, asking.token.id, asking.request->party().id, now));
    const bool granted = std::find(facts.scopes.begin(), facts.scopes.end(),
                                   citizen::scope::profiles) != facts.scopes.end();
    const bool approved =
        asking.request->party().scopes.contains(std::string(citizen::scope::profiles));
    if (!approved) {
        return citizen::scope_not_approved;
    }
    if (!granted || !state.consents.standing.contains(facts.login)) {
        return citizen::scope_not_granted;
    }
    asking.approved = facts.approved;
    asking.person = sources_of(state.account);
    return {};
}

void look_up_citizen(Parts& parts, const AskingPtr& asking) {
    parts.ports.commands.look(
        asking->token.account,
        [&parts, asking](Result<std::shared_ptr<const citizen::State>> state) {
            http::Reply& reply = *asking->request->reply;
            if (!state || *state == nullptr) {
                reply.fail(state ? Error(citizen::token_unknown) : state.error());
                return;
            }
            if (const auto good = admit(**state, *asking, parts.ports.clock.now()); !good) {
                reply.fail(good.error());
                return;
            }
            const bool taken = parts.ports.work.try_post([&parts, asking] {
                const auto content = read_profile_values(parts, *asking);
                if (content) {
                    answer(parts, *asking->request, *content);
                } else {
                    asking->request->reply->fail(content.error());
                }
            });
            if (!taken) {
                reply.fail(runtime::executor_busy);
            }
        });
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
    look_up_citizen(parts, std::make_shared<Asking>(*std::move(asking)));
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
