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

const Operator* find_operator(const State& state, const OperatorId& op);

}  // namespace chopmark::control
