#include "events/keys/period.h"

#include "events/core/ensure.h"
#include "events/schema/common.pb.h"

namespace chopmark::keys {
namespace {

namespace chrono = std::chrono;

enum class Unit : std::uint8_t { forever, year, month, day };

struct Rule {
    Unit unit;
    int kept;  // units behind the end of the period; negative: never destroyed
};

Rule rule_of(Retention retention) {
    switch (retention) {
        case schema::IDENTITY:
        case schema::PLATFORM:
            return {Unit::forever, -1};
        case schema::EVIDENCE:
            return {Unit::year, -1};
        case schema::SIGN_IN:
            return {Unit::month, 24};
        case schema::ATTEMPT:
            return {Unit::month, 3};
        case schema::STAFF:
            return {Unit::month, 84};
        case schema::DELIVERY:
            return {Unit::day, 1};
        default:
            break;
    }
    ensure(false, "a retention class");
    return {};
}

Instant instant_of(chrono::year_month_day date) {
    return Instant::from_seconds(chrono::sys_days(date).time_since_epoch() / chrono::seconds(1));
}

chrono::year_month_day date_of(Unit unit, Period period) {
    const auto date = [](std::uint32_t year, std::uint32_t month, std::uint32_t day) {
        return chrono::year_month_day(chrono::year(static_cast<int>(year)), chrono::month(month),
                                      chrono::day(day));
    };
    const std::uint32_t n = period.value();
    switch (unit) {
        case Unit::forever:
            return date(1970, 1, 1);
        case Unit::year:
            return date(n, 1, 1);
        case Unit::month:
            return date(n / 100, n % 100, 1);
        case Unit::day:
            return date(n / 10'000, n / 100 % 100, n % 100);
    }
    return {};
}

chrono::year_month_day advanced(Unit unit, chrono::year_month_day date, int by) {
    switch (unit) {
        case Unit::forever:
            return date;
        case Unit::year:
            return date + chrono::years(by);
        case Unit::month:
            return date + chrono::months(by);
        case Unit::day:
            return chrono::sys_days(date) + chrono::days(by);
    }
    return date;
}

std::uint32_t number_of(Unit unit, chrono::year_month_day date) {
    const auto year = static_cast<std::uint32_t>(static_cast<int>(date.year()));
    const auto month = static_cast<unsigned>(date.month());
    switch (unit) {
        case Unit::forever:
            return 0;
        case Unit::year:
            return year;
        case Unit::month:
            return year * 100 + month;
        case Unit::day:
            return (year * 100 + month) * 100 + static_cast<unsigned>(date.day());
    }
    return 0;
}

}  // namespace

std::array<Retention, class_count> all_classes() {
    return {schema::IDENTITY, schema::SIGN_IN, schema::EVIDENCE, schema::ATTEMPT,
            schema::DELIVERY, schema::STAFF,   schema::PLATFORM};
}

bool is_class(Retention retention) {
    return retention >= schema::IDENTITY && retention <= schema::PLATFORM;
}

Period period_at(Retention retention, Instant recorded_at) {
    return Period(number_of(rule_of(retention).unit, utc_date(recorded_at)));
}

bool is_period(Retention retention, Period period) {
    const Unit unit = rule_of(retention).unit;
    const auto date = date_of(unit, period);
    return date.ok() && number_of(unit, date) == period.value();
}

Instant begin_of(Retention retention, Period period) {
    return instant_of(date_of(rule_of(retention).unit, period));
}

std::optional<Instant> end_of(Retention retention, Period period) {
    const Unit unit = rule_of(retention).unit;
    if (unit == Unit::forever) {
        return std::nullopt;
    }
    return instant_of(advanced(unit, date_of(unit, period), 1));
}

std::optional<Instant> expiry_of(Retention retention, Period period) {
    const Rule rule = rule_of(retention);
    if (rule.kept < 0) {
        return std::nullopt;
    }
    return instant_of(advanced(rule.unit, date_of(rule.unit, period), 1 + rule.kept));
}

std::vector<Period> periods_between(Retention retention, Instant from, Instant until) {
    const Unit unit = rule_of(retention).unit;
    std::vector<Period> out;
    if (unit == Unit::forever) {
        out.emplace_back(0U);
        return out;
    }
    auto date = date_of(unit, period_at(retention, from));
    for (; instant_of(date) < until; date = advanced(unit, date, 1)) {
        out.emplace_back(number_of(unit, date));
    }
    return out;
}

std::uint32_t day_number(Instant at) { return number_of(Unit::day, utc_date(at)); }

std::uint32_t month_number(Instant at) { return number_of(Unit::month, utc_date(at)); }

std::uint32_t quarter_number(Instant at) {
    const auto date = utc_date(at);
    return static_cast<std::uint32_t>(static_cast<int>(date.year())) * 10 +
           (static_cast<unsigned>(date.month()) + 2) / 3;
}

Instant begin_of_quarter(std::uint32_t quarter, int ahead) {
    const chrono::year_month_day first(chrono::year(static_cast<int>(quarter / 10)),
                                       chrono::month(quarter % 10 * 3 - 2), chrono::day(1));
    return instant_of(first + chrono::months(3 * ahead));
}

}  // namespace chopmark::keys
