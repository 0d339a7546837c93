// Counts and small sets over the last minutes or hours, as parts of a rule's state row. Bounded: a
// count keeps a bucket for each step of time, a set its newest members. Events of several
// partitions may come slightly out of order; each is counted where it belongs. Plain values.
#pragma once

#include <algorithm>
#include <vector>

#include "events/core/instant.h"
#include "events/crypto/digest.h"

namespace chopmark::anomaly {

constexpr Instant begin_of_step(Instant at, Duration step) {
    const std::int64_t past = at.micros() % step.count();
    return Instant::from_micros(at.micros() - (past < 0 ? past + step.count() : past));
}

/// How often something happened, by steps of time.
struct RecentCount {
    std::vector<std::pair<Instant, std::uint32_t>> steps;  // rising

    void add(Instant at, Duration step, Duration window, std::uint32_t times = 1) {
        const Instant begin = begin_of_step(at, step);
        std::erase_if(steps, [&](const auto& one) { return one.first + window < begin; });
        const auto place =
            std::lower_bound(steps.begin(), steps.end(), begin,
                             [](const auto& one, Instant wanted) { return one.first < wanted; });
        if (place != steps.end() && place->first == begin) {
            place->second += times;
        } else {
            steps.insert(place, {begin, times});
        }
    }
    /// In (now − window, now], to the step.
    [[nodiscard]] std::uint64_t within(Instant now, Duration window) const {
        std::uint64_t sum = 0;
        for (const auto& [begin, times] : steps) {
            sum += begin + window > now ? times : 0;
        }
        return sum;
    }

    static void fields(auto& archive, RecentCount& row) { archive(row.steps); }
    friend bool operator==(const RecentCount&, const RecentCount&) = default;
};

/// A member of a set, too short to be the thing itself.
inline std::uint64_t short_name(ByteView of) {
    return get_big_endian<std::uint64_t>(crypto::sha256({"chopmark/member/1", of}).bytes());
}

/// Whom something was met with lately; at most `most` members, the one met longest ago goes first.
struct RecentSet {
    std::vector<std::pair<std::uint64_t, Instant>> members;  // by the time they were met

    void add(std::uint64_t member, Instant at, Duration window, std::size_t most) {
        std::erase_if(members, [&](const auto& one) {
            return one.first == member || one.second + window <= at;
        });
        members.emplace_back(member, at);
        std::stable_sort(members.begin(), members.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
        if (members.size() > most) {
            members.erase(members.begin());
        }
    }
    [[nodiscard]] std::uint64_t within(Instant now, Duration window) const {
        return static_cast<std::uint64_t>(
            std::count_if(members.begin(), members.end(),
                          [&](const auto& one) { return one.second + window > now; }));
    }

    static void fields(auto& archive, RecentSet& row) { archive(row.members); }
    friend bool operator==(const RecentSet&, const RecentSet&) = default;
};

/// What an hour usually brings to a key that is too small for a week's profile: a mean over about
/// the last eight hours, empty ones included, in thousandths.
struct HourlyLevel {
    Instant hour;
    std::uint32_t count = 0;
    std::uint32_t mean_milli = 0;

    void add(Instant at) {
        constexpr Duration step = std::chrono::hours(1);
        const Instant now = begin_of_step(at, step);
        if (now > hour) {
            // After that many empty hours nothing is left of the mean.
            const auto empty = std::min<std::int64_t>((now - hour) / step - 1, 64);
            learn(count);
            for (std::int64_t i = 0; i < empty; ++i) {
                learn(0);
            }
            hour = now;
            count = 0;
        }
        ++count;
    }

    static void fields(auto& archive, HourlyLevel& row) {
        archive(row.hour, row.count, row.mean_milli);
    }
    friend bool operator==(const HourlyLevel&, const HourlyLevel&) = default;

  private:
    void learn(std::uint32_t observed) {
        const std::int64_t step = (std::int64_t{observed} * 1000 - std::int64_t{mean_milli}) / 8;
        mean_milli = static_cast<std::uint32_t>(std::int64_t{mean_milli} + step);
    }
};

}  // namespace chopmark::anomaly
