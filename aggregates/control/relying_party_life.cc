#include "aggregates/control/relying_party_life.h"

#include <algorithm>
#include <cctype>

#include "aggregates/control/relying_party_rules.h"
#include "aggregates/control/state.h"
#include "events/crypto/digest.h"

namespace chopmark::control {
namespace {

using namespace rp_rules;

constexpr std::size_t assessor_at_most = 255;

// In the order in which they are taken.
constexpr std::string_view step_trial = "trial";
constexpr std::string_view step_test = "integration_test";
constexpr std::string_view step_vetting = "journey_vetting";
constexpr std::string_view step_security = "security_checklist";
constexpr std::string_view step_privacy = "privacy_assessment";

Duration days(std::uint32_t count) { return std::chrono::hours(24) * count; }

bool is_report(const Bytes& report) { return report.size() == Digest::size; }

std::string folded(const std::string& name) {
    std::string out;
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0) {
            out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        }
    }
    return out;
}

/// One on trial, for an administrator to record something of.
Result<const RelyingParty*> on_trial(const State& state, const ClientId& client,
                                     const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    const RelyingParty* party = find_relying_party(state, client);
    if (party == nullptr) {
        return rp_unknown;
    }
    if (party->standing == ServiceStanding::applied) {
        return Error(rp_step_missing, std::string(step_trial));
    }
    return party->standing == ServiceStanding::trial ? Result<const RelyingParty*>(party)
                                                     : rp_not_on_trial;
}

/// The same, with a report: what every record of a step has.
Result<const RelyingParty*> recordable(const State& state, const auto& command,
                                       const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, on_trial(state, command.client, context));
    return is_report(command.report) ? Result<const RelyingParty*>(party) : rp_bad_report;
}

template <class E>
E step_event(const auto& command) {
    auto event = event_about<E>(command.client);
    event.mutable_leaf()->mutable_head()->set_outcome(command.passed ? schema::DONE
                                                                     : schema::FAILED);
    event.mutable_link()->set_report_digest(command.report);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const OpenRelyingPartyTrial& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party,
                    judged_by_another(state, command.client, ServiceStanding::applied, context));
    CHOPMARK_TRY(check_granted(command.scopes, *party));
    CHOPMARK_TRY(check_group(state, command.client, party->open_id_group, party->organisation));
    const bool own = !command.kek.empty();
    const Bytes& kek = own ? command.kek : party->kek;
    if (kek.empty()) {
        return rp_no_key;
    }
    // What the application brought was checked then.
    if (own) {
        CHOPMARK_TRY(check_key(state, kek, command.certificate, context.stamp.recorded_at));
    }
    auto event = event_about<schema::RelyingPartyTrialOpened>(command.client);
    auto& leaf = *event.mutable_leaf();
    leaf.mutable_scopes()->Add(command.scopes.begin(), command.scopes.end());
    leaf.set_open_id_group(party->open_id_group);
    leaf.set_kek_fingerprint(crypto::sha256(kek).to_bytes());
    auto& link = *event.mutable_link();
    link.set_kek(kek);
    write_certificate(*link.mutable_certificate(),
                      own ? command.certificate
                          : CheckedCertificate{{}, party->kek_not_before, party->kek_not_after});
    link.add_approver_ids(context.command.actor.id);
    event.mutable_personal()->set_client_secret(command.client_secret.reveal());
    return event;
}

Decision decide_one(const State& state, const RecordIntegrationTest& command,
                    const Context& context) {
    CHOPMARK_TRY(recordable(state, command, context));
    return step_event<schema::RelyingPartyTested>(command);
}

Decision decide_one(const State& state, const RecordJourneyVetting& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, recordable(state, command, context));
    if (!party->steps.tested) {
        return Error(rp_step_missing, std::string(step_test));
    }
    auto event = step_event<schema::RelyingPartyVetted>(command);
    event.mutable_leaf()->set_round(party->steps.vetting_rounds + 1);
    return event;
}

Result<void> check_assessment(const RecordAssessment& command, const RelyingParty& party,
                              Instant now) {
    if (!schema::AssessmentKind_IsValid(command.kind) ||
        command.kind == schema::ASSESSMENT_KIND_UNSPECIFIED || command.assessor.empty() ||
        command.assessor.size() > assessor_at_most || command.made_at > now ||
        command.made_at + assessment_age < now) {
        return rp_bad_assessment;
    }
    const std::string assessor = folded(command.assessor);
    return assessor.empty() || assessor == folded(party.organisation) ||
                   assessor == folded(party.name_english)
               ? Result<void>(rp_assessor_not_independent)
               : Result<void>();
}

Decision decide_one(const State& state, const RecordAssessment& command, const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, recordable(state, command, context));
    const auto missing = missing_step(*party);
    if (missing == step_test || missing == step_vetting) {
        return Error(rp_step_missing, std::string(*missing));
    }
    CHOPMARK_TRY(check_assessment(command, *party, context.stamp.recorded_at));
    auto event = step_event<schema::RelyingPartyAssessed>(command);
    event.mutable_leaf()->set_kind(command.kind);
    event.mutable_link()->set_assessor(command.assessor);
    event.mutable_link()->set_made_at_us(command.made_at.micros());
    event.mutable_personal()->set_assessor_name(command.assessor_name.reveal());
    return event;
}

Decision decide_one(const State& state, const RecordDeclaration& command, const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, changeable(state, command.client, context));
    if (!party->in_production) {
        return rp_not_active;
    }
    if (!is_report(command.report)) {
        return rp_bad_report;
    }
    auto event = event_about<schema::RelyingPartyDeclared>(command.client);
    event.mutable_leaf()->set_next_due_us(
        (context.stamp.recorded_at + policy(state).declaration_period).micros());
    event.mutable_link()->set_report_digest(command.report);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const ApplyForScopes& command, const Context& context) {
    CHOPMARK_TRY(changeable(state, command.client, context));
    if (!good_scopes(command.scopes)) {
        return rp_bad_scope;
    }
    auto event = event_about<schema::RelyingPartyScopesApplied>(command.client);
    event.mutable_leaf()->mutable_scopes()->Add(command.scopes.begin(), command.scopes.end());
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

/// What the platform owes by its calendar; nobody else may say it.
Result<const RelyingParty*> by_calendar(const State& state, const ClientId& client,
                                        const Context& context) {
    const auto actor = context.command.actor.kind;
    if (actor != schema::Party::TIMER && actor != schema::Party::NODE) {
        return platform_only;
    }
    const RelyingParty* party = find_relying_party(state, client);
    return party != nullptr ? Result<const RelyingParty*>(party) : rp_unknown;
}

bool is_watched(const RelyingParty& party) {
    return party.standing == ServiceStanding::active || party.standing == ServiceStanding::trial;
}

std::optional<std::uint32_t> reminder_of(const RelyingParty& party, schema::ReminderSubject subject,
                                         Instant now) {
    if (!is_watched(party)) {
        return std::nullopt;
    }
    return subject == schema::KEK_EXPIRY
               ? reminder_due(party.kek_not_after, party.kek_reminded, now)
               : reminder_due(party.declaration_due, party.declaration_reminded, now);
}

Decision decide_one(const State& state, const RemindRelyingParty& command, const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, by_calendar(state, command.client, context));
    const auto said = reminder_of(*party, command.subject, context.stamp.recorded_at);
    if (!said) {
        return rp_nothing_due;
    }
    auto event = event_about<schema::RelyingPartyReminded>(command.client);
    event.mutable_leaf()->set_subject(command.subject);
    event.mutable_leaf()->set_due_us(command.subject == schema::KEK_EXPIRY
                                         ? party->kek_not_after.micros()
                                         : party->declaration_due.micros());
    event.mutable_leaf()->set_days(*said);
    return event;
}

Decision decide_one(const State& state, const SuspendOverdueRelyingParty& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const RelyingParty* party, by_calendar(state, command.client, context));
    if (party->standing != ServiceStanding::active ||
        !declaration_overdue(*party, context.stamp.recorded_at)) {
        return rp_nothing_due;
    }
    auto event = event_about<schema::RelyingPartySuspended>(command.client);
    event.mutable_leaf()->mutable_head()->set_reason(std::string(rp_declaration_overdue.name));
    return event;
}

bool passed(const auto& leaf) { return leaf.head().outcome() == schema::DONE; }

}  // namespace

std::optional<std::string_view> missing_step(const RelyingParty& party) {
    const TrialSteps& steps = party.steps;
    if (party.standing == ServiceStanding::applied) {
        return step_trial;
    }
    if (!steps.tested) {
        return step_test;
    }
    if (!steps.vetted || steps.vetting_rounds < vetting_rounds_at_least) {
        return step_vetting;
    }
    if (!steps.security_assessed) {
        return step_security;
    }
    return steps.privacy_assessed ? std::nullopt : std::optional(step_privacy);
}

bool declaration_overdue(const RelyingParty& party, Instant now) {
    return party.in_production && party.declaration_due <= now;
}

std::optional<std::uint32_t> reminder_due(Instant due, std::uint32_t said, Instant now) {
    std::optional<std::uint32_t> nearest;
    for (const std::uint32_t before : reminder_days) {
        if (due != Instant() && now < due && due - days(before) <= now &&
            (said == 0 || before < said)) {
            nearest = before;  // they fall: the last one that holds
        }
    }
    return nearest;
}

std::vector<RelyingPartyLifeCommand> due_of(const RelyingParty& party, Instant now) {
    std::vector<RelyingPartyLifeCommand> due;
    if (party.standing == ServiceStanding::active && declaration_overdue(party, now)) {
        due.emplace_back(SuspendOverdueRelyingParty{party.id});
    }
    for (const auto subject : {schema::COMPLIANCE_DECLARATION, schema::KEK_EXPIRY}) {
        if (reminder_of(party, subject, now)) {
            due.emplace_back(RemindRelyingParty{party.id, subject});
        }
    }
    return due;
}

Decision decide(const State& state, const RelyingPartyLifeCommand& command,
                const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::RelyingPartyTrialOpened& event,
            const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->standing = ServiceStanding::trial;
        party->scopes = scopes_of(event.leaf());
        party->open_id_group = event.leaf().open_id_group();
        party->secret_source = stamp.event_id;
        ++party->secret_version;
        take_key(*party, event.link().kek(), event.link().certificate());
    }
}

void evolve(State& state, const schema::RelyingPartyTested& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->steps.tested = passed(event.leaf());
    }
}

void evolve(State& state, const schema::RelyingPartyVetted& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->steps.vetting_rounds = event.leaf().round();
        party->steps.vetted = passed(event.leaf());
    }
}

void evolve(State& state, const schema::RelyingPartyAssessed& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        const bool security = event.leaf().kind() == schema::SECURITY_CHECKLIST;
        (security ? party->steps.security_assessed : party->steps.privacy_assessed) =
            passed(event.leaf());
    }
}

void evolve(State& state, const schema::RelyingPartyDeclared& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->declaration_due = Instant::from_micros(event.leaf().next_due_us());
        party->declaration_reminded = 0;
    }
}

void evolve(State& state, const schema::RelyingPartyScopesApplied& event,
            const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        party->scopes_applied_for = scopes_of(event.leaf());
        party->scopes_applied_by = event.link().head().actor().id();
    }
}

void evolve(State& state, const schema::RelyingPartyReminded& event, const record::Stamp& stamp) {
    if (RelyingParty* party = row_of(state, event.leaf().client_id(), stamp)) {
        const bool key = event.leaf().subject() == schema::KEK_EXPIRY;
        (key ? party->kek_reminded : party->declaration_reminded) = event.leaf().days();
    }
}

}  // namespace chopmark::control
