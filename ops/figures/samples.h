// Numbers measured more than once: medians of rounds, percentiles of waits. Plain values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace chopmark::figures {

struct Percentiles {
    double p50_us = 0;
    double p99_us = 0;
};

/// Zero for nothing.
inline double median(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

inline Percentiles percentiles(std::vector<std::uint32_t> waits_us) {
    if (waits_us.empty()) {
        return {};
    }
    std::sort(waits_us.begin(), waits_us.end());
    const auto at = [&](double share) {
        const auto index = static_cast<std::size_t>(share * static_cast<double>(waits_us.size()));
        return static_cast<double>(waits_us[std::min(index, waits_us.size() - 1)]);
    };
    return {at(0.5), at(0.99)};
}

/// Of several rounds: the median of each.
inline Percentiles median(const std::vector<Percentiles>& rounds) {
    std::vector<double> p50;
    std::vector<double> p99;
    for (const Percentiles& round : rounds) {
        p50.push_back(round.p50_us);
        p99.push_back(round.p99_us);
    }
    return {median(std::move(p50)), median(std::move(p99))};
}

}  // namespace chopmark::figures
