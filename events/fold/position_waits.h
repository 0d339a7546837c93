// Queries that wait until a view has come as far as their position token says. Bounded, and no
// thread is held: a wait is a callback, called once, when the position is reached, when the time is
// up, or when the view has stopped. Safe from any thread; callbacks run on the thread that reaches
// the position and MUST NOT block.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "events/core/instant.h"
#include "events/core/limits.h"
#include "events/fold/positions.h"

namespace chopmark::fold {

inline constexpr Reason too_many_waits{"fold.too_many_waits", Kind::busy};
inline constexpr Reason wait_expired{"fold.wait_expired", Kind::unavailable};
inline constexpr Reason view_stopped{"fold.view_stopped", Kind::unavailable};

using Reached = std::function<void(Result<void>)>;

class PositionWaits {
  public:
    explicit PositionWaits(std::size_t most = limits::fold_waits) : most_(most) {}

    /// Calls `reached` at once if the position is reached already, the view has stopped or too many
    /// wait.
    void add(const Positions& wanted, Instant deadline, Reached reached);
    /// The view has come as far as `now`; what lies behind an earlier call changes nothing.
    void arrive(const Positions& now);
    void expire(Instant now);
    /// All waits, and all to come until restart(), end with this error.
    void fail(const Error& error);
    /// The view runs again, on other rows.
    void restart();

    [[nodiscard]] std::size_t waiting() const;

  private:
    struct Wait;
    using WaitPtr = std::shared_ptr<Wait>;
    using Lane = std::multimap<Sequence, WaitPtr>;
    struct Wait {
        std::size_t missing = 0;  // partitions not there yet
        Reached reached;
        std::multimap<Instant, WaitPtr>::iterator deadline;
        std::vector<std::pair<PartitionId, Lane::iterator>> lanes;
    };

    Reached remove(WaitPtr wait);

    mutable std::mutex mutex_;
    std::size_t most_;
    Positions now_;
    std::optional<Error> failed_;
    std::multimap<Instant, WaitPtr> by_deadline_;
    std::map<PartitionId, Lane> by_partition_;
};

}  // namespace chopmark::fold
