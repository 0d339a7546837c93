// The scopes of the relying-party API (facts/iamsmart-api.md 5.5) and what a login that grants one
// of them demands: one table. A scope that is not in it demands nothing of its own; whether a
// relying party may ask for a scope is control's to say.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace chopmark::citizen {

/// How sure a login is beyond the device's own check of its user, each level including the ones
/// below it. The number is recorded as LoginApproved.step_up_level.
enum class StepUpLevel : std::uint8_t {
    device = 0,
    number_typed = 1,  // the two digits that the page shows (design-notes E5)
    face = 2,
    face_and_chip = 3,
};

namespace scope {

inline constexpr std::string_view auth = "eidapi_auth";
inline constexpr std::string_view profiles = "eidapi_profiles";
inline constexpr std::string_view form_filling = "eidapi_formFilling";
inline constexpr std::string_view sign = "eidapi_sign";
inline constexpr std::string_view bulk_sign = "eidapi_bulksign";
inline constexpr std::string_view face = "eidapi_fr";
inline constexpr std::string_view step_up = "eidapi_sua";

}  // namespace scope

struct ScopeRule {
    std::string_view name;
    /// The login itself releases profile fields: it is evidence, and pins their sources.
    bool releases_profile = false;
    /// What a new phone may not give away before its cooling-off ends.
    bool waits_for_cooling_off = false;
    StepUpLevel least = StepUpLevel::device;
};

inline constexpr ScopeRule scope_rules[] = {
    {scope::auth},
    {scope::profiles, true, true, StepUpLevel::device},
    {scope::form_filling},  // each filling is consented to by itself
    {scope::sign},          // likewise each signature
    {scope::bulk_sign, false, true, StepUpLevel::number_typed},
    {scope::face},
    {scope::step_up, false, true, StepUpLevel::face},
};

/// The row of a scope; for one that has none a row that demands nothing.
constexpr ScopeRule scope_rule(std::string_view name) {
    for (const ScopeRule& rule : scope_rules) {
        if (rule.name == name) {
            return rule;
        }
    }
    return {name};
}

}  // namespace chopmark::citizen
