#include "ops/clock_guard.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <vector>

namespace chopmark::ops {
namespace {

constexpr std::size_t kept = 3;

Duration size_of(Duration offset) { return offset < Duration(0) ? -offset : offset; }

/// What is certain: zero if the other clock's time lies between the two looks.
Duration certain_offset(const ClockGuard::Comparison& comparison) {
    const Duration ahead = comparison.asked - comparison.theirs;
    const Duration behind = comparison.theirs - (comparison.asked + comparison.took);
    return ahead > Duration(0) ? ahead : behind > Duration(0) ? -behind : Duration(0);
}

/// Of two, the one that accuses less.
Duration median(const std::deque<Duration>& offsets) {
    std::vector<Duration> sorted(offsets.begin(), offsets.end());
    if (sorted.size() < kept) {
        return *std::min_element(sorted.begin(), sorted.end(),
                                 [](Duration a, Duration b) { return size_of(a) < size_of(b); });
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted[kept / 2];
}

}  // namespace

ClockGuard::ClockGuard(const Clock& machine, Steady steady)
    : machine_(machine), steady_(std::move(steady)) {}

Duration ClockGuard::steady() const {
    return steady_ ? steady_()
                   : std::chrono::duration_cast<Duration>(
                         std::chrono::steady_clock::now().time_since_epoch());
}

Instant ClockGuard::now() const {
    const Instant machine = machine_.now();
    if (!anchored_.load(std::memory_order_acquire)) {
        return machine;
    }
    const Instant expected =
        Instant::from_micros(anchor_.load(std::memory_order_relaxed) + steady().count());
    if (size_of(machine - expected) <= bound) {
        return machine;
    }
    stepped_.store(true);
    return expected;
}

bool ClockGuard::off() const {
    std::ignore = now();  // notices a step
    return off_.load() || stepped_.load();
}

void ClockGuard::compare(const Comparison& comparison) {
    std::ignore = now();
    const std::lock_guard lock(mutex_);
    if (stepped_.load()) {
        latest_.clear();  // they speak of another clock
    }
    latest_.push_back(certain_offset(comparison));
    if (latest_.size() > kept) {
        latest_.pop_front();
    }
    const Duration offset = median(latest_);
    offset_.store(offset.count());
    compared_.store(true);
    if (size_of(offset) > bound) {
        off_.store(true);
        return;
    }
    anchor_.store(machine_.now().micros() - steady().count());
    anchored_.store(true, std::memory_order_release);
    off_.store(false);
    stepped_.store(false);
}

}  // namespace chopmark::ops
