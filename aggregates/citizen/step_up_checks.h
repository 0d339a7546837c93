// Proof that whoever holds the phone is its owner, beyond the device's own check: a face, a chip,
// checked by the pool against the account's card. Judging is pure: scores against the policy, age,
// and that the card it was checked against is still the account's, else evidence.stale.
#pragma once

#include <optional>
#include <vector>

#include "aggregates/citizen/identity.h"
#include "aggregates/citizen/scope.h"
#include "events/schema/login.pb.h"

namespace chopmark::citizen {

struct State;

inline constexpr Reason step_up_required{"step_up.required", Kind::refused};

struct StepUpChecks {
    std::optional<FaceCheck> face;
    std::optional<ChipCheck> chip;
    EventId card_source;  // the record that the pool took the card from
};

/// Whether each of `methods` was checked and passed: step_up.required, evidence.stale,
/// identity.matcher_unreachable, identity.face_not_matched, identity.liveness_failed,
/// identity.chip_not_genuine.
Result<void> check_step_up(const State& state, const std::vector<schema::StepUpMethod>& methods,
                           const StepUpChecks& checks, const Context& context);

/// The level that the checks amount to; a check that is there and does not pass is an error.
Result<StepUpLevel> step_up_level(const State& state, bool number_typed, const StepUpChecks& checks,
                                  const Context& context);

schema::IdentityChecks to_schema(const StepUpChecks& checks);

}  // namespace chopmark::citizen
