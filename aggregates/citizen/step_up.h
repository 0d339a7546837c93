// Re-authentication on request of a relying party (facts/iamsmart-api.md 6.4): the citizen, logged
// in already, proves with face or chip to be the same. The pool has checked; decide compares how
// old the checks are and whether all that was asked for is there. A failed check is a record: it
// ends the request, so one request is one try.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "aggregates/citizen/authority.h"
#include "aggregates/citizen/request.h"
#include "aggregates/citizen/step_up_checks.h"
#include "events/core/sensitive.h"

namespace chopmark::citizen {

struct AskStepUp {
    RequestHead head;
    std::vector<schema::StepUpMethod> methods;
    Digest text_digest;
    Sensitive<schema::StepUpDelivery> delivery;
};

struct PassStepUp {
    RequestId request;
    DeviceProof proof;
    StepUpChecks checks;
    schema::Endpoint phone;
};

/// By the citizen, or because a check failed.
struct RefuseStepUp {
    RequestId request;
    DeviceProof proof;
    std::optional<StepUpChecks> failed;  // nothing: declined
    schema::Endpoint phone;
};

using StepUpCommand = std::variant<AskStepUp, PassStepUp, RefuseStepUp>;

inline constexpr Reason step_up_methods_missing{"step_up.methods_missing", Kind::invalid};
inline constexpr Reason step_up_method_unknown{"step_up.method_unknown", Kind::invalid};
inline constexpr Reason step_up_text_mismatch{"step_up.text_mismatch", Kind::refused};
// Of StepUpRefused, in the head of the leaf.
inline constexpr Reason step_up_declined{"step_up.declined", Kind::refused};
inline constexpr Reason step_up_failed{"step_up.failed", Kind::refused};

Decision decide(const State& state, const StepUpCommand& command, const Context& context);
std::vector<EventId> sources(const State& state, const StepUpCommand& command);

}  // namespace chopmark::citizen
