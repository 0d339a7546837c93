#include "events/schema/event.h"
#include "gateways/security/security_routes.h"
#include "projections/alerts_view/query.h"

namespace chopmark::security {
namespace {

using projections::Personal;
using service::Json;
namespace view = alerts_view;

constexpr auto read_permission = "security.cases.read";
constexpr auto write_permission = "security.cases.write";

Json case_to_json(const view::Case& told) {
    Json out = layers_to_json(told.opened, told.personal);
    out["case"] = told.id.hex();
    out["kind"] = told.opened.leaf().kind();
    out["standing"] = told.closed ? "closed" : "open";
    out["verdict"] = verdict_to_json(told.verdict);
    out["opened_at"] = told.opened_at.millis();
    out["changed_at"] = told.changed_at.millis();
    return out;
}

Result<Json> list(const http::Call& call, const fold::Reading& rows,
                  const keys::EventVault& vault) {
    view::CaseQuestion question;
    if (const std::string standing = service::parameter(call, "standing"); !standing.empty()) {
        if (standing != "open" && standing != "closed") {
            return Error(service::parameter_bad, "standing");
        }
        question.closed = standing == "closed";
    }
    question.kind = service::parameter(call, "kind");
    if (const std::string alert = service::parameter(call, "alert"); !alert.empty()) {
        question.alert = AlertId::from_hex(alert);
        if (!question.alert) {
            return Error(service::parameter_bad, "alert");
        }
    }
    CHOPMARK_ASSIGN(const auto page, service::page_of(call));
    CHOPMARK_ASSIGN(const auto cases, view::read_cases(rows, vault, question, page));
    return service::page_to_json(cases, case_to_json);
}

Result<Json> show(const http::Call& call, const fold::Reading& rows,
                  const keys::EventVault& vault) {
    CHOPMARK_ASSIGN(const view::CaseId id, service::path_id<view::CaseId>(call, "case"));
    CHOPMARK_ASSIGN(const auto history, view::read_case(rows, vault, id, Personal::open));
    Json out = case_to_json(history.told);
    out["records"] = history_to_json(history.records);
    return out;
}

Result<control::Command> open(const Json& body, Entropy& entropy) {
    control::OpenCase command;
    command.id = entropy.draw<control::CaseId>();
    CHOPMARK_ASSIGN(command.kind, service::text_of(body, "kind"));
    if (command.kind.size() > limits::purpose_bytes) {
        return Error(service::json_member, "kind");
    }
    if (service::has(body, "alert")) {
        CHOPMARK_ASSIGN(command.alert, service::id_of<AlertId>(body, "alert"));
    }
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::AlertCaseCommand(std::move(command)));
}

Result<control::Command> note(const http::Call& call, const Json& body) {
    control::NoteCase command;
    CHOPMARK_ASSIGN(command.id, service::path_id<control::CaseId>(call, "case"));
    CHOPMARK_TRY(service::text_of(body, "note"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::AlertCaseCommand(std::move(command)));
}

Result<control::Command> close(const http::Call& call, const Json& body) {
    control::CloseCase command;
    CHOPMARK_ASSIGN(command.id, service::path_id<control::CaseId>(call, "case"));
    CHOPMARK_ASSIGN(command.verdict, verdict_of(body));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::AlertCaseCommand(std::move(command)));
}

void show_case(const runtime::Receipt& receipt, Json& answer) {
    if (const auto* event = std::get_if<schema::CaseOpened>(receipt.event.get())) {
        answer["case"] = to_hex(event->link().case_id());
    }
}

}  // namespace

Routes case_routes(const Ports& ports, const service::StaffCalls& calls) {
    const std::string all = "/security/v1/cases";
    const std::string one = all + "/{case}";
    const keys::EventVault& vault = ports.vault;
    Routes rows;
    rows.push_back(calls.view_row(all, "security.case.list", read_permission,
                                  "Cases, changed last first.", view::AlertsView::view_name,
                                  [&vault](const http::Call& call, const fold::Reading& found) {
                                      return list(call, found, vault);
                                  }));
    rows.push_back(calls.look_row(one, "security.case.show", read_permission,
                                  "One case with its history.", view::AlertsView::view_name,
                                  ports.entropy,
                                  [&vault](const http::Call& call, const fold::Reading& found) {
                                      return show(call, found, vault);
                                  }));
    rows.push_back(calls.command_row(
        all, "security.case.open", write_permission, "Opens a case, of an alert or on its own.",
        [&entropy = ports.entropy](const http::Call&, const Json& body) {
            return open(body, entropy);
        },
        show_case));
    rows.push_back(calls.command_row(one + "/notes", "security.case.note", write_permission,
                                     "Adds a note to an open case.", note));
    rows.push_back(calls.command_row(one + "/close", "security.case.close", write_permission,
                                     "Closes a case with a verdict.", close));
    return rows;
}

}  // namespace chopmark::security
