#include "events/crypto/rsa.h"
#include "gateways/admin/relying_party_words.h"
#include "projections/relying_party_view/relying_party_view.h"

namespace chopmark::admin {
namespace {

using service::Json;
namespace view = relying_party_view;

template <class Command>
service::StaffCalls::Parse life_step(std::function<Result<void>(Command&, const Json&)> fill) {
    return about_service<Command, control::RelyingPartyLifeCommand>(std::move(fill));
}

Result<Bytes> report_of(const Json& body) {
    CHOPMARK_ASSIGN(const Digest report, service::id_of<Digest>(body, "report"));
    return report.to_bytes();
}

/// What a test and a round of vetting have alike.
Result<void> read_outcome(auto& command, const Json& body) {
    CHOPMARK_ASSIGN(command.passed, service::flag_of(body, "passed"));
    CHOPMARK_ASSIGN(command.report, report_of(body));
    return {};
}

Result<void> read_trial(control::OpenRelyingPartyTrial& command, const Json& body,
                        const Ports& ports) {
    CHOPMARK_ASSIGN(command.scopes, scopes_in(body));
    CHOPMARK_ASSIGN(CheckedKek kek, kek_in(body, ports));
    command.kek = std::move(kek.kek);
    command.certificate = std::move(kek.certificate);
    command.client_secret = draw_client_secret(ports.entropy);
    return {};
}

Result<void> read_assessment(control::RecordAssessment& command, const Json& body) {
    CHOPMARK_ASSIGN(const std::string kind, service::text_of(body, "kind"));
    if (kind == "security_checklist") {
        command.kind = schema::SECURITY_CHECKLIST;
    } else if (kind == "privacy_assessment") {
        command.kind = schema::PRIVACY_ASSESSMENT;
    } else {
        return Error(service::json_member, "kind");
    }
    CHOPMARK_TRY(read_outcome(command, body));
    CHOPMARK_ASSIGN(command.assessor, service::text_of(body, "assessor"));
    CHOPMARK_ASSIGN(std::string name, service::text_or_empty(body, "assessor_name"));
    command.assessor_name = Sensitive<std::string>(std::move(name));
    CHOPMARK_ASSIGN(command.made_at, service::instant_of(body, "made_at"));
    return {};
}

void show_round(const runtime::Receipt& receipt, Json& answer) {
    if (const auto* event = std::get_if<schema::RelyingPartyVetted>(receipt.event.get())) {
        answer["round"] = event->leaf().round();
    }
}

void show_next_due(const runtime::Receipt& receipt, Json& answer) {
    if (const auto* event = std::get_if<schema::RelyingPartyDeclared>(receipt.event.get())) {
        answer["next_due_at"] = Instant::from_micros(event->leaf().next_due_us()).millis();
    }
}

std::string_view outcome_name(schema::Outcome outcome) {
    return outcome == schema::DONE ? "done" : outcome == schema::REFUSED ? "refused" : "failed";
}

Json step_to_json(const view::StepRow& step) {
    const schema::EventInfo* info = schema::find_event(record::TypeNumber(step.type));
    return {{"type", info != nullptr ? info->name : std::string_view()},
            {"outcome", outcome_name(step.outcome)},
            {"reason", step.reason},
            {"detail", step.detail},
            {"by", step.by_kind == schema::Party::STAFF_MEMBER ? "staff" : "platform"},
            {"id", to_hex(step.by)},
            {"event", step.event.hex()},
            {"at", step.at.millis()}};
}

Result<Json> steps(const http::Call& call, const fold::Reading& rows) {
    CHOPMARK_ASSIGN(const ClientId client, service::path_id<ClientId>(call, "client"));
    CHOPMARK_ASSIGN(const auto page, service::page_of(call));
    CHOPMARK_ASSIGN(const auto found, view::read_steps(rows, client, page));
    return service::page_to_json(found, step_to_json);
}

}  // namespace

Sensitive<Bytes> draw_client_secret(Entropy& entropy) {
    ByteArray<32> secret{};
    entropy.fill(secret);
    return Sensitive<Bytes>(to_hex(chopmark::view(secret)));
}

Result<std::set<std::string>> scopes_in(const Json& body) {
    CHOPMARK_ASSIGN(const auto scopes, service::texts_of(body, "scopes"));
    return std::set<std::string>(scopes.begin(), scopes.end());
}

Result<CheckedKek> kek_in(const Json& body, const Ports& ports) {
    CHOPMARK_ASSIGN(const std::string pem, service::text_or_empty(body, "certificate"));
    if (!pem.empty()) {
        return service::has(body, "kek") ? Result<CheckedKek>(Error(service::json_member, "kek"))
                                         : ports.kek_authorities.check(pem, ports.clock.now());
    }
    CheckedKek out;
    if (service::has(body, "kek")) {
        CHOPMARK_ASSIGN(out.kek, service::bytes_of(body, "kek"));
        if (!crypto::RsaPublicKey::from_spki(out.kek)) {
            return control::rp_bad_key;
        }
    }
    return out;
}

Routes relying_party_life_routes(const Ports& ports, const service::StaffCalls& calls) {
    const std::string one = "/admin/v1/relying-parties/{client}/";
    const auto row = [&](const std::string& action, std::string summary,
                         service::StaffCalls::Parse parse,
                         service::StaffCalls::Render render = {}) {
        return calls.command_row(one + action, "admin.relying_party." + action, rp_write_permission,
                                 std::move(summary), std::move(parse), std::move(render));
    };
    Routes rows;
    rows.push_back(
        row("trial",
            "Opens an applicant's integration test with keys of its own; their secret "
            "is shown in this answer only.",
            life_step<control::OpenRelyingPartyTrial>([&ports](auto& command, const Json& body) {
                return read_trial(command, body, ports);
            }),
            show_secret<schema::RelyingPartyTrialOpened>));
    rows.push_back(
        row("test", "Records an integration test.",
            life_step<control::RecordIntegrationTest>(
                [](auto& command, const Json& body) { return read_outcome(command, body); })));
    rows.push_back(
        row("vetting", "Records a round of vetting what citizens see.",
            life_step<control::RecordJourneyVetting>(
                [](auto& command, const Json& body) { return read_outcome(command, body); }),
            show_round));
    rows.push_back(row("assessment", "Records what an independent assessor declared.",
                       life_step<control::RecordAssessment>(read_assessment)));
    rows.push_back(row(
        "declaration", "Records the declaration of compliance that is due.",
        life_step<control::RecordDeclaration>([](auto& command, const Json& body) -> Result<void> {
            CHOPMARK_ASSIGN(command.report, report_of(body));
            return {};
        }),
        show_next_due));
    rows.push_back(
        row("scope-application", "Asks for other scopes, all of them; another grants.",
            life_step<control::ApplyForScopes>([](auto& command, const Json& body) -> Result<void> {
                CHOPMARK_ASSIGN(command.scopes, scopes_in(body));
                return {};
            })));
    rows.push_back(calls.view_row(one + "steps", "admin.relying_party.steps", rp_read_permission,
                                  "What happened to a service, newest first, by whom and when.",
                                  view::RelyingPartyView::view_name, steps));
    return rows;
}

}  // namespace chopmark::admin
