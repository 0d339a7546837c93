// A person who registers citizens at a counter or in a mobile team: enrolled with a key, bound to
// sites or a team, accountable for every facial check.
#pragma once

#include <map>
#include <set>
#include <string>

#include "aggregates/control/terminal.h"

namespace chopmark::control {

struct Operator {
    OperatorId id;
    Enrolment standing = Enrolment::active;
    Bytes public_key;  // P-256, uncompressed point, 65 bytes
    std::set<std::string> sites;
    std::string team;
    Instant changed_at;

    static void fields(auto& archive, Operator& row) {
        archive(row.id, row.standing, row.public_key, row.sites, row.team, row.changed_at);
    }
    friend bool operator==(const Operator&, const Operator&) = default;
};

using Operators = std::map<OperatorId, Operator>;

inline constexpr Reason operator_unknown{"operator.unknown", Kind::not_found};
inline constexpr Reason operator_exists{"operator.exists", Kind::conflict};
inline constexpr Reason operator_bad_key{"operator.bad_key", Kind::invalid};
inline constexpr Reason operator_no_place{"operator.no_place", Kind::invalid};
inline constexpr Reason operator_not_active{"operator.not_active", Kind::refused};

struct EnrolOperator {
    OperatorId op;
    Bytes public_key;
    std::set<std::string> sites;
    std::string team;
    Sensitive<std::string> name;
    Sensitive<std::string> staff_number;
};
struct SetOperatorStanding {
    OperatorId op;
    Enrolment standing = Enrolment::active;  // suspend, resume, withdraw
    Bytes alert_id;
    Bytes case_id;
    Sensitive<std::string> note;
};
using OperatorCommand = std::variant<EnrolOperator, SetOperatorStanding>;

/// Whether he may work at that terminal: its site is one of his, or its team is his.
bool may_work_at(const Operator& op, const Terminal& terminal);

Decision decide(const State& state, const OperatorCommand& command, const Context& context);
void evolve(State& state, const schema::OperatorEnrolled& event, const record::Stamp& stamp);
void evolve(State& state, const schema::OperatorSuspended& event, const record::Stamp& stamp);
void evolve(State& state, const schema::OperatorResumed& event, const record::Stamp& stamp);
void evolve(State& state, const schema::OperatorWithdrawn& event, const record::Stamp& stamp);

const Operator* find_operator(const State& state, const OperatorId& op);

}  // namespace chopmark::control
