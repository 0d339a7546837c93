// A moment as the journal records it: microseconds since 1970-01-01T00:00:00Z, leap seconds
// ignored as POSIX does. Nothing converts to it by itself; milliseconds of the RP wire go through
// from_millis.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace chopmark {

using Duration = std::chrono::microseconds;

class Instant {
  public:
    constexpr Instant() = default;
    static constexpr Instant from_micros(std::int64_t micros) { return Instant(micros); }
    static constexpr Instant from_millis(std::int64_t millis) { return Instant(millis * 1000); }
    static constexpr Instant from_seconds(std::int64_t seconds) {
        return Instant(seconds * 1'000'000);
    }

    [[nodiscard]] constexpr std::int64_t micros() const { return micros_; }
    [[nodiscard]] constexpr std::int64_t millis() const { return micros_ / 1000; }
    [[nodiscard]] constexpr std::int64_t seconds() const { return micros_ / 1'000'000; }

    friend constexpr auto operator<=>(Instant, Instant) = default;
    friend constexpr Instant operator+(Instant at, Duration d) {
        return Instant(at.micros_ + d.count());
    }
    friend constexpr Instant operator-(Instant at, Duration d) {
        return Instant(at.micros_ - d.count());
    }
    friend constexpr Duration operator-(Instant a, Instant b) {
        return Duration(a.micros_ - b.micros_);
    }

  private:
    constexpr explicit Instant(std::int64_t micros) : micros_(micros) {}
    std::int64_t micros_ = 0;
};

/// RFC 3339 in UTC with microseconds: 2026-11-21T03:17:57.000001Z.
std::string to_string(Instant at);

/// A date of the civil calendar; Hong Kong is UTC+8 without daylight saving since 1979.
std::chrono::year_month_day utc_date(Instant at);
std::chrono::year_month_day hong_kong_date(Instant at);

}  // namespace chopmark
