// The latest accepted state of control, for everybody: executors of citizens decide on it, gateways
// authenticate by it. Immutable once published; safe from any thread.
#pragma once

#include <memory>
#include <mutex>

#include "aggregates/control/state.h"

namespace chopmark::control {

struct Snapshot {
    Sequence basis;   // folded up to here, exclusive
    Instant read_at;  // when control was last known to be read to its end
    State state;
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

  private:
    mutable std::mutex mutex_;
    SnapshotPtr latest_;
};

}  // namespace chopmark::control
