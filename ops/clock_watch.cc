#include "ops/clock_watch.h"

#include <chrono>

namespace chopmark::ops {

void ClockWatch::tick() {
    if (asking_.exchange(true)) {
        return;
    }
    const bool taken = pool_.try_post([this] {
        compare();
        asking_.store(false);
    });
    if (!taken) {
        asking_.store(false);
    }
}

void ClockWatch::compare() {
    const Instant asked = guard_.machine();
    const auto began = std::chrono::steady_clock::now();
    const auto theirs = ask_();
    const auto took = std::chrono::steady_clock::now() - began;
    if (!theirs) {
        return;  // the cluster is out of reach: that is said elsewhere
    }
    if (!*theirs) {
        if (comparable_.exchange(false)) {
            log_.warn("clock.not_comparable", {{"topic_needs", "LogAppendTime"}});
        }
        return;
    }
    guard_.compare({asked, std::chrono::duration_cast<Duration>(took), **theirs});
    const bool off = guard_.off();
    if (was_off_.exchange(off) != off) {
        log_.write(off ? telemetry::Level::error : telemetry::Level::info,
                   off ? clock_off : "clock.right", {{"ahead_us", guard_.offset().count()}});
    }
}

std::string_view ClockWatch::fault() const {
    if (guard_.off()) {
        return clock_off;
    }
    return guard_.compared() || !comparable_.load() ? "" : clock_not_compared;
}

}  // namespace chopmark::ops
