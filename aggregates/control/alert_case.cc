#include "aggregates/control/alert_case.h"

#include <algorithm>

#include "aggregates/control/state.h"
#include "events/core/limits.h"

namespace chopmark::control {
namespace {

bool by_platform(const Context& context) {
    return context.command.actor.kind == schema::Party::NODE ||
           context.command.actor.kind == schema::Party::TIMER;
}

Decision decide_one(const State& state, const RaiseAlert& command, const Context& context) {
    if (!by_platform(context)) {
        return staff_not_permitted;
    }
    const auto known = state.alerts->find(command.alert);
    const std::uint32_t revision = known == state.alerts->end() ? 0 : known->second.revision;
    if (command.revision <= revision) {
        return alert_known;
    }
    if (command.revision != revision + 1) {
        return alert_revision_gap;
    }
    if (revision == 0 && state.alerts->size() >= limits::alerts_kept) {
        return alert_too_many;
    }
    schema::AlertRaised event;
    auto& leaf = *event.mutable_leaf();
    leaf.mutable_head()->set_outcome(schema::DONE);
    leaf.set_rule(command.rule);
    leaf.set_rule_version(command.rule_version);
    leaf.set_revision(command.revision);
    leaf.set_severity(command.severity);
    leaf.set_window_start_us(command.window_start.micros());
    leaf.set_cut(command.cut);
    auto& link = *event.mutable_link();
    link.set_alert_id(command.alert.to_bytes());
    *link.mutable_entity() = command.entity;
    link.mutable_others()->Add(command.others.begin(), command.others.end());
    link.mutable_evidence()->Add(command.evidence.begin(), command.evidence.end());
    link.set_score_permille(command.score_permille);
    link.mutable_measures()->Add(command.measures.begin(), command.measures.end());
    event.mutable_personal()->set_explanation(command.explanation.reveal());
    return event;
}

Result<const Alert*> workable(const State& state, const AlertId& alert, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_SECURITY));
    const auto at = state.alerts->find(alert);
    if (at == state.alerts->end()) {
        return alert_unknown;
    }
    return &at->second;
}

Decision decide_one(const State& state, const AcknowledgeAlert& command, const Context& context) {
    CHOPMARK_ASSIGN(const Alert* alert, workable(state, command.alert, context));
    if (alert->standing != AlertStanding::open) {
        return alert_not_open;
    }
    schema::AlertAcknowledged event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_rule(alert->rule);
    event.mutable_leaf()->set_severity(alert->severity);
    event.mutable_link()->set_alert_id(command.alert.to_bytes());
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const CloseAlert& command, const Context& context) {
    CHOPMARK_ASSIGN(const Alert* alert, workable(state, command.alert, context));
    if (alert->standing == AlertStanding::closed) {
        return alert_not_open;
    }
    schema::AlertClosed event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_rule(alert->rule);
    event.mutable_leaf()->set_verdict(command.verdict);
    event.mutable_link()->set_alert_id(command.alert.to_bytes());
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const OpenCase& command, const Context& context) {
    if (!by_platform(context)) {
        CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_SECURITY));
    }
    const auto cause = EventId::from_bytes(command.cause.event_id()).value_or(EventId());
    const bool known = state.cases->contains(command.id) ||
                       (!cause.is_zero() &&
                        std::any_of(state.cases->begin(), state.cases->end(),
                                    [&](const auto& row) { return row.second.cause == cause; }));
    if (known) {
        return case_known;
    }
    // A case outlives its cause by at least that long, and so does what we know of it: one that is
    // not known and so late had a case, which was closed and forgotten.
    if (command.caused_at &&
        *command.caused_at + limits::closed_alerts_kept < context.stamp.recorded_at) {
        return case_overtaken;
    }
    schema::CaseOpened event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_kind(command.kind);
    event.mutable_link()->set_case_id(command.id.to_bytes());
    if (!command.alert.is_zero()) {
        event.mutable_link()->set_alert_id(command.alert.to_bytes());
    }
    *event.mutable_link()->mutable_cause() = command.cause;
    *event.mutable_link()->mutable_entity() = command.entity;
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Result<const Case*> open_case(const State& state, const CaseId& id, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_SECURITY));
    const auto at = state.cases->find(id);
    if (at == state.cases->end()) {
        return case_unknown;
    }
    if (at->second.closed) {
        return case_closed;
    }
    return &at->second;
}

Decision decide_one(const State& state, const NoteCase& command, const Context& context) {
    CHOPMARK_TRY(open_case(state, command.id, context));
    schema::CaseNoted event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_link()->set_case_id(command.id.to_bytes());
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const CloseCase& command, const Context& context) {
    CHOPMARK_TRY(open_case(state, command.id, context));
    schema::CaseClosed event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_verdict(command.verdict);
    event.mutable_link()->set_case_id(command.id.to_bytes());
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

/// Closed ones that nobody can raise again are dropped from the state; the view keeps them all.
template <class Rows, class Closed>
void forget_closed(Rows& rows, Instant now, Closed&& closed_at) {
    std::erase_if(rows, [&](const auto& row) {
        const std::optional<Instant> at = closed_at(row.second);
        return at && *at + limits::closed_alerts_kept < now;
    });
}

void set_alert_standing(State& state, ByteView id, AlertStanding standing,
                        const record::Stamp& stamp) {
    const auto alert = AlertId::from_bytes(id);
    if (alert && state.alerts->contains(*alert)) {
        Alert& row = state.alerts.edit().at(*alert);
        row.standing = standing;
        row.changed_at = stamp.recorded_at;
    }
}

}  // namespace

Decision decide(const State& state, const AlertCaseCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::AlertRaised& event, const record::Stamp& stamp) {
    const auto id = AlertId::from_bytes(event.link().alert_id());
    if (!id) {
        return;
    }
    Alerts& alerts = state.alerts.edit();
    forget_closed(alerts, stamp.recorded_at, [](const Alert& alert) {
        return alert.standing == AlertStanding::closed ? std::optional(alert.changed_at)
                                                       : std::nullopt;
    });
    Alert& alert = alerts[*id];
    const Instant raised_at = alert.revision == 0 ? stamp.recorded_at : alert.raised_at;
    alert = {*id,
             event.leaf().revision(),
             event.leaf().rule(),
             event.leaf().severity(),
             AlertStanding::open,
             raised_at,
             stamp.recorded_at};
}

void evolve(State& state, const schema::AlertAcknowledged& event, const record::Stamp& stamp) {
    set_alert_standing(state, event.link().alert_id(), AlertStanding::acknowledged, stamp);
}

void evolve(State& state, const schema::AlertClosed& event, const record::Stamp& stamp) {
    set_alert_standing(state, event.link().alert_id(), AlertStanding::closed, stamp);
}

void evolve(State& state, const schema::CaseOpened& event, const record::Stamp& stamp) {
    const auto id = CaseId::from_bytes(event.link().case_id());
    if (id) {
        Cases& cases = state.cases.edit();
        forget_closed(cases, stamp.recorded_at, [](const Case& row) {
            return row.closed ? std::optional(row.changed_at) : std::nullopt;
        });
        const auto cause = EventId::from_bytes(event.link().cause().event_id());
        cases[*id] = {*id, event.leaf().kind(), cause.value_or(EventId()), false,
                      stamp.recorded_at};
    }
}

void evolve(State& state, const schema::CaseClosed& event, const record::Stamp& stamp) {
    const auto id = CaseId::from_bytes(event.link().case_id());
    if (id && state.cases->contains(*id)) {
        Case& row = state.cases.edit().at(*id);
        row.closed = true;
        row.changed_at = stamp.recorded_at;
    }
}

}  // namespace chopmark::control
