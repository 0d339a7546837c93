#include "gateways/security/alert_messages.h"

#include "events/schema/event.h"
#include "events/schema/json.h"
#include "gateways/security/security_routes.h"

namespace chopmark::security {
namespace {

constexpr const char* json_type = "application/json";

journal::kafka::Outgoing message(const journal::Entry& entry, const record::Prelude& prelude,
                                 const AlertId& alert, std::string type, const nlohmann::json& data,
                                 const std::string& source) {
    publish::CloudEvent event;
    event.id = prelude.event_id.hex();
    event.source = source;
    event.type = std::move(type);
    event.time = to_string(prelude.recorded_at);
    event.subject = alert.hex();
    event.content_type = json_type;
    event.extensions = {{"sequence", publish::sequence_text(entry.sequence)}};
    event.data = data.dump();
    return publish::in_binary_mode(std::move(event), alert.hex());
}

}  // namespace

std::optional<AlertId> alert_of(const schema::Event& event) {
    if (const auto* raised = std::get_if<schema::AlertRaised>(&event)) {
        return AlertId::from_bytes(raised->link().alert_id());
    }
    if (const auto* taken = std::get_if<schema::AlertAcknowledged>(&event)) {
        return AlertId::from_bytes(taken->link().alert_id());
    }
    if (const auto* closed = std::get_if<schema::AlertClosed>(&event)) {
        return AlertId::from_bytes(closed->link().alert_id());
    }
    return std::nullopt;
}

nlohmann::json recorded_to_json(const EventId& id, Instant recorded_at,
                                const schema::Event& event) {
    return {{"event", id.hex()},
            {"recorded_at", recorded_at.millis()},
            {"leaf", nlohmann::json(schema::layer_to_json(event, schema::Layer::leaf))},
            {"link", nlohmann::json(schema::layer_to_json(event, schema::Layer::link))}};
}

Result<journal::kafka::Outgoing> alert_log_message(const journal::Entry& entry,
                                                   const schema::Event& event,
                                                   const std::string& source) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    CHOPMARK_ASSIGN(std::string type, publish::type_name(prelude.type));
    const auto data = recorded_to_json(prelude.event_id, prelude.recorded_at, event);
    return message(entry, prelude, alert_of(event).value_or(AlertId()), std::move(type), data,
                   source);
}

Result<journal::kafka::Outgoing> alert_state_message(const journal::Entry& entry,
                                                     const alerts_view::Alert& alert,
                                                     const std::string& source) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    nlohmann::json data = alert_to_json(alert);
    data.erase("personal");
    return message(entry, prelude, alert.id, "chopmark.AlertState", data, source);
}

}  // namespace chopmark::security
