#include "aggregates/control/terminal.h"

#include "aggregates/control/state.h"

namespace chopmark::control {
namespace {

Result<const Terminal*> changeable(const State& state, const TerminalId& terminal,
                                   const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    const Terminal* found = find_terminal(state, terminal);
    if (found == nullptr) {
        return terminal_unknown;
    }
    if (found->standing == Enrolment::withdrawn) {
        return terminal_not_active;
    }
    return found;
}

template <class E>
E event_about(const TerminalId& terminal, const Sensitive<std::string>& note) {
    E event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_terminal_id(terminal.to_bytes());
    event.mutable_personal()->set_note(note.reveal());
    return event;
}

Decision decide_one(const State& state, const EnrolTerminal& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (!is_point(command.public_key)) {
        return terminal_bad_key;
    }
    if (!schema::TerminalKind_IsValid(command.kind) ||
        command.kind == schema::TERMINAL_KIND_UNSPECIFIED) {
        return terminal_bad_kind;
    }
    const bool mobile = command.kind == schema::TERMINAL_KIND_MOBILE_TEAM;
    if (mobile ? command.team.empty() : command.site.empty()) {
        return terminal_bad_site;
    }
    if (find_terminal(state, command.terminal) != nullptr) {
        return terminal_exists;
    }
    auto event = event_about<schema::TerminalEnrolled>(command.terminal, command.note);
    event.mutable_leaf()->set_kind(command.kind);
    event.mutable_link()->set_public_key(command.public_key);
    event.mutable_link()->set_site(command.site);
    event.mutable_link()->set_team(command.team);
    event.mutable_link()->set_registrations_per_hour(command.registrations_per_hour);
    return event;
}

Decision decide_one(const State& state, const ChangeTerminalKey& command, const Context& context) {
    CHOPMARK_TRY(changeable(state, command.terminal, context));
    if (!is_point(command.public_key)) {
        return terminal_bad_key;
    }
    auto event = event_about<schema::TerminalKeyChanged>(command.terminal, command.note);
    event.mutable_link()->set_public_key(command.public_key);
    return event;
}

Decision decide_one(const State& state, const MoveTerminal& command, const Context& context) {
    CHOPMARK_ASSIGN(const Terminal* terminal, changeable(state, command.terminal, context));
    const bool mobile = terminal->kind == schema::TERMINAL_KIND_MOBILE_TEAM;
    if (mobile ? command.team.empty() : command.site.empty()) {
        return terminal_bad_site;
    }
    auto event = event_about<schema::TerminalMoved>(command.terminal, command.note);
    event.mutable_link()->set_site(command.site);
    event.mutable_link()->set_team(command.team);
    return event;
}

Decision decide_one(const State& state, const SetTerminalStanding& command,
                    const Context& context) {
    CHOPMARK_ASSIGN(const Terminal* terminal, changeable(state, command.terminal, context));
    if (terminal->standing == command.standing) {
        return terminal_not_active;
    }
    switch (command.standing) {
        case Enrolment::suspended: {
            auto event = event_about<schema::TerminalSuspended>(command.terminal, command.note);
            event.mutable_link()->set_alert_id(command.alert_id);
            event.mutable_link()->set_case_id(command.case_id);
            return event;
        }
        case Enrolment::active: {
            auto event = event_about<schema::TerminalResumed>(command.terminal, command.note);
            event.mutable_link()->set_case_id(command.case_id);
            return event;
        }
        case Enrolment::withdrawn: {
            auto event = event_about<schema::TerminalWithdrawn>(command.terminal, command.note);
            event.mutable_link()->set_case_id(command.case_id);
            return event;
        }
    }
    return terminal_not_active;
}

/// The row to change, or null for an event about a terminal that was never enrolled.
Terminal* row_of(State& state, ByteView id, const record::Stamp& stamp) {
    const auto terminal = TerminalId::from_bytes(id);
    if (!terminal || !state.terminals->contains(*terminal)) {
        return nullptr;
    }
    Terminal& row = state.terminals.edit().at(*terminal);
    row.changed_at = stamp.recorded_at;
    return &row;
}

void set_standing(State& state, ByteView id, Enrolment standing, const record::Stamp& stamp) {
    if (Terminal* terminal = row_of(state, id, stamp)) {
        terminal->standing = standing;
    }
}

}  // namespace

const Terminal* find_terminal(const State& state, const TerminalId& terminal) {
    const auto at = state.terminals->find(terminal);
    return at == state.terminals->end() ? nullptr : &at->second;
}

Decision decide(const State& state, const TerminalCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::TerminalEnrolled& event, const record::Stamp& stamp) {
    const auto id = TerminalId::from_bytes(event.leaf().terminal_id());
    if (id) {
        state.terminals.edit()[*id] = {*id,
                                       event.leaf().kind(),
                                       Enrolment::active,
                                       event.link().public_key(),
                                       event.link().site(),
                                       event.link().team(),
                                       event.link().registrations_per_hour(),
                                       stamp.recorded_at};
    }
}

void evolve(State& state, const schema::TerminalKeyChanged& event, const record::Stamp& stamp) {
    if (Terminal* terminal = row_of(state, event.leaf().terminal_id(), stamp)) {
        terminal->public_key = event.link().public_key();
    }
}

void evolve(State& state, const schema::TerminalMoved& event, const record::Stamp& stamp) {
    if (Terminal* terminal = row_of(state, event.leaf().terminal_id(), stamp)) {
        terminal->site = event.link().site();
        terminal->team = event.link().team();
    }
}

void evolve(State& state, const schema::TerminalSuspended& event, const record::Stamp& stamp) {
    set_standing(state, event.leaf().terminal_id(), Enrolment::suspended, stamp);
}

void evolve(State& state, const schema::TerminalResumed& event, const record::Stamp& stamp) {
    set_standing(state, event.leaf().terminal_id(), Enrolment::active, stamp);
}

void evolve(State& state, const schema::TerminalWithdrawn& event, const record::Stamp& stamp) {
    set_standing(state, event.leaf().terminal_id(), Enrolment::withdrawn, stamp);
}

}  // namespace chopmark::control
