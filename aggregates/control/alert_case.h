// Alerts that detection raised and cases that people work on. An alert is unique by its id and
// revision (design 10): raising the same again is refused, so a detector may be restarted at will.
// A case opens as the follow-up of a citizen's "this wasn't me", or by the security team. What is
// closed is forgotten limits::closed_alerts_kept after its closing; a cause that is older than that
// opens no case any more, so that none is ever opened twice.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aggregates/decision.h"

namespace chopmark::control {

enum class AlertStanding : std::uint8_t { open = 1, acknowledged = 2, closed = 3 };

struct Alert {
    AlertId id;
    std::uint32_t revision = 0;
    std::string rule;
    schema::Severity severity = schema::SEVERITY_UNSPECIFIED;
    AlertStanding standing = AlertStanding::open;
    Instant raised_at;
    Instant changed_at;

    static void fields(auto& archive, Alert& row) {
        archive(row.id, row.revision, row.rule, row.severity, row.standing, row.raised_at,
                row.changed_at);
    }
    friend bool operator==(const Alert&, const Alert&) = default;
};
using Alerts = std::map<AlertId, Alert>;

using CaseId = OpaqueId<struct CaseIdTag, 16>;

struct Case {
    CaseId id;
    std::string kind;
    EventId cause;  // zero: none
    bool closed = false;
    Instant changed_at;  // opened, or closed

    static void fields(auto& archive, Case& row) {
        archive(row.id, row.kind, row.cause, row.closed, row.changed_at);
    }
    friend bool operator==(const Case&, const Case&) = default;
};
using Cases = std::map<CaseId, Case>;

inline constexpr Reason alert_known{"alert.known", Kind::conflict};
inline constexpr Reason alert_unknown{"alert.unknown", Kind::not_found};
inline constexpr Reason alert_not_open{"alert.not_open", Kind::refused};
inline constexpr Reason alert_revision_gap{"alert.revision_gap", Kind::conflict};
inline constexpr Reason alert_too_many{"alert.too_many", Kind::busy};
inline constexpr Reason case_known{"case.known", Kind::conflict};
inline constexpr Reason case_unknown{"case.unknown", Kind::not_found};
inline constexpr Reason case_closed{"case.closed", Kind::refused};
/// What calls for the case is older than closed cases are remembered: it had one long ago.
inline constexpr Reason case_overtaken{"case.overtaken", Kind::conflict};

/// By the node that folds detection; everything it says was found in leaves and link boxes.
struct RaiseAlert {
    AlertId alert;
    std::uint32_t revision = 1;
    std::string rule;
    std::uint32_t rule_version = 1;
    schema::Severity severity = schema::SEVERITY_UNSPECIFIED;
    Instant window_start;
    std::uint64_t cut = 0;
    schema::Entity entity;
    std::vector<schema::Entity> others;
    std::vector<schema::RecordRef> evidence;
    std::uint32_t score_permille = 0;
    std::vector<schema::Measure> measures;
    Sensitive<std::string> explanation;
};
struct AcknowledgeAlert {
    AlertId alert;
    Sensitive<std::string> note;
};
struct CloseAlert {
    AlertId alert;
    schema::Verdict verdict = schema::VERDICT_UNSPECIFIED;
    Sensitive<std::string> note;
};
struct OpenCase {
    CaseId id;
    std::string kind;  // stable dotted name
    AlertId alert;     // zero: none
    schema::RecordRef cause;
    std::optional<Instant> caused_at;  // when the cause was recorded
    schema::Entity entity;
    Sensitive<std::string> note;
};
struct NoteCase {
    CaseId id;
    Sensitive<std::string> note;
};
struct CloseCase {
    CaseId id;
    schema::Verdict verdict = schema::VERDICT_UNSPECIFIED;
    Sensitive<std::string> note;
};
using AlertCaseCommand =
    std::variant<RaiseAlert, AcknowledgeAlert, CloseAlert, OpenCase, NoteCase, CloseCase>;

Decision decide(const State& state, const AlertCaseCommand& command, const Context& context);
void evolve(State& state, const schema::AlertRaised& event, const record::Stamp& stamp);
void evolve(State& state, const schema::AlertAcknowledged& event, const record::Stamp& stamp);
void evolve(State& state, const schema::AlertClosed& event, const record::Stamp& stamp);
void evolve(State& state, const schema::CaseOpened& event, const record::Stamp& stamp);
void evolve(State& state, const schema::CaseClosed& event, const record::Stamp& stamp);

}  // namespace chopmark::control
