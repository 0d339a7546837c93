// A kiosk, a counter's tablet or a mobile team's: enrolled with a P-256 key, at a site, suspended,
// resumed, moved, withdrawn.
#pragma once

#include <map>
#include <string>
#include <variant>

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

inline constexpr Reason terminal_unknown{"terminal.unknown", Kind::not_found};
inline constexpr Reason terminal_exists{"terminal.exists", Kind::conflict};
inline constexpr Reason terminal_bad_key{"terminal.bad_key", Kind::invalid};
inline constexpr Reason terminal_bad_kind{"terminal.bad_kind", Kind::invalid};
inline constexpr Reason terminal_bad_site{"terminal.bad_site", Kind::invalid};
inline constexpr Reason terminal_not_active{"terminal.not_active", Kind::refused};

struct EnrolTerminal {
    TerminalId terminal;
    schema::TerminalKind kind = schema::TERMINAL_KIND_UNSPECIFIED;
    Bytes public_key;
    std::string site;
    std::string team;  // of a mobile team's terminal
    std::uint32_t registrations_per_hour = 0;
    Sensitive<std::string> note;
};
struct ChangeTerminalKey {
    TerminalId terminal;
    Bytes public_key;
    Sensitive<std::string> note;
};
struct MoveTerminal {
    TerminalId terminal;
    std::string site;
    std::string team;
    Sensitive<std::string> note;
};
struct SetTerminalStanding {
    TerminalId terminal;
    Enrolment standing = Enrolment::active;  // suspend, resume, withdraw
    Bytes alert_id;
    Bytes case_id;
    Sensitive<std::string> note;
};
using TerminalCommand =
    std::variant<EnrolTerminal, ChangeTerminalKey, MoveTerminal, SetTerminalStanding>;

Decision decide(const State& state, const TerminalCommand& command, const Context& context);
void evolve(State& state, const schema::TerminalEnrolled& event, const record::Stamp& stamp);
void evolve(State& state, const schema::TerminalKeyChanged& event, const record::Stamp& stamp);
void evolve(State& state, const schema::TerminalMoved& event, const record::Stamp& stamp);
void evolve(State& state, const schema::TerminalSuspended& event, const record::Stamp& stamp);
void evolve(State& state, const schema::TerminalResumed& event, const record::Stamp& stamp);
void evolve(State& state, const schema::TerminalWithdrawn& event, const record::Stamp& stamp);

const Terminal* find_terminal(const State& state, const TerminalId& terminal);

}  // namespace chopmark::control
