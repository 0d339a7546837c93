#include <array>

#include "gateways/admin/relying_party_words.h"
#include "projections/relying_party_view/relying_party_view.h"

namespace chopmark::admin {
namespace {

using service::Json;
namespace view = relying_party_view;

constexpr std::uint32_t longest_overlap_hours = 24 * 30;

constexpr std::array<std::pair<std::string_view, view::ServiceStanding>, 6> standings{{
    {"applied", view::ServiceStanding::applied},
    {"active", view::ServiceStanding::active},
    {"suspended", view::ServiceStanding::suspended},
    {"withdrawn", view::ServiceStanding::withdrawn},
    {"refused", view::ServiceStanding::refused},
    {"trial", view::ServiceStanding::trial},
}};

/// What the page of getQR shows.
constexpr std::array<std::pair<std::string_view, schema::QrPicture>, 3> pictures{{
    {"either", schema::QR_PICTURE_UNSPECIFIED},
    {"redrawn", schema::QR_REDRAWN},
    {"static", schema::QR_STATIC},
}};

std::string_view name_of(schema::QrPicture picture) {
    for (const auto& [name, value] : pictures) {
        if (value == picture) {
            return name;
        }
    }
    return pictures.front().first;
}

Result<schema::QrPicture> picture_in(const Json& body) {
    CHOPMARK_ASSIGN(const std::string said, service::text_or_empty(body, "qr"));
    for (const auto& [name, value] : pictures) {
        if (said == name || said.empty()) {
            return value;
        }
    }
    return Error(service::json_member, "qr");
}

std::string_view name_of(view::ServiceStanding standing) {
    for (const auto& [name, value] : standings) {
        if (value == standing) {
            return name;
        }
    }
    return {};
}

Result<control::RelyingPartyFacts> facts_of(const Json& body) {
    control::RelyingPartyFacts facts;
    CHOPMARK_ASSIGN(facts.name_english, service::text_of(body, "name_english"));
    CHOPMARK_ASSIGN(facts.name_traditional, service::text_or_empty(body, "name_traditional"));
    CHOPMARK_ASSIGN(facts.name_simplified, service::text_or_empty(body, "name_simplified"));
    CHOPMARK_ASSIGN(facts.organisation, service::text_or_empty(body, "organisation"));
    CHOPMARK_ASSIGN(facts.open_id_group, service::text_or_empty(body, "open_id_group"));
    CHOPMARK_ASSIGN(facts.redirect_uris, service::texts_or_none(body, "redirect_uris"));
    CHOPMARK_ASSIGN(facts.callback_uris, service::texts_or_none(body, "callback_uris"));
    CHOPMARK_ASSIGN(facts.direct_login_uris, service::texts_or_none(body, "direct_login_uris"));
    CHOPMARK_ASSIGN(facts.app_scheme, service::text_or_empty(body, "app_scheme"));
    CHOPMARK_ASSIGN(facts.sensitive, service::flag_or_false(body, "sensitive"));
    CHOPMARK_ASSIGN(facts.strict_timestamps, service::flag_or_false(body, "strict_timestamps"));
    CHOPMARK_ASSIGN(facts.corp_id, service::flag_or_false(body, "corp_id"));
    CHOPMARK_ASSIGN(facts.business_id_per_citizen,
                    service::flag_or_false(body, "business_id_per_citizen"));
    CHOPMARK_ASSIGN(facts.qr, picture_in(body));
    CHOPMARK_ASSIGN(facts.token_life_s, service::count_or_zero(body, "token_life_s"));
    CHOPMARK_ASSIGN(facts.requests_per_minute, service::count_or_zero(body, "requests_per_minute"));
    return facts;
}

Result<control::RelyingPartyProspect> prospect_of(const Json& body) {
    control::RelyingPartyProspect prospect;
    CHOPMARK_ASSIGN(prospect.purpose, service::text_or_empty(body, "purpose"));
    CHOPMARK_ASSIGN(prospect.registration_number,
                    service::text_or_empty(body, "registration_number"));
    CHOPMARK_ASSIGN(prospect.website, service::text_or_empty(body, "website"));
    CHOPMARK_ASSIGN(prospect.logins_a_day, service::count_or_zero(body, "logins_a_day"));
    if (service::has(body, "launch_at")) {
        CHOPMARK_ASSIGN(prospect.launch_at, service::instant_of(body, "launch_at"));
    }
    return prospect;
}

/// Null for a time that was never set.
Json maybe_millis(Instant at) { return at == Instant() ? Json() : Json(at.millis()); }

Json trial_to_json(const view::TrialRow& trial) {
    return {{"tested", trial.tested},
            {"vetting_rounds", trial.vetting_rounds},
            {"vetted", trial.vetted},
            {"security_assessed", trial.security_assessed},
            {"privacy_assessed", trial.privacy_assessed}};
}

Json service_to_json(const ClientId& client, const view::ServiceRow& row) {
    return {{"client", client.hex()},
            {"standing", name_of(row.standing)},
            {"reason", row.reason},
            {"name_english", row.name_english},
            {"name_traditional", row.name_traditional},
            {"name_simplified", row.name_simplified},
            {"organisation", row.organisation},
            {"open_id_group", row.open_id_group},
            {"scopes", row.scopes},
            {"scopes_applied_for", row.scopes_applied_for},
            {"redirect_uris", row.redirect_uris},
            {"callback_uris", row.callback_uris},
            {"direct_login_uris", row.direct_login_uris},
            {"app_scheme", row.app_scheme},
            {"sensitive", row.sensitive},
            {"strict_timestamps", row.strict_timestamps},
            {"corp_id", row.corp_id},
            {"business_id_per_citizen", row.business_id_per_citizen},
            {"qr", name_of(row.qr)},
            {"token_life_s", row.token_life_s},
            {"requests_per_minute", row.requests_per_minute},
            {"kek_fingerprint", to_hex(row.kek_fingerprint)},
            {"kek_not_before_at", maybe_millis(row.kek_not_before)},
            {"kek_not_after_at", maybe_millis(row.kek_not_after)},
            {"secret_version", row.secret_version},
            {"content_key_serial", row.content_key_serial},
            {"content_key_until_at", row.content_key_until.millis()},
            {"trial", trial_to_json(row.trial)},
            {"approved_at", maybe_millis(row.approved_at)},
            {"declaration_due_at", maybe_millis(row.declaration_due)},
            {"applied_at", row.applied_at.millis()},
            {"changed_at", row.changed_at.millis()}};
}

Result<Json> list(const http::Call& call, const fold::Reading& rows) {
    std::optional<view::ServiceStanding> standing;
    if (const std::string name = service::parameter(call, "standing"); !name.empty()) {
        for (const auto& [known, value] : standings) {
            if (known == name) {
                standing = value;
            }
        }
        if (!standing) {
            return Error(service::parameter_bad, "standing");
        }
    }
    CHOPMARK_ASSIGN(const auto page, service::page_of(call));
    CHOPMARK_ASSIGN(const auto services, view::read_services(rows, standing, page));
    return service::page_to_json(services, [](const view::Service& service) {
        return service_to_json(service.client, service.row);
    });
}

Result<Json> show(const http::Call& call, const fold::Reading& rows,
                  const keys::EventVault& vault) {
    CHOPMARK_ASSIGN(const ClientId client, service::path_id<ClientId>(call, "client"));
    CHOPMARK_ASSIGN(const view::ServiceRow row, view::find_service(rows, client));
    CHOPMARK_ASSIGN(const auto contacts, view::read_contacts(rows, vault, client));
    CHOPMARK_ASSIGN(const auto activity, view::read_activity(rows, client));
    Json out = service_to_json(client, row);
    Json people = Json::array();
    for (const view::Contact& contact : contacts) {
        people.push_back({{"name", contact.name.reveal()},
                          {"email", contact.email.reveal()},
                          {"telephone", contact.telephone.reveal()}});
    }
    out["contacts"] = std::move(people);
    out["purpose"] = row.purpose;
    out["registration_number"] = row.registration_number;
    out["website"] = row.website;
    out["logins_a_day"] = row.logins_a_day;
    out["launch_at"] = maybe_millis(row.launch_at);
    out["records"] = activity.records;
    out["counted_until_at"] = activity.counted_until.millis();
    return out;
}

Result<control::Command> apply(const Json& body, const Ports& ports) {
    control::ApplyRelyingParty command;
    command.client = ports.entropy.draw<ClientId>();
    CHOPMARK_ASSIGN(command.scopes, scopes_in(body));
    CHOPMARK_ASSIGN(command.facts, facts_of(body));
    CHOPMARK_ASSIGN(command.prospect, prospect_of(body));
    CHOPMARK_ASSIGN(CheckedKek kek, kek_in(body, ports));
    command.kek = std::move(kek.kek);
    command.certificate = std::move(kek.certificate);
    CHOPMARK_ASSIGN(std::string name, service::text_or_empty(body, "contact_name"));
    CHOPMARK_ASSIGN(std::string email, service::text_or_empty(body, "contact_email"));
    CHOPMARK_ASSIGN(std::string telephone, service::text_or_empty(body, "contact_telephone"));
    command.contact_name = Sensitive<std::string>(std::move(name));
    command.contact_email = Sensitive<std::string>(std::move(email));
    command.contact_telephone = Sensitive<std::string>(std::move(telephone));
    return control::Command(control::RelyingPartyCommand(std::move(command)));
}

Result<void> set_standing(control::SetRelyingPartyStanding& command, const Json& body) {
    CHOPMARK_ASSIGN(const control::Enrolment standing, standing_of(body));
    switch (standing) {
        case control::Enrolment::active:
            command.standing = control::ServiceStanding::active;
            break;
        case control::Enrolment::suspended:
            command.standing = control::ServiceStanding::suspended;
            break;
        case control::Enrolment::withdrawn:
            command.standing = control::ServiceStanding::withdrawn;
            break;
    }
    CHOPMARK_ASSIGN(command.alert_id, service::id_or_none<AlertId>(body, "alert"));
    CHOPMARK_ASSIGN(command.case_id, service::id_or_none<control::CaseId>(body, "case"));
    return {};
}

Result<void> rotate(control::RotateRelyingPartySecret& command, const Json& body,
                    Entropy& entropy) {
    command.client_secret = draw_client_secret(entropy);
    if (service::has(body, "overlap_hours")) {
        CHOPMARK_ASSIGN(const auto hours, service::count_or_zero(body, "overlap_hours"));
        if (hours > longest_overlap_hours) {
            return Error(service::json_member, "overlap_hours");
        }
        command.overlap = std::chrono::hours(hours);
    }
    return {};
}

void show_client(const runtime::Receipt& receipt, Json& answer) {
    if (const auto* event = std::get_if<schema::RelyingPartyApplied>(receipt.event.get())) {
        answer["client"] = to_hex(event->leaf().client_id());
    }
}

/// Takes the key over, if the body has one.
template <class Command>
Result<void> take_kek(Command& command, const Json& body, const Ports& ports) {
    CHOPMARK_ASSIGN(CheckedKek kek, kek_in(body, ports));
    command.kek = std::move(kek.kek);
    command.certificate = std::move(kek.certificate);
    return {};
}

Routes changes(const Ports& ports, const service::StaffCalls& calls) {
    const auto row = [&](const std::string& action, std::string summary,
                         service::StaffCalls::Parse parse,
                         service::StaffCalls::Render render = {}) {
        return calls.command_row("/admin/v1/relying-parties/{client}/" + action,
                                 "admin.relying_party." + action, rp_write_permission,
                                 std::move(summary), std::move(parse), std::move(render));
    };
    Routes rows;
    rows.push_back(row(
        "approve", "Approves a service for production; its secret is shown in this answer only.",
        about_service<control::ApproveRelyingParty>(
            [&ports](auto& command, const Json& body) -> Result<void> {
                CHOPMARK_ASSIGN(command.scopes, scopes_in(body));
                command.client_secret = draw_client_secret(ports.entropy);
                return take_kek(command, body, ports);
            }),
        show_secret<schema::RelyingPartyApproved>));
    rows.push_back(row("refuse", "Refuses an application.",
                       about_service<control::RefuseRelyingParty>(
                           [](auto&, const auto&) { return Result<void>(); })));
    rows.push_back(row("scopes", "Sets what a service may ask for, of what it applied for.",
                       about_service<control::ChangeRelyingPartyScopes>(
                           [](auto& command, const Json& body) -> Result<void> {
                               CHOPMARK_ASSIGN(command.scopes, scopes_in(body));
                               return {};
                           })));
    rows.push_back(row("setup", "Sets names, addresses and options of a service, all of them.",
                       about_service<control::ChangeRelyingPartySetup>(
                           [](auto& command, const Json& body) -> Result<void> {
                               CHOPMARK_ASSIGN(command.facts, facts_of(body));
                               return {};
                           })));
    rows.push_back(row(
        "key", "Changes the key that content keys are wrapped for.",
        about_service<control::ChangeRelyingPartyKey>(
            [&ports](auto& command, const Json& body) { return take_kek(command, body, ports); })));
    rows.push_back(row(
        "secret", "Draws a new client secret; it is shown in this answer only.",
        about_service<control::RotateRelyingPartySecret>([&ports](auto& command, const Json& body) {
            return rotate(command, body, ports.entropy);
        }),
        show_secret<schema::RelyingPartySecretRotated>));
    rows.push_back(row("standing", "Suspends, resumes or withdraws a service.",
                       about_service<control::SetRelyingPartyStanding>(set_standing)));
    return rows;
}

}  // namespace

Routes relying_party_routes(const Ports& ports, const service::StaffCalls& calls) {
    Routes rows = changes(ports, calls);
    rows.push_back(calls.command_row(
        "/admin/v1/relying-parties", "admin.relying_party.apply", rp_write_permission,
        "Applies for a service; another administrator approves it.",
        [&ports](const http::Call&, const Json& body) { return apply(body, ports); }, show_client));
    rows.push_back(calls.view_row("/admin/v1/relying-parties", "admin.relying_party.list",
                                  rp_read_permission, "Services, by client id.",
                                  view::RelyingPartyView::view_name, list));
    rows.push_back(calls.view_row(
        "/admin/v1/relying-parties/{client}", "admin.relying_party.show", rp_read_permission,
        "One service with its contacts and activity.", view::RelyingPartyView::view_name,
        [&vault = ports.vault](const http::Call& call, const fold::Reading& found) {
            return show(call, found, vault);
        }));
    return rows;
}

}  // namespace chopmark::admin
