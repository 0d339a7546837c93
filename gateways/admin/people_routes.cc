#include "events/schema/event.h"
#include "gateways/admin/admin_routes.h"
#include "gateways/service/staff_session.h"
#include "projections/terminal_operator_view/terminal_operator_view.h"

namespace chopmark::admin {
namespace {

using service::Json;
namespace view = terminal_operator_view;
using projections::Personal;

void add_person(Json& out, const view::Person& person, std::string_view contact_name) {
    out["standing"] = standing_name(static_cast<control::Enrolment>(person.standing));
    out["public_key"] = to_base64(person.public_key);
    out["name"] = person.name.reveal();
    out[std::string(contact_name)] = person.contact.reveal();
    out["enrolled_at"] = person.enrolled_at.millis();
    out["changed_at"] = person.changed_at.millis();
}

Json operator_to_json(const view::Operator& op) {
    Json out{{"operator", op.id.hex()}, {"sites", op.sites}, {"team", op.team}};
    add_person(out, op.person, "staff_number");
    return out;
}

Json member_to_json(const view::StaffMember& member) {
    Json roles = Json::array();
    for (const schema::StaffRole role : member.roles) {
        roles.push_back(service::role_name(role));
    }
    Json out{{"staff", member.id.hex()}, {"roles", std::move(roles)}};
    add_person(out, member.person, "email");
    return out;
}

// ---- operators
// ------------------------------------------------------------------------------------

Result<control::Command> enrol_operator(const Json& body, Entropy& entropy) {
    control::EnrolOperator command;
    command.op = entropy.draw<OperatorId>();
    CHOPMARK_ASSIGN(command.public_key, service::bytes_of(body, "public_key"));
    CHOPMARK_ASSIGN(const auto sites, service::texts_or_none(body, "sites"));
    command.sites.insert(sites.begin(), sites.end());
    CHOPMARK_ASSIGN(command.team, service::text_or_empty(body, "team"));
    CHOPMARK_ASSIGN(std::string name, service::text_of(body, "name"));
    CHOPMARK_ASSIGN(std::string number, service::text_or_empty(body, "staff_number"));
    command.name = Sensitive<std::string>(std::move(name));
    command.staff_number = Sensitive<std::string>(std::move(number));
    return control::Command(control::OperatorCommand(std::move(command)));
}

Result<control::Command> set_operator_standing(const http::Call& call, const Json& body) {
    control::SetOperatorStanding command;
    CHOPMARK_ASSIGN(command.op, service::path_id<OperatorId>(call, "operator"));
    CHOPMARK_ASSIGN(command.standing, standing_of(body));
    CHOPMARK_ASSIGN(command.alert_id, service::id_or_none<AlertId>(body, "alert"));
    CHOPMARK_ASSIGN(command.case_id, service::id_or_none<control::CaseId>(body, "case"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::OperatorCommand(std::move(command)));
}

Routes operator_rows(const Ports& ports, const service::StaffCalls& calls) {
    const std::string all = "/admin/v1/operators";
    const std::string one = all + "/{operator}";
    const auto* const write_permission = "admin.operators.write";
    const auto* const read_permission = "admin.operators.read";
    const keys::EventVault& vault = ports.vault;
    Routes rows;
    rows.push_back(calls.command_row(
        all, "admin.operator.enrol", write_permission,
        "Enrols a person who serves at counters or in a mobile team.",
        [&entropy = ports.entropy](const http::Call&, const Json& body) {
            return enrol_operator(body, entropy);
        },
        [](const runtime::Receipt& receipt, Json& answer) {
            if (const auto* event = std::get_if<schema::OperatorEnrolled>(receipt.event.get())) {
                answer["operator"] = to_hex(event->link().operator_id());
            }
        }));
    rows.push_back(calls.command_row(one + "/standing", "admin.operator.standing", write_permission,
                                     "Suspends, resumes or withdraws an operator.",
                                     set_operator_standing));
    rows.push_back(calls.look_row(
        all, "admin.operator.list", read_permission, "Operators, by id.",
        view::TerminalOperatorView::view_name, ports.entropy,
        [&vault](const http::Call& call, const fold::Reading& found) -> Result<Json> {
            CHOPMARK_ASSIGN(const auto page, service::page_of(call));
            CHOPMARK_ASSIGN(const auto people,
                            view::read_operators(found, vault, Personal::open, page));
            return service::page_to_json(people, operator_to_json);
        }));
    rows.push_back(calls.look_row(
        one, "admin.operator.show", read_permission, "One operator.",
        view::TerminalOperatorView::view_name, ports.entropy,
        [&vault](const http::Call& call, const fold::Reading& found) -> Result<Json> {
            CHOPMARK_ASSIGN(const OperatorId id, service::path_id<OperatorId>(call, "operator"));
            CHOPMARK_ASSIGN(const auto op, view::find_operator(found, vault, id, Personal::open));
            return operator_to_json(op);
        }));
    return rows;
}

// ---- staff
// ------------------------------------------------------------------------------------

Result<control::Command> enrol_staff(const http::Call&, const Json& body) {
    control::EnrolStaff command;
    CHOPMARK_ASSIGN(command.public_key, service::bytes_of(body, "public_key"));
    command.staff = control::staff_id_of(command.public_key);
    CHOPMARK_ASSIGN(command.roles, roles_of(body));
    CHOPMARK_ASSIGN(std::string name, service::text_of(body, "name"));
    CHOPMARK_ASSIGN(std::string email, service::text_or_empty(body, "email"));
    command.name = Sensitive<std::string>(std::move(name));
    command.email = Sensitive<std::string>(std::move(email));
    return control::Command(control::StaffCommand(std::move(command)));
}

Result<control::Command> change_staff_key(const http::Call& call, const Json& body) {
    control::ChangeStaffKey command;
    CHOPMARK_ASSIGN(command.staff, service::path_id<StaffId>(call, "staff"));
    CHOPMARK_ASSIGN(command.public_key, service::bytes_of(body, "public_key"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::StaffCommand(std::move(command)));
}

Result<control::Command> change_staff_roles(const http::Call& call, const Json& body) {
    control::ChangeStaffRoles command;
    CHOPMARK_ASSIGN(command.staff, service::path_id<StaffId>(call, "staff"));
    CHOPMARK_ASSIGN(command.roles, roles_of(body));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::StaffCommand(std::move(command)));
}

Result<control::Command> set_staff_standing(const http::Call& call, const Json& body) {
    control::SetStaffStanding command;
    CHOPMARK_ASSIGN(command.staff, service::path_id<StaffId>(call, "staff"));
    CHOPMARK_ASSIGN(command.standing, standing_of(body));
    CHOPMARK_ASSIGN(command.case_id, service::id_or_none<control::CaseId>(body, "case"));
    CHOPMARK_ASSIGN(command.note, service::note_of(body));
    return control::Command(control::StaffCommand(std::move(command)));
}

Routes staff_rows(const Ports& ports, const service::StaffCalls& calls) {
    const std::string all = "/admin/v1/staff";
    const std::string one = all + "/{staff}";
    const auto* const write_permission = "admin.staff.write";
    const auto* const read_permission = "admin.staff.read";
    const keys::EventVault& vault = ports.vault;
    Routes rows;
    rows.push_back(calls.command_row(
        all, "admin.staff.enrol", write_permission, "Enrols a member of staff with a P-256 key.",
        enrol_staff, [](const runtime::Receipt& receipt, Json& answer) {
            if (const auto* event = std::get_if<schema::StaffEnrolled>(receipt.event.get())) {
                answer["staff"] = to_hex(event->link().staff_id());
            }
        }));
    rows.push_back(calls.command_row(one + "/key", "admin.staff.key", write_permission,
                                     "Changes the key of a member of staff; sessions end.",
                                     change_staff_key));
    rows.push_back(calls.command_row(one + "/roles", "admin.staff.roles", write_permission,
                                     "Sets the roles of a member of staff, all of them.",
                                     change_staff_roles));
    rows.push_back(calls.command_row(one + "/standing", "admin.staff.standing", write_permission,
                                     "Suspends, resumes or withdraws a member of staff.",
                                     set_staff_standing));
    rows.push_back(calls.look_row(
        all, "admin.staff.list", read_permission, "Staff, by id.",
        view::TerminalOperatorView::view_name, ports.entropy,
        [&vault](const http::Call& call, const fold::Reading& found) -> Result<Json> {
            CHOPMARK_ASSIGN(const auto page, service::page_of(call));
            CHOPMARK_ASSIGN(const auto people,
                            view::read_staff(found, vault, Personal::open, page));
            return service::page_to_json(people, member_to_json);
        }));
    rows.push_back(calls.look_row(
        one, "admin.staff.show", read_permission, "One member of staff.",
        view::TerminalOperatorView::view_name, ports.entropy,
        [&vault](const http::Call& call, const fold::Reading& found) -> Result<Json> {
            CHOPMARK_ASSIGN(const StaffId id, service::path_id<StaffId>(call, "staff"));
            CHOPMARK_ASSIGN(const auto member, view::find_staff(found, vault, id, Personal::open));
            return member_to_json(member);
        }));
    return rows;
}

}  // namespace

Routes people_routes(const Ports& ports, const service::StaffCalls& calls) {
    Routes rows = operator_rows(ports, calls);
    for (http::Route& row : staff_rows(ports, calls)) {
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace chopmark::admin
