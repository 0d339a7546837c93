#include "ops/follow_ups.h"

#include <algorithm>

namespace chopmark::ops {
namespace {

constexpr Duration forget_after = std::chrono::minutes(10);

}  // namespace

void FollowUps::look(const std::vector<OwedAnswer>& owed) {
    const Instant now = clock_.now();
    std::vector<std::pair<Key, OwedAnswer>> ready;
    {
        const std::lock_guard lock(mutex_);
        for (const OwedAnswer& one : owed) {
            if (!handlers_.contains(one.follow_up.name)) {
                continue;
            }
            const Key key{one.account, one.follow_up.cause, one.follow_up.name};
            Attempt& attempt = attempts_[key];
            attempt.seen = now;
            if (attempt.running || attempt.next > now || probe_.running >= options_.at_once) {
                continue;
            }
            attempt.running = true;
            ++probe_.running;
            ready.emplace_back(
                key, OwedAnswer{one.account, one.follow_up, attempt.failures, one.opened});
        }
        std::erase_if(attempts_, [now](const auto& entry) {
            return !entry.second.running && entry.second.seen + forget_after < now;
        });
    }
    for (auto& [key, one] : ready) {
        begin(key, std::move(one));
    }
}

void FollowUps::begin(const Key& key, OwedAnswer owed) {
    const bool taken = work_.try_post([this, key, owed = std::move(owed)] {
        handlers_.find(key.name)->second(
            owed, [this, key](const Result<void>& outcome) { finish(key, outcome); });
    });
    if (!taken) {
        finish(key, Error({"follow_up.no_room", Kind::busy}));
    }
}

/// After a success the state shows it soon; until then the same answer is not asked for again.
void FollowUps::finish(const Key& key, const Result<void>& outcome) {
    const std::lock_guard lock(mutex_);
    --probe_.running;
    Attempt& attempt = attempts_[key];
    attempt.running = false;
    attempt.failures = outcome ? 0 : attempt.failures + 1;
    attempt.next =
        clock_.now() + (outcome ? options_.longest_pause : pause_after(attempt.failures));
    ++(outcome ? probe_.done : probe_.failed);
}

Duration FollowUps::pause_after(unsigned failures) {
    constexpr unsigned doublings_at_most = 20;
    const auto doubled = options_.first_pause * (1LL << std::min(failures - 1, doublings_at_most));
    const auto pause = std::min<Duration>(doubled, options_.longest_pause);
    ByteArray<2> dice{};
    entropy_.fill(dice);
    const auto share = static_cast<std::int64_t>(dice[0]) * 256 + dice[1];  // of 65,536
    return pause / 2 + pause * share / 131'072;
}

FollowUps::Probe FollowUps::probe() const {
    const std::lock_guard lock(mutex_);
    Probe probe = probe_;
    probe.known = attempts_.size();
    return probe;
}

}  // namespace chopmark::ops
