#include "aggregates/control/policy.h"

#include <array>
#include <charconv>
#include <functional>

#include "aggregates/control/state.h"

namespace chopmark::control {
namespace {

/// One setting: its name, the values it may have, and where it goes.
struct Setting {
    std::string_view name;
    std::uint64_t least;
    std::uint64_t most;
    void (*apply)(Policy&, std::uint64_t);
};

template <Duration Policy::*member>
void set_duration(Policy& policy, std::uint64_t millis) {
    policy.*member = std::chrono::milliseconds(millis);
}
template <auto member>
void set_number(Policy& policy, std::uint64_t value) {
    auto& target = policy.*member;
    target = static_cast<std::remove_reference_t<decltype(target)>>(value);
}

constexpr std::uint64_t day_ms = 86'400'000;
constexpr std::array settings{
    Setting{"code_life", 1, 600'000, set_duration<&Policy::code_life>},
    Setting{"token_life", 1'000, day_ms, set_duration<&Policy::token_life>},
    Setting{"qr_life", 1, 600'000, set_duration<&Policy::qr_life>},
    Setting{"request_life", 1, 30 * 60'000, set_duration<&Policy::request_life>},
    Setting{"anonymous_request_life", 1, 30 * 60'000,
            set_duration<&Policy::anonymous_request_life>},
    Setting{"cooling_off", 0, 30 * day_ms, set_duration<&Policy::cooling_off>},
    Setting{"evidence_age", 1'000, day_ms, set_duration<&Policy::evidence_age>},
    Setting{"content_key_life", 60'000, 2 * day_ms, set_duration<&Policy::content_key_life>},
    Setting{"declaration_period", 60'000, 1'100 * day_ms,
            set_duration<&Policy::declaration_period>},
    Setting{"attempts_per_card_and_day", 1, 1'000, set_number<&Policy::attempts_per_card_and_day>},
    Setting{"attempts_per_terminal_and_hour", 1, 100'000,
            set_number<&Policy::attempts_per_terminal_and_hour>},
    Setting{"code_replays_per_hour", 1, 10'000, set_number<&Policy::code_replays_per_hour>},
    Setting{"card_mismatches_per_hour", 1, 10'000, set_number<&Policy::card_mismatches_per_hour>},
    Setting{"face_score_permille", 1, 1'000, set_number<&Policy::face_score_permille>},
    Setting{"liveness_score_permille", 1, 1'000, set_number<&Policy::liveness_score_permille>},
    Setting{"unattested_devices_may_sign", 0, 1, set_number<&Policy::unattested_devices_may_sign>},
};

const Setting* find_setting(std::string_view name) {
    for (const Setting& setting : settings) {
        if (setting.name == name) {
            return &setting;
        }
    }
    return nullptr;
}

Decision decide_one(const State& state, const SetPolicy& command, const Context& context) {
    CHOPMARK_TRY(acting_staff(state, context, schema::STAFF_ROLE_ADMINISTRATOR));
    if (command.version != state.policies->version + 1) {
        return policy_conflict;
    }
    schema::PolicySet event;
    for (const auto& [name, value] : command.settings) {
        const Setting* setting = find_setting(name);
        if (setting == nullptr) {
            return Error(policy_unknown_setting, name);
        }
        if (value < setting->least || value > setting->most) {
            return Error(policy_bad_value, name);
        }
    }
    std::map<std::string, std::uint64_t> all = state.policies->settings;
    for (const auto& [name, value] : command.settings) {
        all[name] = value;
    }
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    event.mutable_leaf()->set_name("platform");
    event.mutable_leaf()->set_version(command.version);
    for (const auto& [name, value] : all) {
        schema::Setting& setting = *event.mutable_leaf()->add_settings();
        setting.set_name(name);
        setting.set_value(std::to_string(value));
    }
    event.mutable_link()->add_approver_ids(context.command.actor.id);
    event.mutable_personal()->set_note(command.note.reveal());
    return event;
}

}  // namespace

void Policies::apply() {
    in_force = Policy();
    for (const auto& [name, value] : settings) {
        if (const Setting* setting = find_setting(name)) {
            setting->apply(in_force, value);
        }
    }
}

const Policy& policy(const State& state) { return state.policies->in_force; }

Decision decide(const State& state, const PolicyCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::PolicySet& event, const record::Stamp&) {
    Policies& policies = state.policies.edit();
    policies.version = event.leaf().version();
    policies.settings.clear();
    for (const schema::Setting& setting : event.leaf().settings()) {
        std::uint64_t value = 0;
        const std::string& text = setting.value();
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
        if (end.ec == std::errc() && end.ptr == text.data() + text.size()) {
            policies.settings[setting.name()] = value;
        }
    }
    policies.apply();
}

}  // namespace chopmark::control
