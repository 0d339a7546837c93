#include "events/core/instant.h"

#include <cstdio>

namespace chopmark {
namespace {

std::chrono::sys_time<Duration> sys_time_of(Instant at) {
    return std::chrono::sys_time<Duration>(Duration(at.micros()));
}

}  // namespace

std::string to_string(Instant at) {
    const auto time = sys_time_of(at);
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss<Duration> clock(time - day);
    char text[64];
    std::snprintf(
        text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text;
}

std::chrono::year_month_day utc_date(Instant at) {
    return std::chrono::floor<std::chrono::days>(sys_time_of(at));
}

std::chrono::year_month_day hong_kong_date(Instant at) {
    return utc_date(at + std::chrono::hours(8));
}

}  // namespace chopmark
