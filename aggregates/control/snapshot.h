// The latest accepted state of control, for everybody: executors of citizens decide on it, gateways
// authenticate by it. Immutable once published; safe from any thread. Whoever decides on it must
// know that it is not old: the owner of control confirms, twice a second, that it has read control
// to its end, and a decision on a snapshot confirmed longer than limits::basis_staleness ago is
// refused (design-notes A15).
#pragma once

#include <memory>
#include <mutex>

#include "aggregates/control/state.h"
#include "events/core/limits.h"

namespace chopmark::control {

struct Snapshot {
    Sequence basis;  // folded up to here, exclusive
    std::shared_ptr<const State> state = std::make_shared<const State>();
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

class Snapshots {
  public:
    Snapshots() : latest_(std::make_shared<const Snapshot>()) {}

    [[nodiscard]] SnapshotPtr latest() const {
        const std::lock_guard lock(mutex_);
        return latest_;
    }
    void publish(SnapshotPtr next) {
        const std::lock_guard lock(mutex_);
        latest_ = std::move(next);
    }
    /// Control was read to its end at that moment.
    void confirm(Instant at) {
        const std::lock_guard lock(mutex_);
        confirmed_at_ = at;
    }
    [[nodiscard]] bool is_fresh(Instant now) const {
        const std::lock_guard lock(mutex_);
        return now <= confirmed_at_ + limits::basis_staleness;
    }

  private:
    mutable std::mutex mutex_;
    SnapshotPtr latest_;
    Instant confirmed_at_;
};

}  // namespace chopmark::control
