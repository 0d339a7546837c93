// Who wants to know when a partition grows. Each follower is told a rising `next`, never the same
// one twice; what came while a call was running is told in the next call. Safe from any thread. A
// subscription may be ended anywhere, its own call included; elsewhere its destructor waits for a
// running call. Subscriptions may outlive the journal.
#pragma once

#include <functional>
#include <mutex>

#include "events/journal/journal.h"

namespace chopmark::journal {

class Followers {
  public:
    using Grown = std::function<void(Sequence next)>;

    /// Told at once when there is something beyond `from`. `current` is asked only after the
    /// follower was entered, so that no growth falls between the two.
    std::unique_ptr<Subscription> add(Sequence from, Grown grown,
                                      const std::function<Sequence()>& current);
    void announce(Sequence next);

  private:
    class Follower;
    class Ticket;
    std::mutex mutex_;
    std::vector<std::weak_ptr<Follower>> followers_;
};

}  // namespace chopmark::journal
