// An answer from outside that a recorded event waits for: a certificate to be issued, a callback to
// be settled, a notice to be sent. The state that evolve keeps says what is outstanding; the
// runtime asks the outside party and hands the answer in as a command whose id is SHA-256(cause ‖
// name), and tries again until the state shows it (design 3, A14).
#pragma once

#include <string_view>

#include "events/core/ids.h"
#include "events/core/instant.h"

namespace chopmark {

struct FollowUp {
    EventId cause;
    std::string_view name;  // static, e.g. "certificate"
    Instant since;

    friend bool operator==(const FollowUp&, const FollowUp&) = default;
};

/// SHA-256(cause ‖ name).
CommandId follow_up_id(const EventId& cause, std::string_view name);

}  // namespace chopmark
