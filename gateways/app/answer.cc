#include "gateways/app/answer.h"

#include "aggregates/citizen/device.h"
#include "aggregates/citizen/identity.h"
#include "aggregates/citizen/login.h"
#include "aggregates/citizen/request.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::app {
namespace {

/// One whose name the recorded reasons of identity.h do not hold.
constexpr Reason unnamed_refusal{"command.refused", Kind::refused};

Error recorded_error(const std::string& name) {
    if (const auto reason = citizen::recorded_reason(name)) {
        return Error(*reason);
    }
    for (const Reason& reason : {citizen::device_password_wrong, citizen::other_card}) {
        if (reason.name == name) {
            return Error(reason);
        }
    }
    return Error(unnamed_refusal, name);
}

struct Recorded {
    Result<void> operator()(const schema::RegistrationRefused& event) const {
        return recorded_error(event.leaf().head().reason());
    }
    Result<void> operator()(const schema::DeviceBindingRefused& event) const {
        return recorded_error(event.leaf().head().reason());
    }
    Result<void> operator()(const schema::LoginExpired&) const {
        return citizen::login_request_expired;
    }
    Result<void> operator()(const schema::ConsentExpired&) const {
        return citizen::request_expired;
    }
    Result<void> operator()(const schema::SignatureExpired&) const {
        return citizen::request_expired;
    }
    Result<void> operator()(const schema::StepUpExpired&) const { return citizen::request_expired; }
    Result<void> operator()(const auto&) const { return {}; }
};

}  // namespace

httplib::Response json_response(const Json& body) {
    httplib::Response response;
    response.status = 200;
    response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    response.headers.emplace("Content-Type", "application/json");
    return response;
}

httplib::Response receipt_response(const service::Queries& queries, const runtime::Receipt& receipt,
                                   Json body) {
    body["event"] = receipt.event_id.hex();
    body["recorded_at"] = receipt.recorded_at.millis();
    httplib::Response response = json_response(body);
    response.headers.emplace(std::string(service::position_header),
                             queries.token(receipt.partition, receipt.sequence));
    return response;
}

Result<void> check_recorded(const schema::Event& event) { return std::visit(Recorded(), event); }

Result<Json> render_nothing(const runtime::Receipt& receipt) {
    CHOPMARK_TRY(check_recorded(*receipt.event));
    return Json::object();
}

runtime::Answer answer_to(const service::Queries& queries, SharedReply reply, Render render) {
    return [&queries, reply = std::move(reply),
            render = std::move(render)](Result<runtime::Receipt> outcome) {
        if (!outcome) {
            reply->fail(outcome.error());
            return;
        }
        auto body = render(*outcome);
        if (!body) {
            reply->fail(body.error());
            return;
        }
        reply->send(receipt_response(queries, *outcome, *std::move(body)));
    };
}

}  // namespace chopmark::app
