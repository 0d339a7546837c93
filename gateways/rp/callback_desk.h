// What is known of callbacks beside their records – each attempt with what came of it, and when the
// next one is due – and how one is sent once more, by the relying party or by an operator. Attempts
// are in the memory of the node that makes them (design-notes A18: one record says how it ended),
// so another node knows of none, and a restart forgets them. Safe from any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"

namespace chopmark::rp {

struct CallbackAttempt {
    Instant at;
    std::uint32_t sequence = 1;  // which callback of the request
    std::uint32_t status = 0;    // HTTP; 0 without an answer
    std::string error;           // stable dotted name; empty when there is a status
    bool again = false;          // asked for by somebody

    [[nodiscard]] bool delivered() const { return status >= 200 && status < 300; }
};

/// Of one request.
struct CallbackStory {
    EventId asked;
    std::vector<CallbackAttempt> attempts;  // oldest first; of very many the newest
    std::uint32_t made = 0;                 // attempts of ours since this process began
    bool over = false;                      // delivered or given up
    std::optional<Instant> next;            // when another is due
};

class CallbackDesk {
  public:
    virtual ~CallbackDesk() = default;

    /// By the event that asked; nothing if this node made no attempt or has forgotten it.
    [[nodiscard]] virtual std::optional<CallbackStory> story(const EventId& asked) const = 0;
    /// Those of a service that are neither delivered nor given up, the longest waiting first.
    [[nodiscard]] virtual std::vector<CallbackStory> waiting(const ClientId& client) const = 0;

    using Sent = std::function<void(Result<CallbackAttempt>)>;
    /// The callback of an answered request once more, now; `sent` is called once, from a thread
    /// that may wait for others. request.unknown, rp.too_many_requests and the errors of
    /// RpCallbacks::render(); that the receiver did not take it is an attempt and no error.
    virtual void send_again(const AccountId& account, const ClientId& client, const EventId& asked,
                            std::uint32_t sequence, Sent sent) = 0;
};

}  // namespace chopmark::rp
