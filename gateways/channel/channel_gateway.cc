#include "gateways/channel/channel_gateway.h"

#include "gateways/channel/channel_schemas.h"
#include "gateways/channel/visit_routes.h"

namespace chopmark::channel {
namespace {

constexpr Reason unknown_permission{"channel.unknown_permission", Kind::forbidden};

http::Route challenge_row(const ChannelContext& context) {
    http::Route row;
    row.method = "POST";
    row.path = "/channel/v1/challenge";
    row.name = "channel.challenge";
    row.permission = http::public_access;
    row.run = http::Run::on_loop;
    row.summary = "Gives a challenge to be signed, good for five minutes";
    row.handler = [&context](const http::Call&) -> Result<httplib::Response> {
        const auto issued = service::issue_challenge(
            context.ports.secrets.stamps, service::ChallengePurpose::channel,
            context.ports.clock.now(), context.ports.entropy);
        return app::json_response({{"challenge", issued.text},
                                   {"expires_at", issued.until.millis()},
                                   {"environment", context.ports.secrets.environment}});
    };
    return row;
}

std::string_view kind_name(schema::TerminalKind kind) {
    switch (kind) {
        case schema::TERMINAL_KIND_KIOSK:
            return "kiosk";
        case schema::TERMINAL_KIND_COUNTER:
            return "counter";
        case schema::TERMINAL_KIND_MOBILE_TEAM:
            return "mobile_team";
        default:
            return "";
    }
}

std::string_view standing_name(control::Enrolment standing) {
    switch (standing) {
        case control::Enrolment::active:
            return "active";
        case control::Enrolment::suspended:
            return "suspended";
        case control::Enrolment::withdrawn:
            return "withdrawn";
    }
    return "";
}

http::Route standing_row(const ChannelContext& context) {
    http::Route row;
    row.method = "GET";
    row.path = "/channel/v1/terminal";
    row.name = "channel.terminal";
    row.permission = "channel.terminal";
    row.kind = http::RouteKind::query;
    row.summary = "The terminal's own enrolment";
    row.handler = [&context](const http::Call& call) -> Result<httplib::Response> {
        const auto control = context.ports.control.latest();
        const auto* id = call.principal.as<TerminalId>();
        const auto* terminal =
            id != nullptr ? control::find_terminal(*control->state, *id) : nullptr;
        if (terminal == nullptr) {
            return terminal_unauthenticated;
        }
        return app::json_response({{"terminal", terminal->id.hex()},
                                   {"kind", kind_name(terminal->kind)},
                                   {"standing", standing_name(terminal->standing)},
                                   {"site", terminal->site},
                                   {"team", terminal->team},
                                   {"changed_at", terminal->changed_at.millis()}});
    };
    return row;
}

}  // namespace

std::vector<http::Route> ChannelGateway::routes() const {
    std::vector<http::Route> rows = visit_routes(context_);
    rows.push_back(challenge_row(context_));
    rows.push_back(standing_row(context_));
    http::words::describe(rows, channel_schemas());
    return rows;
}

Result<http::Principal> ChannelAuthorizer::authorize(const http::Call& call,
                                                     std::string_view permission) {
    if (permission != "channel.terminal") {
        return unknown_permission;
    }
    CHOPMARK_ASSIGN(const auto signers, verify_terminal(ports_, call));
    http::Principal out;
    out.who = signers.terminal.id;
    return out;
}

}  // namespace chopmark::channel
