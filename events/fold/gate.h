// Counts who is inside, so that somebody can be alone: users enter and leave, the owner closes the
// gate, waits until the last has left, and opens it again. Newcomers wait while it is closed. One
// atomic addition each way while it is open. Safe from any thread; close() and open() are one
// thread's at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace chopmark::fold {

class Gate {
  public:
    /// False when it stayed closed for `patience`.
    bool enter(std::chrono::milliseconds patience) {
        while ((state_.fetch_add(1) & closed) != 0) {
            leave();
            std::unique_lock lock(mutex_);
            if (!changed_.wait_for(lock, patience, [this] { return (state_ & closed) == 0; })) {
                return false;
            }
        }
        return true;
    }
    void leave() {
        if (state_.fetch_sub(1) == closed + 1) {
            const std::lock_guard lock(mutex_);
            changed_.notify_all();
        }
    }

    /// No newcomers from now on; true when nobody is inside any more, false when somebody still is
    /// after `patience`. open() MUST follow either way.
    bool close(std::chrono::milliseconds patience) {
        state_.fetch_or(closed);
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return state_ == closed; });
    }
    void open() {
        state_.fetch_and(~closed);
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    }

  private:
    static constexpr std::uint64_t closed = std::uint64_t{1} << 63;
    std::atomic<std::uint64_t> state_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
};

}  // namespace chopmark::fold
