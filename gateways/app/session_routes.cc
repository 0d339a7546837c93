#include "gateways/app/session_routes.h"

#include "aggregates/citizen/state.h"
#include "gateways/app/session.h"
#include "gateways/app/signed_call.h"

namespace chopmark::app {
namespace {

http::Route challenge_row(const AppContext& context) {
    http::Route row;
    row.method = "POST";
    row.path = "/app/v1/challenge";
    row.name = "app.challenge";
    row.permission = http::public_access;
    row.run = http::Run::on_loop;
    row.summary = "Gives a challenge to be signed, good for five minutes";
    row.handler = [&context](const http::Call&) -> Result<httplib::Response> {
        const auto issued =
            service::issue_challenge(context.ports.secrets.stamps, service::ChallengePurpose::app,
                                     context.ports.clock.now(), context.ports.entropy);
        return json_response({{"challenge", issued.text},
                              {"expires_at", issued.until.millis()},
                              {"environment", context.ports.secrets.environment}});
    };
    return row;
}

/// How many phones the account has had, this one included.
std::size_t number_of_device(const citizen::State& state, const DeviceId& device) {
    const auto known = state.devices.devices.find(device);
    std::size_t number = 0;
    for (const auto& [id, other] : state.devices.devices) {
        number += known != state.devices.devices.end() && other.bound_at <= known->second.bound_at
                      ? 1
                      : 0;
    }
    return number;
}

void open_session(const AppContext& context, const std::shared_ptr<SignedCall>& call,
                  const SharedReply& reply) {
    if (auto stands = citizen::check_stands(*call->state); !stands) {
        reply->fail(stands.error());
        return;
    }
    const Session session = begin_session({call->account(), call->signed_by.device},
                                          context.ports.clock.now(), context.ports.entropy);
    const auto key = session_key(context.ports.secrets, session);
    reply->send(json_response(
        {{"session", to_base64(session.nonce)},
         {"key", to_base64(key.reveal())},
         {"expires_at", (session.began_at + limits::app_session_life).millis()},
         {"number_of_device", number_of_device(*call->state, call->signed_by.device)}}));
}

}  // namespace

std::vector<http::Route> session_routes(const AppContext& context) {
    return {
        challenge_row(context),
        signed_row(context,
                   {"/app/v1/session", "app.session.open",
                    "Begins a session of ten minutes: nonce and MAC key"},
                   [&context](const std::shared_ptr<SignedCall>& call, const SharedReply& reply) {
                       open_session(context, call, reply);
                   })};
}

}  // namespace chopmark::app
