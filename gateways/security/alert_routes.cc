#include <array>

#include "events/schema/event.h"
#include "gateways/security/security_routes.h"
#include "projections/alerts_view/query.h"

namespace chopmark::security {
namespace {

using projections::Personal;
using service::Json;
namespace view = alerts_view;

constexpr auto read_permission = "security.alerts.read";
constexpr auto write_permission = "security.alerts.write";

constexpr std::array<std::pair<std::string_view, view::AlertStanding>, 3> standings{{
    {"open", view::AlertStanding::open},
    {"acknowledged", view::AlertStanding::acknowledged},
    {"closed", view::AlertStanding::closed},
}};
constexpr std::array<std::pair<std::string_view, schema::Severity>, 5> severities{{
    {"informational", schema::SEVERITY_INFORMATIONAL},
    {"low", schema::SEVERITY_LOW},
    {"medium", schema::SEVERITY_MEDIUM},
    {"high", schema::SEVERITY_HIGH},
    {"critical", schema::SEVERITY_CRITICAL},
}};

template <class Value, std::size_t N>
Json name_in(const std::array<std::pair<std::string_view, Value>, N>& names, Value value) {
    for (const auto& [name, one] : names) {
        if (one == value) {
            return name;
        }
    }
    return {};
}

template <class Value, std::size_t N>
Result<std::optional<Value>> asked(const http::Call& call, const char* parameter,
                                   const std::array<std::pair<std::string_view, Value>, N>& names) {
    const std::string text = service::parameter(call, parameter);
    if (text.empty()) {
        return std::optional<Value>();
    }
    for (const auto& [name, one] : names) {
        if (name == text) {
            return std::optional<Value>(one);
        }
    }
    return Error(service::parameter_bad, parameter);
}

}  // namespace

Json alert_to_json(const view::Alert& alert) {
    Json out = layers_to_json(alert.raised, alert.personal);
    out["alert"] = alert.id.hex();
    out["rule"] = alert.raised.leaf().rule();
    out["severity"] = name_in(severities, alert.raised.leaf().severity());
    out["revision"] = alert.raised.leaf().revision();
    out["standing"] = name_in(standings, alert.standing);
    out["verdict"] = verdict_to_json(alert.verdict);
    out["first_raised_at"] = alert.first_raised_at.millis();
    out["raised_at"] = alert.raised_at.millis();
    out["changed_at"] = alert.changed_at.millis();
    out["changed"] = alert.changed.value();
    return out;
}

namespace {

Result<Json> list(const http::Call& call, const fold::Reading& rows,
                  const keys::EventVault& vault) {
    view::AlertQuestion question;
    CHOPMARK_ASSIGN(const auto standing, asked(call, "standing", standings));
    CHOPMARK_ASSIGN(const auto severity, asked(call, "severity", severities));
    CHOPMARK_ASSIGN(const auto page, service::page_of(call));
    if (standing) {
        question.standings.insert(*standing);
    }
    question.at_least = severity.value_or(schema::SEVERITY_UNSPECIFIED);
    question.rule = service::parameter(call, "rule");
    CHOPMARK_ASSIGN(const auto alerts, view::read_alerts(rows, vault, question, page));
    return service::page_to_json(alerts, alert_to_json);
}

Result<Json> show(const http::Call& call, const fold::Reading& rows,
                  const keys::EventVault& vault) {
    CHOPMARK_ASSIGN(const AlertId id, service::path_id<AlertId>(call, "alert"));
    CHOPMARK_ASSIGN(const auto history, view::read_alert(rows, vault, id, Personal::open));
    Json out = alert_to_json(history.alert);
    out["records"] = history_to_json(history.records);
    return out;
}

Result<control::Command> acknowledge(const http::Call& call, const Json& body) {
    control::AcknowledgeAlert command;
    CHOPMARK_ASSIGN(command.alert, service::path_id<AlertId>(call, "alert"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::AlertCaseCommand(std::move(command)));
}

Result<control::Command> close(const http::Call& call, const Json& body) {
    control::CloseAlert command;
    CHOPMARK_ASSIGN(command.alert, service::path_id<AlertId>(call, "alert"));
    CHOPMARK_ASSIGN(command.verdict, verdict_of(body));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::AlertCaseCommand(std::move(command)));
}

}  // namespace

Routes alert_routes(const Ports& ports, const service::StaffCalls& calls) {
    const std::string all = "/security/v1/alerts";
    const std::string one = all + "/{alert}";
    const keys::EventVault& vault = ports.vault;
    Routes rows;
    rows.push_back(calls.view_row(all, "security.alert.list", read_permission,
                                  "Alerts, changed last first.", view::AlertsView::view_name,
                                  [&vault](const http::Call& call, const fold::Reading& found) {
                                      return list(call, found, vault);
                                  }));
    rows.push_back(calls.look_row(one, "security.alert.show", read_permission,
                                  "One alert with its history.", view::AlertsView::view_name,
                                  ports.entropy,
                                  [&vault](const http::Call& call, const fold::Reading& found) {
                                      return show(call, found, vault);
                                  }));
    rows.push_back(calls.command_row(one + "/acknowledge", "security.alert.acknowledge",
                                     write_permission, "Takes an alert into work.", acknowledge));
    rows.push_back(calls.command_row(one + "/close", "security.alert.close", write_permission,
                                     "Closes an alert with a verdict.", close));
    return rows;
}

}  // namespace chopmark::security
