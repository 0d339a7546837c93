// The outside parties as the sandbox has them: the register of identity cards, the matcher of
// faces and the push service, answering at once from what they are asked. A test or an operator can
// make each unreachable. The same request id gets the same answer: the answers follow from the
// question alone. Safe from any thread.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "aggregates/ports/outside.h"

namespace chopmark::outside {

/// What a party of the sandbox can be made to do wrong.
class FaultSwitch {
  public:
    void set_unreachable(bool on) { unreachable_.store(on, std::memory_order_relaxed); }
    /// outside.unreachable while the switch is on; counts the calls.
    Result<void> enter() {
        calls_.fetch_add(1, std::memory_order_relaxed);
        if (unreachable_.load(std::memory_order_relaxed)) {
            return Error(ports::outside_unreachable, "switched off");
        }
        return {};
    }
    [[nodiscard]] std::uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }

  private:
    std::atomic<bool> unreachable_{false};
    std::atomic<std::uint64_t> calls_{0};
};

/// By the English name: with NOMATCH in it no such card, with INVALID a card that was withdrawn,
/// with UNREACHABLE no answer; every other card is as the register has it.
class SandboxRegister final : public ports::ImmigrationRegister {
  public:
    Result<ports::RegisterAnswer> match(const RequestId& request,
                                        const Sensitive<ports::CardQuery>& card) override;
    FaultSwitch fault;
};

/// Reads the scores from the selfie (sandbox_cards.h); both are zero when it is none, or when the
/// picture does not name the same card.
class SandboxMatcher final : public ports::FaceMatcher {
  public:
    Result<ports::FaceAnswer> compare(const RequestId& request, const Sensitive<Bytes>& selfie,
                                      const Sensitive<Bytes>& picture) override;
    FaultSwitch fault;
};

/// Counts what it would have sent.
class SandboxPush final : public ports::PushNotice {
  public:
    Result<void> notify(const RequestId& request, const DeviceId& device,
                        const std::string& kind) override;
    /// Notices, each request once.
    [[nodiscard]] std::uint64_t delivered() const;
    FaultSwitch fault;

  private:
    mutable std::mutex mutex_;
    std::set<RequestId> recent_;  // bounded: forgotten all at once when full
    std::uint64_t delivered_ = 0;
};

}  // namespace chopmark::outside
