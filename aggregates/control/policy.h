// The numbers that operators may change without a release, as events: named policies with whole
// sets of settings, newest version in force. What no event has set has the default stated here.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "aggregates/decision.h"

namespace chopmark::control {

/// Defaults of the settings; the name of a setting is the name of its member.
struct Policy {
    Duration code_life = std::chrono::seconds(60);
    Duration token_life = std::chrono::hours(4);
    Duration qr_life = std::chrono::seconds(120);
    Duration request_life = std::chrono::minutes(18);
    Duration anonymous_request_life = std::chrono::minutes(12);
    Duration cooling_off = std::chrono::hours(72);     // of a rebound device
    Duration evidence_age = std::chrono::minutes(10);  // register, face and chip checks
    Duration content_key_life = std::chrono::hours(24);
    Duration declaration_period = std::chrono::hours(24 * 730);  // between two of compliance
    std::uint32_t attempts_per_card_and_day = 5;
    std::uint32_t attempts_per_terminal_and_hour = 60;
    std::uint32_t code_replays_per_hour = 20;     // recorded; beyond it only counted
    std::uint32_t card_mismatches_per_hour = 20;  // recorded; likewise
    std::uint32_t face_score_permille = 800;      // least that passes
    std::uint32_t liveness_score_permille = 800;
    bool unattested_devices_may_sign = false;

    friend bool operator==(const Policy&, const Policy&) = default;
};

/// Settings that were set, newest values, and what they make of the defaults.
struct Policies {
    std::uint32_t version = 0;
    std::map<std::string, std::uint64_t> settings;
    Policy in_force;  // derived

    static void fields(auto& archive, Policies& row) {
        archive(row.version, row.settings);
        row.apply();
    }
    /// in_force from the defaults and the settings; unknown names have no effect.
    void apply();
    friend bool operator==(const Policies&, const Policies&) = default;
};

inline constexpr Reason policy_unknown_setting{"policy.unknown_setting", Kind::invalid};
inline constexpr Reason policy_bad_value{"policy.bad_value", Kind::invalid};
inline constexpr Reason policy_conflict{"policy.version_conflict", Kind::conflict};

/// Sets some settings; durations in milliseconds, flags 0 or 1.
struct SetPolicy {
    std::uint32_t version = 0;  // the one this makes: one above the version in force
    std::map<std::string, std::uint64_t> settings;
    Sensitive<std::string> note;
};
using PolicyCommand = std::variant<SetPolicy>;

Decision decide(const State& state, const PolicyCommand& command, const Context& context);
void evolve(State& state, const schema::PolicySet& event, const record::Stamp& stamp);

/// The policy in force.
const Policy& policy(const State& state);

}  // namespace chopmark::control
