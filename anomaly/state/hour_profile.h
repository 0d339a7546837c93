// How many of something an hour of the week usually brings to one key, and how unlikely a count is
// (facts 1.4: seasonal profile, negative-binomial tail). Learns an hour when it is over, towards
// zero when it was empty; an hour in which the key was found suspicious teaches nothing. On a fresh
// log the prior speaks, and it goes on speaking as if it were four weeks. Deterministic: integers,
// and doubles with the four basic operations only.
#pragma once

#include <vector>

#include "events/core/instant.h"

namespace chopmark::anomaly {

struct HourProfile {
    std::vector<std::uint32_t> mean_milli;  // 168 by hour of the week in Hong Kong; empty: no week
    std::uint32_t hours = 0;                // observed
    std::int64_t hour = 0;                  // now counted, since 1970; 0: none
    std::uint32_t count = 0;                // in it
    bool teaches = true;

    /// One more at that time. `prior_milli` is what an hour brings as long as nothing is known.
    void add(Instant at, std::uint32_t prior_milli);
    /// The hour being counted is not what is usual.
    void freeze() { teaches = false; }
    /// Thousandths an hour, with the prior as strong as four weeks; at least 50.
    [[nodiscard]] std::uint64_t usual_milli(Instant at, std::uint32_t prior_milli) const;

    static void fields(auto& archive, HourProfile& row) {
        archive(row.mean_milli, row.hours, row.hour, row.count, row.teaches);
    }
    friend bool operator==(const HourProfile&, const HourProfile&) = default;

  private:
    void learn(std::int64_t which, std::uint32_t observed, std::uint32_t prior_milli);
};

/// P(C >= count) for a negative binomial of this mean and dispersion (variance mean + mean²/r).
double negative_binomial_tail(std::uint64_t count, double mean, unsigned dispersion);
/// The largest k with p <= 10^-k, at most 15.
unsigned decimal_digits(double p);

}  // namespace chopmark::anomaly
