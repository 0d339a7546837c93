#include "gateways/security/security_gateway.h"

#include <array>
#include <iterator>

#include "events/schema/event.h"
#include "events/schema/json.h"
#include "gateways/security/security_routes.h"
#include "gateways/security/security_schemas.h"

namespace chopmark::security {
namespace {

using service::Json;

constexpr std::array<std::pair<std::string_view, schema::Verdict>, 4> verdicts{{
    {"confirmed", schema::VERDICT_CONFIRMED},
    {"false_alarm", schema::VERDICT_FALSE_ALARM},
    {"benign", schema::VERDICT_BENIGN},
    {"undecided", schema::VERDICT_UNDECIDED},
}};

}  // namespace

Result<schema::Verdict> verdict_of(const Json& body) {
    CHOPMARK_ASSIGN(const std::string text, service::text_of(body, "verdict"));
    for (const auto& [name, value] : verdicts) {
        if (name == text) {
            return value;
        }
    }
    return Error(service::json_member, "verdict");
}

Json verdict_to_json(schema::Verdict verdict) {
    for (const auto& [name, value] : verdicts) {
        if (value == verdict) {
            return name;
        }
    }
    return {};
}

Json layers_to_json(const schema::Event& event, projections::PersonalLayer personal) {
    Json out{{"leaf", Json(schema::layer_to_json(event, schema::Layer::leaf))},
             {"link", Json(schema::layer_to_json(event, schema::Layer::link))}};
    out["personal"] = personal == projections::PersonalLayer::opened
                          ? Json(schema::layer_to_json(event, schema::Layer::personal))
                          : Json();
    return out;
}

Json history_to_json(const std::vector<projections::OpenedRecord>& records) {
    Json out = Json::array();
    for (const projections::OpenedRecord& record : records) {
        Json row = layers_to_json(record.event, record.personal);
        const schema::EventInfo* info = schema::find_event(record.prelude.type);
        row["type"] = info != nullptr ? Json(info->name) : Json();
        row["event"] = record.prelude.event_id.hex();
        row["recorded_at"] = record.prelude.recorded_at.millis();
        out.push_back(std::move(row));
    }
    return out;
}

SecurityGateway::SecurityGateway(const Ports& ports)
    : ports_(ports), calls_(ports.commands, ports.queries, ports.clock, ports.work) {}

std::vector<http::Route> SecurityGateway::routes() const {
    Routes all = alert_routes(ports_, calls_);
    for (Routes rows : {stream_routes(ports_), case_routes(ports_, calls_)}) {
        std::move(rows.begin(), rows.end(), std::back_inserter(all));
    }
    http::words::describe(all, security_schemas());
    return all;
}

}  // namespace chopmark::security
