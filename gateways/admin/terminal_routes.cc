#include <array>

#include "events/schema/event.h"
#include "gateways/admin/admin_routes.h"
#include "projections/terminal_operator_view/terminal_operator_view.h"

namespace chopmark::admin {
namespace {

using service::Json;
namespace view = terminal_operator_view;

constexpr auto read_permission = "admin.terminals.read";
constexpr auto write_permission = "admin.terminals.write";

constexpr std::array<std::pair<std::string_view, schema::TerminalKind>, 3> kinds{{
    {"kiosk", schema::TERMINAL_KIND_KIOSK},
    {"counter", schema::TERMINAL_KIND_COUNTER},
    {"mobile_team", schema::TERMINAL_KIND_MOBILE_TEAM},
}};

std::string_view name_of(schema::TerminalKind kind) {
    for (const auto& [name, value] : kinds) {
        if (value == kind) {
            return name;
        }
    }
    return {};
}

Result<schema::TerminalKind> kind_of(const Json& body) {
    CHOPMARK_ASSIGN(const std::string text, service::text_of(body, "kind"));
    for (const auto& [name, value] : kinds) {
        if (name == text) {
            return value;
        }
    }
    return Error(service::json_member, "kind");
}

Json terminal_to_json(const TerminalId& id, const view::TerminalRow& row) {
    return {{"terminal", id.hex()},
            {"kind", name_of(row.kind)},
            {"standing", standing_name(static_cast<control::Enrolment>(row.standing))},
            {"public_key", to_base64(row.public_key)},
            {"site", row.site},
            {"team", row.team},
            {"registrations_per_hour", row.registrations_per_hour},
            {"enrolled_at", row.enrolled_at.millis()},
            {"changed_at", row.changed_at.millis()}};
}

Result<Json> list(const http::Call& call, const fold::Reading& rows) {
    CHOPMARK_ASSIGN(const auto asked, standing_asked(call));
    CHOPMARK_ASSIGN(const auto page, service::page_of(call));
    std::optional<view::Standing> standing;
    if (asked) {
        standing = static_cast<view::Standing>(*asked);
    }
    CHOPMARK_ASSIGN(const auto terminals, view::read_terminals(rows, standing, page));
    return service::page_to_json(terminals, [](const view::Terminal& terminal) {
        return terminal_to_json(terminal.id, terminal.row);
    });
}

Result<Json> show(const http::Call& call, const fold::Reading& rows) {
    CHOPMARK_ASSIGN(const TerminalId id, service::path_id<TerminalId>(call, "terminal"));
    CHOPMARK_ASSIGN(const view::TerminalRow row, view::find_terminal(rows, id));
    return terminal_to_json(id, row);
}

Result<control::Command> enrol(const Json& body, Entropy& entropy) {
    control::EnrolTerminal command;
    command.terminal = entropy.draw<TerminalId>();
    CHOPMARK_ASSIGN(command.kind, kind_of(body));
    CHOPMARK_ASSIGN(command.public_key, service::bytes_of(body, "public_key"));
    CHOPMARK_ASSIGN(command.site, service::text_or_empty(body, "site"));
    CHOPMARK_ASSIGN(command.team, service::text_or_empty(body, "team"));
    CHOPMARK_ASSIGN(command.registrations_per_hour,
                    service::count_or_zero(body, "registrations_per_hour"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::TerminalCommand(std::move(command)));
}

Result<control::Command> change_key(const http::Call& call, const Json& body) {
    control::ChangeTerminalKey command;
    CHOPMARK_ASSIGN(command.terminal, service::path_id<TerminalId>(call, "terminal"));
    CHOPMARK_ASSIGN(command.public_key, service::bytes_of(body, "public_key"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::TerminalCommand(std::move(command)));
}

Result<control::Command> move(const http::Call& call, const Json& body) {
    control::MoveTerminal command;
    CHOPMARK_ASSIGN(command.terminal, service::path_id<TerminalId>(call, "terminal"));
    CHOPMARK_ASSIGN(command.site, service::text_or_empty(body, "site"));
    CHOPMARK_ASSIGN(command.team, service::text_or_empty(body, "team"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::TerminalCommand(std::move(command)));
}

Result<control::Command> set_standing(const http::Call& call, const Json& body) {
    control::SetTerminalStanding command;
    CHOPMARK_ASSIGN(command.terminal, service::path_id<TerminalId>(call, "terminal"));
    CHOPMARK_ASSIGN(command.standing, standing_of(body));
    CHOPMARK_ASSIGN(command.alert_id, service::id_or_none<AlertId>(body, "alert"));
    CHOPMARK_ASSIGN(command.case_id, service::id_or_none<control::CaseId>(body, "case"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::TerminalCommand(std::move(command)));
}

void show_terminal(const runtime::Receipt& receipt, Json& answer) {
    if (const auto* event = std::get_if<schema::TerminalEnrolled>(receipt.event.get())) {
        answer["terminal"] = to_hex(event->leaf().terminal_id());
    }
}

}  // namespace

Routes terminal_routes(const Ports& ports, const service::StaffCalls& calls) {
    const std::string all = "/admin/v1/terminals";
    const std::string one = all + "/{terminal}";
    const auto view_name = view::TerminalOperatorView::view_name;
    Routes rows;
    rows.push_back(calls.command_row(
        all, "admin.terminal.enrol", write_permission, "Enrols a terminal with its P-256 key.",
        [&entropy = ports.entropy](const http::Call&, const Json& body) {
            return enrol(body, entropy);
        },
        show_terminal));
    rows.push_back(calls.command_row(one + "/key", "admin.terminal.key", write_permission,
                                     "Changes a terminal's key.", change_key));
    rows.push_back(calls.command_row(one + "/move", "admin.terminal.move", write_permission,
                                     "Moves a terminal to another site or team.", move));
    rows.push_back(calls.command_row(one + "/standing", "admin.terminal.standing", write_permission,
                                     "Suspends, resumes or withdraws a terminal.", set_standing));
    rows.push_back(calls.view_row(all, "admin.terminal.list", read_permission, "Terminals, by id.",
                                  view_name, list));
    rows.push_back(calls.view_row(one, "admin.terminal.show", read_permission, "One terminal.",
                                  view_name, show));
    return rows;
}

}  // namespace chopmark::admin
