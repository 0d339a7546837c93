#include "anomaly/state/hour_profile.h"

#include <algorithm>

namespace chopmark::anomaly {
namespace {

constexpr std::int64_t hours_of_week = 168;
constexpr std::int64_t hong_kong_hours = 8;
constexpr std::uint32_t prior_weeks = 4;
constexpr std::uint32_t most_weeks = 12;  // after which the prior keeps a quarter of a say
constexpr std::int64_t micros_of_hour = 3'600'000'000;

std::size_t slot(std::int64_t hour) {
    return static_cast<std::size_t>((hour + hong_kong_hours) % hours_of_week);
}

}  // namespace

void HourProfile::learn(std::int64_t which, std::uint32_t observed, std::uint32_t prior_milli) {
    if (mean_milli.empty()) {
        mean_milli.assign(hours_of_week, prior_milli);
    }
    std::uint32_t& mean = mean_milli[slot(which)];
    const std::int64_t step = (std::int64_t{observed} * 1000 - std::int64_t{mean}) / 4;
    mean = static_cast<std::uint32_t>(std::clamp<std::int64_t>(mean + step, 0, 1'000'000'000));
    hours = std::min<std::uint32_t>(hours + 1, most_weeks * hours_of_week);
}

void HourProfile::add(Instant at, std::uint32_t prior_milli) {
    const std::int64_t now = at.micros() / micros_of_hour;
    if (now > hour) {
        if (hour != 0) {
            if (teaches) {
                learn(hour, count, prior_milli);
            }
            // Of a silence of weeks the last one tells as much as all.
            for (auto empty = std::max(hour + 1, now - hours_of_week); empty < now; ++empty) {
                learn(empty, 0, prior_milli);
            }
        }
        hour = now;
        count = 0;
        teaches = true;
    }
    ++count;
}

std::uint64_t HourProfile::usual_milli(Instant at, std::uint32_t prior_milli) const {
    std::uint64_t usual = prior_milli;
    if (!mean_milli.empty()) {
        const std::uint64_t weeks = hours / hours_of_week;
        const std::uint64_t own = mean_milli[slot(at.micros() / micros_of_hour)];
        usual = (weeks * own + prior_weeks * std::uint64_t{prior_milli}) / (weeks + prior_weeks);
    }
    return std::max<std::uint64_t>(usual, 50);
}

double negative_binomial_tail(std::uint64_t count, double mean, unsigned dispersion) {
    const double r = dispersion;
    const double success = r / (r + mean);
    double term = 1;
    for (unsigned i = 0; i < dispersion; ++i) {
        term *= success;
    }
    double below = 0;
    for (std::uint64_t k = 0; k < count && k < 100'000; ++k) {
        below += term;
        term *= (1 - success) * (r + static_cast<double>(k)) / static_cast<double>(k + 1);
    }
    // Far out the sum has no digits left; the first term of the tail is then a lower bound of it.
    return std::max(1 - below, term);
}

unsigned decimal_digits(double p) {
    unsigned digits = 0;
    for (double bound = 0.1; digits < 15 && p <= bound; bound /= 10) {
        ++digits;
    }
    return digits;
}

}  // namespace chopmark::anomaly
