// The callbacks that this node sends: whoever makes an attempt notes it here, and a bounded number
// of requests is remembered, the oldest going first. Sending one once more holds a thread for as
// long as its receiver takes, so only a few have a turn at one time. Safe from any thread; all of
// what it is given must outlive it and every answer that is still owed.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>

#include "events/core/strand.h"
#include "gateways/rp/callback_desk.h"
#include "gateways/rp/callback_sender.h"

namespace chopmark::runtime {
class CommandService;
}

namespace chopmark::rp {

class SentCallbacks final : public CallbackDesk {
  public:
    struct Parts {
        runtime::CommandService& commands;
        const RpCallbacks& contents;
        const CallbackSender& sender;
        const Clock& clock;
        WorkPool& outside;  // whose threads may wait for others
    };
    /// When whoever tries again will do so; nothing: not known, or not at all.
    using NextAttempt =
        std::function<std::optional<Instant>(const AccountId& account, const EventId& asked)>;

    explicit SentCallbacks(const Parts& parts, NextAttempt next = {})
        : parts_(parts), next_(std::move(next)) {}

    void note(const AccountId& account, const ClientId& client, const EventId& asked,
              CallbackAttempt attempt);
    /// Delivered or given up: no attempt follows.
    void settle(const EventId& asked);

    [[nodiscard]] std::optional<CallbackStory> story(const EventId& asked) const override;
    [[nodiscard]] std::vector<CallbackStory> waiting(const ClientId& client) const override;
    void send_again(const AccountId& account, const ClientId& client, const EventId& asked,
                    std::uint32_t sequence, Sent sent) override;

  private:
    struct Kept {
        AccountId account;
        ClientId client;
        CallbackStory story;
    };
    [[nodiscard]] CallbackStory told(const Kept& kept) const;

    const Parts parts_;
    const NextAttempt next_;
    std::atomic<int> turns_{0};
    mutable std::mutex mutex_;
    std::map<EventId, Kept> kept_;
    std::deque<EventId> ages_;
};

}  // namespace chopmark::rp
