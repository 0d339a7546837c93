#include "ops/figures/in_flight.h"

#include <numeric>

namespace chopmark::figures {
namespace {

// A broker that was just started, on a machine that others use as well.
constexpr auto answer_wait = std::chrono::seconds(30);

}  // namespace

InFlight::InFlight(unsigned number) : free_(number), began_(number) {
    std::iota(free_.begin(), free_.end(), 0U);
}

void InFlight::answer(std::span<const unsigned> slots) {
    const auto now = SteadyClock::now();
    const std::lock_guard lock(mutex_);
    for (const unsigned slot : slots) {
        if (now >= counted_from_ && now < counted_to_) {
            const auto waited =
                std::chrono::duration_cast<std::chrono::microseconds>(now - began_[slot]);
            waits_us_.push_back(static_cast<std::uint32_t>(waited.count()));
        }
        free_.push_back(slot);
    }
    came_.notify_one();
}

void InFlight::fail(const Error& error) {
    const std::lock_guard lock(mutex_);
    failure_ = error;
    came_.notify_one();
}

Result<InFlight::Slots> InFlight::next() {
    std::unique_lock lock(mutex_);
    const bool over = SteadyClock::now() >= counted_to_;
    const bool told = came_.wait_for(lock, answer_wait, [&] {
        return failure_ || (over ? free_.size() == began_.size() : !free_.empty());
    });
    if (failure_) {
        return *failure_;
    }
    if (!told) {
        return Error(not_answered, std::to_string(began_.size() - free_.size()) + " records");
    }
    if (over) {
        return Slots();
    }
    Slots out;
    out.swap(free_);
    const auto now = SteadyClock::now();
    for (const unsigned slot : out) {
        began_[slot] = now;
    }
    return out;
}

Result<Clients::Outcome> InFlight::run(const Ask& ask, std::chrono::milliseconds warm,
                                       std::chrono::milliseconds span) {
    {
        const std::lock_guard lock(mutex_);
        waits_us_.clear();
        counted_from_ = SteadyClock::now() + warm;
        counted_to_ = counted_from_ + span;
    }
    for (;;) {
        CHOPMARK_ASSIGN(const Slots slots, next());
        if (slots.empty()) {
            return outcome(span);
        }
        CHOPMARK_TRY(ask(slots));
    }
}

Clients::Outcome InFlight::outcome(std::chrono::milliseconds span) {
    const std::lock_guard lock(mutex_);
    Clients::Outcome out;
    out.per_second =
        static_cast<double>(waits_us_.size()) / std::chrono::duration<double>(span).count();
    out.waits = percentiles(std::move(waits_us_));
    waits_us_.clear();
    return out;
}

}  // namespace chopmark::figures
