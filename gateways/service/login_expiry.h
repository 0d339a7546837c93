// Has logins recorded that were claimed and not decided in time: takes what is overdue from the
// desk of this node, hands it to the citizens' executors and tells the desk how that ended. What an
// executor could not take for now – busy, without an owner, its outcome unknown – is tried again by
// the desk's pauses. Safe from any thread; never blocks.
#pragma once

#include "aggregates/runtime/command_service.h"
#include "events/core/clock.h"
#include "gateways/service/login_desk.h"

namespace chopmark::service {

class LoginExpiry {
  public:
    /// The head of a command that the platform's timer gives.
    using TimerHead = std::function<CommandHead(Instant now)>;

    /// All must outlive the expiry and the answers it still waits for.
    LoginExpiry(LoginDesk& desk, runtime::CommandService& commands, const Clock& clock,
                TimerHead head)
        : desk_(desk), commands_(commands), clock_(clock), head_(std::move(head)) {}

    /// About once a second.
    void tick();

  private:
    LoginDesk& desk_;
    runtime::CommandService& commands_;
    const Clock& clock_;
    const TimerHead head_;
};

}  // namespace chopmark::service
