#include "ops/follow_ups.h"

#include <algorithm>

namespace chopmark::ops {
namespace {

constexpr Duration forget_after = std::chrono::minutes(10);
constexpr Duration sweep_every = std::chrono::minutes(1);
/// By then everything that is outstanding has been looked at more than once.
constexpr Duration shown_within = std::chrono::seconds(10);

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
        forget(now);
    }
    for (auto& [key, one] : ready) {
        begin(key, std::move(one));
    }
}

/// Soon what is done and not outstanding any more; the rest is looked through once a minute.
void FollowUps::forget(Instant now) {
    for (; !done_.empty() && done_.front().first + shown_within <= now; done_.pop_front()) {
        const auto& [at, key] = done_.front();
        const auto attempt = attempts_.find(key);
        if (attempt != attempts_.end() && !attempt->second.running &&
            attempt->second.seen <= at + shown_within / 2) {
            attempts_.erase(attempt);
        }
    }
    if (swept_ + sweep_every < now) {
        swept_ = now;
        std::erase_if(attempts_, [now](const auto& entry) {
            return !entry.second.running && entry.second.seen + forget_after < now;
        });
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
    const Instant now = clock_.now();
    attempt.next = now + (outcome ? options_.longest_pause : pause_after(attempt.failures));
    if (outcome) {
        done_.emplace_back(now, key);
    }
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

std::optional<Instant> FollowUps::next_of(const AccountId& account, const EventId& cause,
                                          std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto at = attempts_.find(Key{account, cause, name});
    const bool waits = at != attempts_.end() && !at->second.running && at->second.failures != 0;
    return waits ? std::optional(at->second.next) : std::nullopt;
}

FollowUps::Probe FollowUps::probe() const {
    const std::lock_guard lock(mutex_);
    Probe probe = probe_;
    probe.known = attempts_.size();
    return probe;
}

}  // namespace chopmark::ops
