// How long a key lives (design 12). Every event belongs to a retention class and, by its
// recorded_at in UTC, to a period of that class; the keys of a period are destroyed together. A
// period is a number that people can read in a leaf: 0 for ever, 2026 a year, 202611 a month,
// 20261121 a day. Pure arithmetic.
//
//   class                 period         destroyed
//   identity, platform    one for ever   never
//   evidence              year           never by itself
//   sign_in               month          24 months after its end
//   attempt               month          3 months after its end
//   staff                 month          84 months after its end
//   delivery              day            at the end of the next day
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"

namespace chopmark::schema {
enum Retention : int;  // events/schema/common.proto
}

namespace chopmark::keys {

using schema::Retention;
using Period = NumberId<struct PeriodTag, std::uint32_t>;

/// All seven, in the order of their numbers, which run from 1 to 7.
inline constexpr std::size_t class_count = 7;
std::array<Retention, class_count> all_classes();
/// False for RETENTION_UNSPECIFIED and for numbers of a later version.
bool is_class(Retention retention);

/// The period that an event recorded at that moment belongs to.
Period period_at(Retention retention, Instant recorded_at);
/// Whether the number names a period of the class at all; of other numbers nothing may be asked.
bool is_period(Retention retention, Period period);
/// The first moment of a period and the first one behind it; nothing for a period without end.
Instant begin_of(Retention retention, Period period);
std::optional<Instant> end_of(Retention retention, Period period);
/// The moment from which its keys must be gone; nothing: they stay.
std::optional<Instant> expiry_of(Retention retention, Period period);

/// Every period that touches [from, until).
std::vector<Period> periods_between(Retention retention, Instant from, Instant until);

/// yyyymmdd of a moment in UTC: how day keys are counted.
std::uint32_t day_number(Instant at);
/// yyyymm.
std::uint32_t month_number(Instant at);
/// yyyyq, q from 1 to 4.
std::uint32_t quarter_number(Instant at);
/// The first moment of a quarter, and of the one `ahead` quarters later.
Instant begin_of_quarter(std::uint32_t quarter, int ahead = 0);

}  // namespace chopmark::keys
