// The way of an online service into production and its duties there: trial with keys of its own →
// integration test → at least two rounds of vetting what citizens see → security checklist and
// privacy assessment by an assessor who is not the service → production (ApproveRelyingParty) →
// a declaration of compliance every two years, with reminders, and suspension by rule when it is
// overdue. Each step is an event that says who and when; one out of order is refused
// (relying_party.step_missing, with the step that should come first). A step that failed is
// recorded and may be repeated. What is due when is a function of the state, for whoever keeps the
// calendar.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "aggregates/control/relying_party.h"

namespace chopmark::control {

inline constexpr std::uint32_t vetting_rounds_at_least = 2;
/// An assessment made longer ago is of another service.
inline constexpr Duration assessment_age = std::chrono::hours(24 * 365);
/// Of a service whose approval is from before declarations were asked for.
inline constexpr Duration first_declaration = std::chrono::hours(24 * 730);
/// Days before something is due on which that is said.
inline constexpr std::uint32_t reminder_days[] = {90, 30, 7, 1};

inline constexpr Reason rp_not_on_trial{"relying_party.not_on_trial", Kind::refused};
inline constexpr Reason rp_bad_report{"relying_party.bad_report", Kind::invalid};
inline constexpr Reason rp_bad_assessment{"relying_party.bad_assessment", Kind::invalid};
inline constexpr Reason rp_assessor_not_independent{"relying_party.assessor_not_independent",
                                                    Kind::refused};
inline constexpr Reason rp_nothing_due{"relying_party.nothing_due", Kind::refused};

/// By an administrator other than the applicant.
struct OpenRelyingPartyTrial {
    ClientId client;
    std::set<std::string> scopes;
    Sensitive<Bytes> client_secret;  // drawn for it
    Bytes kek;                       // empty: the one of its application
    CheckedCertificate certificate;
};
/// Reports are kept elsewhere; `report` is the SHA-256 of theirs.
struct RecordIntegrationTest {
    ClientId client;
    bool passed = false;
    Bytes report;
    Sensitive<std::string> note;
};
struct RecordJourneyVetting {
    ClientId client;
    bool passed = false;
    Bytes report;  // of the recording of the screens
    Sensitive<std::string> note;
};
struct RecordAssessment {
    ClientId client;
    schema::AssessmentKind kind = schema::ASSESSMENT_KIND_UNSPECIFIED;
    bool passed = false;
    Bytes report;
    std::string assessor;  // an organisation
    Instant made_at;
    Sensitive<std::string> assessor_name;
    Sensitive<std::string> note;
};
struct RecordDeclaration {
    ClientId client;
    Bytes report;
    Sensitive<std::string> note;
};
struct ApplyForScopes {
    ClientId client;
    std::set<std::string> scopes;  // all it wants to have
    Sensitive<std::string> note;
};
/// By the platform itself, as due_of() says.
struct RemindRelyingParty {
    ClientId client;
    schema::ReminderSubject subject = schema::REMINDER_SUBJECT_UNSPECIFIED;
};
struct SuspendOverdueRelyingParty {
    ClientId client;
};
using RelyingPartyLifeCommand =
    std::variant<OpenRelyingPartyTrial, RecordIntegrationTest, RecordJourneyVetting,
                 RecordAssessment, RecordDeclaration, ApplyForScopes, RemindRelyingParty,
                 SuspendOverdueRelyingParty>;

/// The first step that is missing before production; nothing if all are done.
std::optional<std::string_view> missing_step(const RelyingParty& party);
/// Of one in production: whether the declaration is late at that moment.
bool declaration_overdue(const RelyingParty& party, Instant now);
/// Days before `due` that ought to be said by now and have not been; `said` is the last reminder's.
std::optional<std::uint32_t> reminder_due(Instant due, std::uint32_t said, Instant now);
/// What the platform itself owes this service now.
std::vector<RelyingPartyLifeCommand> due_of(const RelyingParty& party, Instant now);

Decision decide(const State& state, const RelyingPartyLifeCommand& command, const Context& context);
void evolve(State& state, const schema::RelyingPartyTrialOpened& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyTested& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyVetted& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyAssessed& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyDeclared& event, const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyScopesApplied& event,
            const record::Stamp& stamp);
void evolve(State& state, const schema::RelyingPartyReminded& event, const record::Stamp& stamp);

}  // namespace chopmark::control
