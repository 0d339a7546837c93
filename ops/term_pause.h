// When the next term of a partition may be tried: at once after a success, and ever later after
// failures, up to a second – what keeps a term from opening may be over at any moment, and a
// partition must not stay without an owner for longer than that because of it. There is no last
// try: as long as the partition is wanted here, somebody has to open it. Safe from any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

#include "events/core/instant.h"

namespace chopmark::ops {

class TermPause {
  public:
    using Time = std::chrono::steady_clock::time_point;
    struct Options {
        Duration shortest = std::chrono::milliseconds(100);
        Duration longest = std::chrono::seconds(1);  // above it, takeovers would show it
    };

    TermPause() : TermPause(Options()) {}
    explicit TermPause(const Options& options) : options_(options), next_(options.shortest) {}

    void opened() {
        const std::lock_guard lock(mutex_);
        until_ = {};
        next_ = options_.shortest;
    }
    void failed(Time now) {
        const std::lock_guard lock(mutex_);
        until_ = now + next_;
        next_ = std::min(2 * next_, options_.longest);
    }
    /// Not before then, whatever else says so: another node may be the one to go first.
    void put_off(Time until) {
        const std::lock_guard lock(mutex_);
        until_ = std::max(until_, until);
    }
    [[nodiscard]] bool over(Time now) const {
        const std::lock_guard lock(mutex_);
        return now >= until_;
    }

  private:
    const Options options_;
    mutable std::mutex mutex_;
    Time until_{};
    Duration next_;
};

}  // namespace chopmark::ops
