// People who work the platform: operators of it, auditors, the security team. Each has enrolled a
// P-256 key and signs in with it (design 8); the first one's key is named in the genesis record. A
// member of staff never changes his own roles, and the last administrator cannot be taken away.
#pragma once

#include <map>
#include <set>
#include <variant>

#include "aggregates/control/terminal.h"

namespace chopmark::control {

using Roles = std::set<schema::StaffRole>;

struct StaffMember {
    StaffId id;
    Enrolment standing = Enrolment::active;
    Bytes public_key;  // P-256, uncompressed point, 65 bytes
    Roles roles;
    Instant changed_at;

    static void fields(auto& archive, StaffMember& row) {
        archive(row.id, row.standing, row.public_key, row.roles, row.changed_at);
    }
    friend bool operator==(const StaffMember&, const StaffMember&) = default;
};

using Staff = std::map<StaffId, StaffMember>;

inline constexpr Reason staff_unknown{"staff.unknown", Kind::not_found};
inline constexpr Reason staff_exists{"staff.exists", Kind::conflict};
inline constexpr Reason staff_not_permitted{"staff.not_permitted", Kind::forbidden};
inline constexpr Reason staff_not_active{"staff.not_active", Kind::refused};
inline constexpr Reason staff_self{"staff.not_oneself", Kind::forbidden};
inline constexpr Reason staff_last_administrator{"staff.last_administrator", Kind::refused};
inline constexpr Reason staff_bad_key{"staff.bad_key", Kind::invalid};
inline constexpr Reason staff_bad_roles{"staff.bad_roles", Kind::invalid};

struct EnrolStaff {
    StaffId staff;
    Bytes public_key;
    Roles roles;
    Sensitive<std::string> name;
    Sensitive<std::string> email;
};
struct ChangeStaffRoles {
    StaffId staff;
    Roles roles;
    Sensitive<std::string> note;
};
struct ChangeStaffKey {
    StaffId staff;
    Bytes public_key;
    Sensitive<std::string> note;
};
struct SetStaffStanding {
    StaffId staff;
    Enrolment standing = Enrolment::active;  // suspend, resume, withdraw
    Bytes case_id;
    Sensitive<std::string> note;
};
using StaffCommand = std::variant<EnrolStaff, ChangeStaffRoles, ChangeStaffKey, SetStaffStanding>;

/// The id that follows from a key: the first 16 bytes of SHA-256(public key).
StaffId staff_id_of(ByteView public_key);

/// The active member of staff who acts by this command, if he has the role; staff.not_permitted.
Result<const StaffMember*> acting_staff(const State& state, const Context& context,
                                        schema::StaffRole role);
/// Whether the bytes can be an uncompressed P-256 point.
bool is_point(ByteView public_key);

Decision decide(const State& state, const StaffCommand& command, const Context& context);
void evolve(State& state, const schema::StaffEnrolled& event, const record::Stamp& stamp);
void evolve(State& state, const schema::StaffRolesChanged& event, const record::Stamp& stamp);
void evolve(State& state, const schema::StaffKeyChanged& event, const record::Stamp& stamp);
void evolve(State& state, const schema::StaffSuspended& event, const record::Stamp& stamp);
void evolve(State& state, const schema::StaffResumed& event, const record::Stamp& stamp);
void evolve(State& state, const schema::StaffWithdrawn& event, const record::Stamp& stamp);
/// The first administrator, whom the genesis record names by his key.
void enrol_first(State& state, ByteView public_key, Instant at);

}  // namespace chopmark::control
