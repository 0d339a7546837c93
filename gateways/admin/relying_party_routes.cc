#include <array>

#include "events/crypto/rsa.h"
#include "events/schema/event.h"
#include "gateways/admin/admin_routes.h"
#include "projections/relying_party_view/relying_party_view.h"

namespace chopmark::admin {
namespace {

using service::Json;
namespace view = relying_party_view;

constexpr auto read_permission = "admin.relying_parties.read";
constexpr auto write_permission = "admin.relying_parties.write";
constexpr std::uint32_t longest_overlap_hours = 24 * 30;

using Secret = ByteArray<32>;

/// Shown as text and used as text: the HMAC key is its UTF-8 bytes (facts/iamsmart-api.md 4).
Sensitive<Bytes> draw_secret(Entropy& entropy) {
    Secret secret{};
    entropy.fill(secret);
    return Sensitive<Bytes>(to_hex(chopmark::view(secret)));
}

constexpr std::array<std::pair<std::string_view, view::ServiceStanding>, 5> standings{{
    {"applied", view::ServiceStanding::applied},
    {"active", view::ServiceStanding::active},
    {"suspended", view::ServiceStanding::suspended},
    {"withdrawn", view::ServiceStanding::withdrawn},
    {"refused", view::ServiceStanding::refused},
}};

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
    CHOPMARK_ASSIGN(facts.token_life_s, service::count_or_zero(body, "token_life_s"));
    CHOPMARK_ASSIGN(facts.requests_per_minute, service::count_or_zero(body, "requests_per_minute"));
    return facts;
}

Result<std::set<std::string>> scopes_of(const Json& body) {
    CHOPMARK_ASSIGN(const auto scopes, service::texts_of(body, "scopes"));
    return std::set<std::string>(scopes.begin(), scopes.end());
}

/// The KEK: SubjectPublicKeyInfo DER of an RSA key, checked to be one.
Result<Bytes> kek_of(const Json& body) {
    CHOPMARK_ASSIGN(Bytes kek, service::bytes_of(body, "kek"));
    if (!crypto::RsaPublicKey::from_spki(kek)) {
        return control::rp_bad_key;
    }
    return kek;
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
            {"redirect_uris", row.redirect_uris},
            {"callback_uris", row.callback_uris},
            {"direct_login_uris", row.direct_login_uris},
            {"app_scheme", row.app_scheme},
            {"sensitive", row.sensitive},
            {"strict_timestamps", row.strict_timestamps},
            {"corp_id", row.corp_id},
            {"business_id_per_citizen", row.business_id_per_citizen},
            {"token_life_s", row.token_life_s},
            {"requests_per_minute", row.requests_per_minute},
            {"kek_fingerprint", to_hex(row.kek_fingerprint)},
            {"secret_version", row.secret_version},
            {"content_key_serial", row.content_key_serial},
            {"content_key_until_at", row.content_key_until.millis()},
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
        people.push_back({{"name", contact.name.reveal()}, {"email", contact.email.reveal()}});
    }
    out["contacts"] = std::move(people);
    out["records"] = activity.records;
    out["counted_until_at"] = activity.counted_until.millis();
    return out;
}

Result<control::Command> apply(const Json& body, Entropy& entropy) {
    control::ApplyRelyingParty command;
    command.client = entropy.draw<ClientId>();
    CHOPMARK_ASSIGN(command.scopes, scopes_of(body));
    CHOPMARK_ASSIGN(command.facts, facts_of(body));
    CHOPMARK_ASSIGN(command.kek, kek_of(body));
    CHOPMARK_ASSIGN(std::string name, service::text_or_empty(body, "contact_name"));
    CHOPMARK_ASSIGN(std::string email, service::text_or_empty(body, "contact_email"));
    command.contact_name = Sensitive<std::string>(std::move(name));
    command.contact_email = Sensitive<std::string>(std::move(email));
    return control::Command(control::RelyingPartyCommand(std::move(command)));
}

/// A command about a service that is there: client and note, and what `fill` adds.
template <class Command>
service::StaffCalls::Parse about(
    std::function<Result<void>(Command&, const http::Call&, const Json&)> fill) {
    return [fill = std::move(fill)](const http::Call& call,
                                    const Json& body) -> Result<control::Command> {
        Command command;
        CHOPMARK_ASSIGN(command.client, service::path_id<ClientId>(call, "client"));
        if constexpr (requires { command.note; }) {
            CHOPMARK_ASSIGN(command.note, service::note_of(body));
        }
        CHOPMARK_TRY(fill(command, call, body));
        return control::Command(control::RelyingPartyCommand(std::move(command)));
    };
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
    command.client_secret = draw_secret(entropy);
    if (service::has(body, "overlap_hours")) {
        CHOPMARK_ASSIGN(const auto hours, service::count_or_zero(body, "overlap_hours"));
        if (hours > longest_overlap_hours) {
            return Error(service::json_member, "overlap_hours");
        }
        command.overlap = std::chrono::hours(hours);
    }
    return {};
}

/// The secret is in the event as it was decided; one read back from the log has its box sealed.
template <class Event>
void show_secret(const runtime::Receipt& receipt, Json& answer) {
    const auto* event = std::get_if<Event>(receipt.event.get());
    const bool there = event != nullptr && event->has_personal() && !receipt.replayed;
    answer["client_secret"] = there ? Json(event->personal().client_secret()) : Json();
}

void show_client(const runtime::Receipt& receipt, Json& answer) {
    if (const auto* event = std::get_if<schema::RelyingPartyApplied>(receipt.event.get())) {
        answer["client"] = to_hex(event->leaf().client_id());
    }
}

Routes changes(Entropy& entropy, const service::StaffCalls& calls) {
    const auto row = [&](const std::string& action, std::string summary,
                         service::StaffCalls::Parse parse,
                         service::StaffCalls::Render render = {}) {
        return calls.command_row("/admin/v1/relying-parties/{client}/" + action,
                                 "admin.relying_party." + action, write_permission,
                                 std::move(summary), std::move(parse), std::move(render));
    };
    Routes rows;
    rows.push_back(
        row("approve", "Approves an application; its client secret is shown in this answer only.",
            about<control::ApproveRelyingParty>(
                [&entropy](auto& command, const auto&, const Json& body) -> Result<void> {
                    CHOPMARK_ASSIGN(command.scopes, scopes_of(body));
                    command.client_secret = draw_secret(entropy);
                    return {};
                }),
            show_secret<schema::RelyingPartyApproved>));
    rows.push_back(row("refuse", "Refuses an application.",
                       about<control::RefuseRelyingParty>(
                           [](auto&, const auto&, const auto&) { return Result<void>(); })));
    rows.push_back(row("scopes", "Sets what a service may ask for.",
                       about<control::ChangeRelyingPartyScopes>(
                           [](auto& command, const auto&, const Json& body) -> Result<void> {
                               CHOPMARK_ASSIGN(command.scopes, scopes_of(body));
                               return {};
                           })));
    rows.push_back(row("setup", "Sets names, addresses and options of a service, all of them.",
                       about<control::ChangeRelyingPartySetup>(
                           [](auto& command, const auto&, const Json& body) -> Result<void> {
                               CHOPMARK_ASSIGN(command.facts, facts_of(body));
                               return {};
                           })));
    rows.push_back(row("key", "Changes the key that content keys are wrapped for.",
                       about<control::ChangeRelyingPartyKey>(
                           [](auto& command, const auto&, const Json& body) -> Result<void> {
                               CHOPMARK_ASSIGN(command.kek, kek_of(body));
                               return {};
                           })));
    rows.push_back(row("secret", "Draws a new client secret; it is shown in this answer only.",
                       about<control::RotateRelyingPartySecret>(
                           [&entropy](auto& command, const auto&, const Json& body) {
                               return rotate(command, body, entropy);
                           }),
                       show_secret<schema::RelyingPartySecretRotated>));
    rows.push_back(row(
        "standing", "Suspends, resumes or withdraws a service.",
        about<control::SetRelyingPartyStanding>([](auto& command, const auto&, const Json& body) {
            return set_standing(command, body);
        })));
    return rows;
}

}  // namespace

Routes relying_party_routes(const Ports& ports, const service::StaffCalls& calls) {
    Routes rows = changes(ports.entropy, calls);
    rows.push_back(calls.command_row(
        "/admin/v1/relying-parties", "admin.relying_party.apply", write_permission,
        "Applies for a service; another administrator approves it.",
        [&entropy = ports.entropy](const http::Call&, const Json& body) {
            return apply(body, entropy);
        },
        show_client));
    rows.push_back(calls.view_row("/admin/v1/relying-parties", "admin.relying_party.list",
                                  read_permission, "Services, by client id.",
                                  view::RelyingPartyView::view_name, list));
    rows.push_back(calls.view_row(
        "/admin/v1/relying-parties/{client}", "admin.relying_party.show", read_permission,
        "One service with its contacts and activity.", view::RelyingPartyView::view_name,
        [&vault = ports.vault](const http::Call& call, const fold::Reading& found) {
            return show(call, found, vault);
        }));
    return rows;
}

}  // namespace chopmark::admin
