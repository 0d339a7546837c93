// Requests that this node has seen, so that none is answered twice within the clock window
// (design-notes E2). Only what was authentic is remembered. Two generations: the younger takes
// what comes, and when it is full or as old as a nonce can matter, it becomes the older and the
// older goes; so a bound holds, and at worst a read is forgotten early. Safe from any thread.
#pragma once

#include <mutex>
#include <unordered_set>

#include "events/core/ids.h"
#include "events/core/instant.h"

namespace chopmark::rp {

class NonceMemory {
  public:
    /// `life`: how long a request may be presented at all.
    NonceMemory(std::size_t per_generation, Duration life)
        : per_generation_(per_generation), life_(life) {}

    /// False if it was remembered already. `id` is the command id that the nonce makes.
    bool remember(const CommandId& id, Instant now);
    [[nodiscard]] std::size_t size() const;

  private:
    const std::size_t per_generation_;
    const Duration life_;
    mutable std::mutex mutex_;
    std::unordered_set<CommandId> younger_;
    std::unordered_set<CommandId> older_;
    Instant began_;  // of the younger one
};

}  // namespace chopmark::rp
