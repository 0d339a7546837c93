#include "gateways/rp/signed_routes.h"

#include "aggregates/runtime/command_service.h"
#include "gateways/service/secrets.h"

namespace chopmark::rp {

Family family_of(const Ports& ports, const http::Call& call) {
    const auto client = ClientId::from_hex(call.request.get_header_value("clientID"));
    const auto control = ports.control.latest();
    return family_of(client ? control::find_relying_party(*control->state, *client) : nullptr);
}

namespace {

/// Of nobody for a client that is unknown: it must not take another time.
void count_error(Parts& parts, const Error& error, Operation operation, const http::Call& failed) {
    const auto claimed = ClientId::from_hex(failed.request.get_header_value("clientID"));
    const auto control = parts.ports.control.latest();
    const bool known = claimed && control::find_relying_party(*control->state, *claimed) != nullptr;
    parts.errors.count(known ? *claimed : ClientId(), return_code(error, operation).number,
                       parts.ports.clock.now());
}

}  // namespace

http::Route signed_route(Parts& parts, Operation operation, std::string path, std::string name,
                         std::string summary, http::AsyncHandler handler) {
    http::Route route;
    route.method = "POST";
    route.path = std::move(path);
    route.name = std::move(name);
    route.permission = http::public_access;  // the request's own signature says who calls
    route.kind = http::RouteKind::command;
    route.handler = std::move(handler);
    route.render_error = [&parts, operation](const Error& error, const http::Call& failed) {
        const Ports& ports = parts.ports;
        count_error(parts, error, operation, failed);
        // Whoever did not prove to be that client learns nothing of it.
        const Family family =
            error == signature_wrong ? Family::iam_smart : family_of(ports, failed);
        return failure(ports.entropy, family, error, operation);
    };
    route.summary = std::move(summary);
    route.answers = {{200, "Envelope: txID, code, message, content.", "application/json", ""}};
    return route;
}

RequestPtr take_request(Parts& parts, const http::CallPtr& call, http::Reply reply) {
    auto checked = parts.checks.check(*call);
    if (!checked) {
        reply.fail(checked.error());
        return nullptr;
    }
    reply.vouch();
    auto opened = parts.keys.open(*checked->party, call->request.body, checked->now);
    if (!opened) {
        reply.fail(opened.error());
        return nullptr;
    }
    return std::make_shared<Request>(Request{call, std::make_shared<http::Reply>(std::move(reply)),
                                             *std::move(checked), *std::move(opened)});
}

void answer(Parts& parts, Request& request, const nlohmann::ordered_json& content) {
    request.reply->send(success(parts.ports.entropy, request.family(),
                                parts.keys.seal(request.opened.key, content.dump())));
}

Result<runtime::FoundEvent> find_token(const Parts& parts, std::string_view text, Instant now) {
    const auto bearer = parts.ports.secrets.bearer.parse(keys::BearerKind::access_token, text, now);
    if (!bearer) {
        return citizen::token_unknown;
    }
    CHOPMARK_ASSIGN(const runtime::FoundEvent found,
                    parts.ports.events.find_recorded(bearer->event.array()));
    return found.account.is_zero() ? Result<runtime::FoundEvent>(citizen::token_unknown)
                                   : Result<runtime::FoundEvent>(found);
}

void look_up_token(Parts& parts, const RequestPtr& request, const runtime::FoundEvent& token,
                   Admit admit, Task go_on) {
    const auto look = [&parts, request, token,
                       admit = std::move(admit)](const citizen::State& state) -> Result<void> {
        CHOPMARK_ASSIGN(const auto facts, citizen::token(state, token.id, request->party().id,
                                                         parts.ports.clock.now()));
        return admit(state, facts);
    };
    parts.ports.commands.look(
        token.account, [&parts, request, look, go_on = std::move(go_on)](
                           Result<std::shared_ptr<const citizen::State>> state) {
            if (!state || *state == nullptr) {
                request->reply->fail(state ? Error(citizen::token_unknown) : state.error());
                return;
            }
            if (const auto good = look(**state); !good) {
                request->reply->fail(good.error());
            } else if (!parts.ports.work.try_post(go_on)) {
                request->reply->fail(runtime::executor_busy);
            }
        });
}

Result<runtime::Receipt> first_time(Result<runtime::Receipt> receipt) {
    if (receipt && receipt->replayed) {
        return request_repeated;
    }
    return receipt;
}

}  // namespace chopmark::rp
