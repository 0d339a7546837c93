// A kiosk, a counter's tablet or a mobile team's: enrolled with a P-256 key, at a site, suspended,
// resumed, moved, withdrawn.
#pragma once

#include <map>
#include <string>

#include "aggregates/decision.h"

namespace chopmark::control {

enum class Enrolment : std::uint8_t { active = 1, suspended = 2, withdrawn = 3 };

struct Terminal {
    TerminalId id;
    schema::TerminalKind kind = schema::TERMINAL_KIND_UNSPECIFIED;
    Enrolment standing = Enrolment::active;
    Bytes public_key;  // P-256, uncompressed point, 65 bytes
    std::string site;
    std::string team;
    std::uint32_t registrations_per_hour = 0;  // 0: the policy's
    Instant changed_at;

    static void fields(auto& archive, Terminal& row) {
        archive(row.id, row.kind, row.standing, row.public_key, row.site, row.team,
                row.registrations_per_hour, row.changed_at);
    }
    friend bool operator==(const Terminal&, const Terminal&) = default;
};

using Terminals = std::map<TerminalId, Terminal>;

const Terminal* find_terminal(const State& state, const TerminalId& terminal);

}  // namespace chopmark::control
