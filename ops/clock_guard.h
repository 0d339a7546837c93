// The machine's clock as this node records by it, and the judge of whether it may. A clock that is
// ahead dates records into the future, and nobody can take the partition over before that time has
// come (design 3): so the guard compares the machine's clock with those of the brokers, and bridges
// a step of it – somebody set it – by the steady clock, from the last comparison on, so that not
// even one record is dated by a clock that was set wrongly. What is off stays off until a
// comparison says that it is right again. Safe from any thread.
//
// What is compared is what is certain: an answer came between two looks at our clock, so a slow
// broker never makes a clock look wrong. One broker's clock among three may be wrong: they are
// asked in turn, and the median of the latest three counts.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>

#include "events/core/clock.h"

namespace chopmark::ops {

class ClockGuard final : public Clock {
  public:
    /// Nodes may serve while their clocks are within this of the brokers'.
    static constexpr Duration bound = std::chrono::milliseconds(500);

    /// Time since some moment, by a clock that nobody can set.
    using Steady = std::function<Duration()>;
    /// `machine` must outlive the guard.
    explicit ClockGuard(const Clock& machine) : ClockGuard(machine, nullptr) {}
    ClockGuard(const Clock& machine, Steady steady);

    /// As the machine's, unless that was set since it was last found right.
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] Instant machine() const { return machine_.now(); }

    struct Comparison {
        Instant asked;   // by the machine's clock
        Duration took;   // until the answer was here
        Instant theirs;  // what the other clock said in between
    };
    void compare(const Comparison& comparison);

    [[nodiscard]] bool compared() const { return compared_.load(); }
    [[nodiscard]] bool off() const;
    /// How far the machine's clock is ahead of the brokers' at least; negative: behind.
    [[nodiscard]] Duration offset() const { return Duration(offset_.load()); }

  private:
    [[nodiscard]] Duration steady() const;

    const Clock& machine_;
    const Steady steady_;
    std::atomic<bool> compared_{false};
    std::atomic<bool> off_{false};
    mutable std::atomic<bool> stepped_{false};
    std::atomic<bool> anchored_{false};
    std::atomic<std::int64_t> anchor_{0};  // the machine's time less the steady time, when right
    std::atomic<std::int64_t> offset_{0};
    std::mutex mutex_;
    std::deque<Duration> latest_;
};

}  // namespace chopmark::ops
