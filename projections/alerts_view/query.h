// Questions of the security team: alerts by how they stand, how grave and when; one alert or case
// with its history; what changed since. How an alert stands is told from its records: raising it
// again, at a higher revision, opens it again. Explanations and notes are personal layers, opened
// on demand. Safe from any thread.
#pragma once

#include <set>
#include <vector>

#include "events/keys/event_vault.h"
#include "projections/alerts_view/alerts_view.h"
#include "projections/opened_record.h"
#include "projections/page.h"

namespace chopmark::alerts_view {

inline constexpr Reason no_such_alert{"alerts_view.no_such_alert", Kind::not_found};
inline constexpr Reason no_such_case{"alerts_view.no_such_case", Kind::not_found};

enum class AlertStanding : std::uint8_t { open = 1, acknowledged = 2, closed = 3 };

struct Alert {
    AlertId id;
    AlertStanding standing = AlertStanding::open;
    schema::Verdict verdict = schema::VERDICT_UNSPECIFIED;  // of a closed one
    Instant first_raised_at;
    Instant raised_at;  // its newest revision
    Instant changed_at;
    Sequence changed;            // control sequence of the newest record about it
    schema::AlertRaised raised;  // newest revision: rule, severity, entity, evidence, measures
    projections::PersonalLayer personal = projections::PersonalLayer::absent;  // of `raised`
};

struct AlertQuestion {
    std::set<AlertStanding> standings;  // empty: all
    schema::Severity at_least = schema::SEVERITY_UNSPECIFIED;
    std::string rule;                      // empty: all
    std::optional<schema::Entity> entity;  // that it is about
    std::optional<Instant> from;           // changed at or after
    std::optional<Instant> until;          // changed before
    projections::Personal personal = projections::Personal::leave_sealed;
};

/// Changed last first.
Result<projections::Page<Alert>> read_alerts(const fold::Reading& rows,
                                             const keys::EventVault& vault,
                                             const AlertQuestion& question,
                                             const projections::PageRequest& page);

struct AlertHistory {
    Alert alert;
    /// Oldest first; of many, the newest limits::query_history_records.
    std::vector<projections::OpenedRecord> records;
};
Result<AlertHistory> read_alert(const fold::Reading& rows, const keys::EventVault& vault,
                                const AlertId& id, projections::Personal personal);

struct AlertChange {
    Sequence at;  // control sequence: ask for what comes after it
    Alert alert;  // as it stands now
    projections::OpenedRecord record;
};
/// What was recorded about alerts after a control sequence, oldest first, at most a page: a live
/// stream asks again with the last one it got. Nothing for `after`: from the beginning.
Result<std::vector<AlertChange>> read_changes(const fold::Reading& rows,
                                              const keys::EventVault& vault,
                                              std::optional<Sequence> after,
                                              projections::Personal personal);

struct Case {
    CaseId id;
    bool closed = false;
    schema::Verdict verdict = schema::VERDICT_UNSPECIFIED;
    Instant opened_at;
    Instant changed_at;
    Sequence changed;
    schema::CaseOpened opened;  // kind, alert, cause, entity
    projections::PersonalLayer personal = projections::PersonalLayer::absent;  // of `opened`
};

struct CaseQuestion {
    std::optional<bool> closed;
    std::string kind;  // empty: all
    std::optional<AlertId> alert;
    projections::Personal personal = projections::Personal::leave_sealed;
};
/// Changed last first.
Result<projections::Page<Case>> read_cases(const fold::Reading& rows, const keys::EventVault& vault,
                                           const CaseQuestion& question,
                                           const projections::PageRequest& page);

struct CaseHistory {
    Case told;
    std::vector<projections::OpenedRecord> records;  // as of an alert
};
Result<CaseHistory> read_case(const fold::Reading& rows, const keys::EventVault& vault,
                              const CaseId& id, projections::Personal personal);

struct Rule {
    std::string name;
    RuleRow row;
};
/// By name.
Result<projections::Page<Rule>> read_rules(const fold::Reading& rows,
                                           const projections::PageRequest& page);

}  // namespace chopmark::alerts_view
