#include "aggregates/control/operator.h"

#include "aggregates/control/state.h"

namespace chopmark::control {
namespace {

Decision decide_one(const State& state, const EnrolOperator& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (!is_point(command.public_key)) {
        return operator_bad_key;
    }
    if (command.sites.empty() && command.team.empty()) {
        return operator_no_place;
    }
    if (find_operator(state, command.op) != nullptr) {
        return operator_exists;
    }
    schema::OperatorEnrolled event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_link()->set_operator_id(command.op.to_bytes());
    event.mutable_link()->set_public_key(command.public_key);
    for (const std::string& site : command.sites) {
        event.mutable_link()->add_sites(site);
    }
    event.mutable_link()->set_team(command.team);
    event.mutable_personal()->set_name(command.name.reveal());
    event.mutable_personal()->set_staff_number(command.staff_number.reveal());
    return event;
}

template <class E>
Decision standing_event(const SetOperatorStanding& command) {
    E event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_link()->set_operator_id(command.op.to_bytes());
    event.mutable_link()->set_alert_id(command.alert_id);
    event.mutable_link()->set_case_id(command.case_id);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const SetOperatorStanding& command,
                    const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    const Operator* op = find_operator(state, command.op);
    if (op == nullptr) {
        return operator_unknown;
    }
    if (op->standing == Enrolment::withdrawn || op->standing == command.standing) {
        return operator_not_active;
    }
    switch (command.standing) {
        case Enrolment::suspended:
            return standing_event<schema::OperatorSuspended>(command);
        case Enrolment::active:
            return standing_event<schema::OperatorResumed>(command);
        case Enrolment::withdrawn:
            return standing_event<schema::OperatorWithdrawn>(command);
    }
    return operator_not_active;
}

void set_standing(State& state, ByteView id, Enrolment standing, const record::Stamp& stamp) {
    const auto op = OperatorId::from_bytes(id);
    if (op && state.operators->contains(*op)) {
        Operator& row = state.operators.edit().at(*op);
        row.standing = standing;
        row.changed_at = stamp.recorded_at;
    }
}

}  // namespace

const Operator* find_operator(const State& state, const OperatorId& op) {
    const auto at = state.operators->find(op);
    return at == state.operators->end() ? nullptr : &at->second;
}

bool may_work_at(const Operator& op, const Terminal& terminal) {
    return op.sites.contains(terminal.site) || (!op.team.empty() && op.team == terminal.team);
}

Decision decide(const State& state, const OperatorCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::OperatorEnrolled& event, const record::Stamp& stamp) {
    const auto id = OperatorId::from_bytes(event.link().operator_id());
    if (id) {
        const auto& link = event.link();
        state.operators.edit()[*id] = {*id,
                                       Enrolment::active,
                                       link.public_key(),
                                       {link.sites().begin(), link.sites().end()},
                                       link.team(),
                                       stamp.recorded_at};
    }
}

void evolve(State& state, const schema::OperatorSuspended& event, const record::Stamp& stamp) {
    set_standing(state, event.link().operator_id(), Enrolment::suspended, stamp);
}

void evolve(State& state, const schema::OperatorResumed& event, const record::Stamp& stamp) {
    set_standing(state, event.link().operator_id(), Enrolment::active, stamp);
}

void evolve(State& state, const schema::OperatorWithdrawn& event, const record::Stamp& stamp) {
    set_standing(state, event.link().operator_id(), Enrolment::withdrawn, stamp);
}

}  // namespace chopmark::control
