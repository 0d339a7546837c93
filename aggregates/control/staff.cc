#include "aggregates/control/staff.h"

#include <algorithm>

#include "aggregates/control/state.h"
#include "events/crypto/digest.h"

namespace chopmark::control {
namespace {

Roles roles_of(const auto& repeated) {
    Roles roles;
    for (const int role : repeated) {
        roles.insert(static_cast<schema::StaffRole>(role));
    }
    return roles;
}

bool good_roles(const Roles& roles) {
    return !roles.empty() && std::all_of(roles.begin(), roles.end(), [](schema::StaffRole role) {
        return schema::StaffRole_IsValid(role) && role != schema::STAFF_ROLE_UNSPECIFIED;
    });
}

bool is_active_administrator(const StaffMember& member) {
    return member.standing == Enrolment::active &&
           member.roles.contains(schema::STAFF_ROLE_ADMINISTRATOR);
}

/// Whether somebody could still administrate if this member no longer did.
bool another_administrator(const State& state, const StaffId& leaving) {
    return std::any_of(state.staff->begin(), state.staff->end(), [&](const auto& row) {
        return row.first != leaving && is_active_administrator(row.second);
    });
}

/// The member that an administrator other than himself may change.
Result<const StaffMember*> changeable(const State& state, const StaffId& staff,
                                      const Context& context) {
    CHOPMARK_ASSIGN(const StaffMember* actor,
                    acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (actor->id == staff) {
        return staff_self;
    }
    const auto at = state.staff->find(staff);
    if (at == state.staff->end()) {
        return staff_unknown;
    }
    return &at->second;
}

/// Two people behind one key could each be the other's second person.
bool is_taken(const State& state, ByteView public_key) {
    return std::any_of(state.staff->begin(), state.staff->end(),
                       [&](const auto& row) { return row.second.public_key == public_key; });
}

Decision decide_one(const State& state, const EnrolStaff& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (!is_point(command.public_key)) {
        return staff_bad_key;
    }
    if (!good_roles(command.roles)) {
        return staff_bad_roles;
    }
    if (is_taken(state, command.public_key) || state.staff->contains(command.staff)) {
        return staff_exists;
    }
    schema::StaffEnrolled event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_link()->set_staff_id(command.staff.to_bytes());
    event.mutable_link()->set_public_key(command.public_key);
    for (const schema::StaffRole role : command.roles) {
        event.mutable_link()->add_roles(role);
    }
    event.mutable_personal()->set_name(command.name.reveal());
    event.mutable_personal()->set_email(command.email.reveal());
    return event;
}

Decision decide_one(const State& state, const ChangeStaffRoles& command, const Context& context) {
    CHOPMARK_ASSIGN(const StaffMember* member, changeable(state, command.staff, context));
    if (!good_roles(command.roles)) {
        return staff_bad_roles;
    }
    if (member->standing == Enrolment::withdrawn) {
        return staff_not_active;
    }
    if (!command.roles.contains(schema::STAFF_ROLE_ADMINISTRATOR) &&
        !another_administrator(state, command.staff)) {
        return staff_last_administrator;
    }
    schema::StaffRolesChanged event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_link()->set_staff_id(command.staff.to_bytes());
    for (const schema::StaffRole role : command.roles) {
        event.mutable_link()->add_roles(role);
    }
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const ChangeStaffKey& command, const Context& context) {
    CHOPMARK_ASSIGN(const StaffMember* member, changeable(state, command.staff, context));
    if (!is_point(command.public_key)) {
        return staff_bad_key;
    }
    if (member->standing == Enrolment::withdrawn) {
        return staff_not_active;
    }
    if (is_taken(state, command.public_key)) {
        return staff_exists;
    }
    schema::StaffKeyChanged event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_link()->set_staff_id(command.staff.to_bytes());
    event.mutable_link()->set_public_key(command.public_key);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

template <class E>
Decision standing_event(const SetStaffStanding& command) {
    E event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_link()->set_staff_id(command.staff.to_bytes());
    event.mutable_link()->set_case_id(command.case_id);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

Decision decide_one(const State& state, const SetStaffStanding& command, const Context& context) {
    CHOPMARK_ASSIGN(const StaffMember* member, changeable(state, command.staff, context));
    if (member->standing == Enrolment::withdrawn || member->standing == command.standing) {
        return staff_not_active;
    }
    if (command.standing != Enrolment::active && is_active_administrator(*member) &&
        !another_administrator(state, command.staff)) {
        return staff_last_administrator;
    }
    switch (command.standing) {
        case Enrolment::suspended:
            return standing_event<schema::StaffSuspended>(command);
        case Enrolment::active:
            return standing_event<schema::StaffResumed>(command);
        case Enrolment::withdrawn:
            return standing_event<schema::StaffWithdrawn>(command);
    }
    return staff_not_active;
}

/// The row to change, or null for an event about somebody who was never enrolled.
StaffMember* row_of(State& state, ByteView id, const record::Stamp& stamp) {
    const auto staff = StaffId::from_bytes(id);
    if (!staff || !state.staff->contains(*staff)) {
        return nullptr;
    }
    StaffMember& member = state.staff.edit().at(*staff);
    member.changed_at = stamp.recorded_at;
    return &member;
}

void set_standing(State& state, ByteView id, Enrolment standing, const record::Stamp& stamp) {
    if (StaffMember* member = row_of(state, id, stamp)) {
        member->standing = standing;
    }
}

}  // namespace

StaffId staff_id_of(ByteView public_key) {
    return StaffId(to_array<16>(crypto::sha256(public_key).bytes()));
}

bool is_point(ByteView public_key) { return public_key.size() == 65 && public_key[0] == 0x04; }

Result<const StaffMember*> acting_staff(const State& state, const Context& context,
                                        schema::StaffRole role) {
    const Party& actor = context.command.actor;
    const auto id = StaffId::from_bytes(actor.id);
    if (actor.kind != schema::Party::STAFF_MEMBER || !id) {
        return staff_not_permitted;
    }
    const auto at = state.staff->find(*id);
    if (at == state.staff->end() || at->second.standing != Enrolment::active ||
        !at->second.roles.contains(role)) {
        return staff_not_permitted;
    }
    return &at->second;
}

Decision decide(const State& state, const StaffCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::StaffEnrolled& event, const record::Stamp& stamp) {
    const auto id = StaffId::from_bytes(event.link().staff_id());
    if (id) {
        state.staff.edit()[*id] = {*id, Enrolment::active, event.link().public_key(),
                                   roles_of(event.link().roles()), stamp.recorded_at};
    }
}

void evolve(State& state, const schema::StaffRolesChanged& event, const record::Stamp& stamp) {
    if (StaffMember* member = row_of(state, event.link().staff_id(), stamp)) {
        member->roles = roles_of(event.link().roles());
    }
}

void evolve(State& state, const schema::StaffKeyChanged& event, const record::Stamp& stamp) {
    if (StaffMember* member = row_of(state, event.link().staff_id(), stamp)) {
        member->public_key = event.link().public_key();
    }
}

void evolve(State& state, const schema::StaffSuspended& event, const record::Stamp& stamp) {
    set_standing(state, event.link().staff_id(), Enrolment::suspended, stamp);
}

void evolve(State& state, const schema::StaffResumed& event, const record::Stamp& stamp) {
    set_standing(state, event.link().staff_id(), Enrolment::active, stamp);
}

void evolve(State& state, const schema::StaffWithdrawn& event, const record::Stamp& stamp) {
    set_standing(state, event.link().staff_id(), Enrolment::withdrawn, stamp);
}

void enrol_first(State& state, ByteView public_key, Instant at) {
    StaffMember first;
    first.id = staff_id_of(public_key);
    first.public_key = Bytes(public_key);
    first.roles = {schema::STAFF_ROLE_ADMINISTRATOR, schema::STAFF_ROLE_AUDITOR,
                   schema::STAFF_ROLE_SECURITY, schema::STAFF_ROLE_PRIVACY_OFFICER,
                   schema::STAFF_ROLE_SUPPORT};
    first.changed_at = at;
    state.staff.edit()[first.id] = first;
}

}  // namespace chopmark::control
