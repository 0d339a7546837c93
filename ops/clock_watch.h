// Keeps comparing this node's clock with the brokers', and says whether it may own partitions by
// it. A node that has never been told what time it is elsewhere owns nothing; one whose topic of
// ownership does not bear the brokers' times cannot be compared, goes on, and says so once in its
// log. tick() is called by a timer and returns at once.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "events/core/result.h"
#include "events/core/strand.h"
#include "ops/clock_guard.h"
#include "ops/telemetry/log.h"

namespace chopmark::ops {

inline constexpr std::string_view clock_off = "clock.off";
/// Passes by itself, as soon as a broker has said what time it is.
inline constexpr std::string_view clock_not_compared = "clock.not_compared";

class ClockWatch {
  public:
    /// The time elsewhere, or nothing where it cannot be told; may block.
    using Ask = std::function<Result<std::optional<Instant>>()>;
    /// `pool` runs what blocks. All must outlive the watch.
    ClockWatch(ClockGuard& guard, Ask ask, WorkPool& pool, telemetry::Log& log)
        : guard_(guard), ask_(std::move(ask)), pool_(pool), log_(log) {}

    /// Every two seconds.
    void tick();

    /// One of the above; empty: the clock is right, as far as can be known.
    [[nodiscard]] std::string_view fault() const;
    [[nodiscard]] Duration offset() const { return guard_.offset(); }

  private:
    void compare();

    ClockGuard& guard_;
    const Ask ask_;
    WorkPool& pool_;
    telemetry::Log& log_;
    std::atomic<bool> asking_{false};
    std::atomic<bool> comparable_{true};
    std::atomic<bool> was_off_{false};
};

}  // namespace chopmark::ops
