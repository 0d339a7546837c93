#include <gtest/gtest.h>

#include "events/keys/period.h"
#include "events/schema/common.pb.h"

namespace chopmark::keys {
namespace {

using namespace schema;  // the names of the classes

// Unix times of Python's datetime.
Instant at(std::int64_t seconds) { return Instant::from_seconds(seconds); }
const Instant nov_21_2026 = at(1795219200);
const Instant last_second_of_feb_29_2028 = at(1835481599);

TEST(Period, IsTheDateThatItsClassCounts) {
    EXPECT_EQ(period_at(IDENTITY, nov_21_2026), Period(0));
    EXPECT_EQ(period_at(PLATFORM, nov_21_2026), Period(0));
    EXPECT_EQ(period_at(EVIDENCE, nov_21_2026), Period(2026));
    EXPECT_EQ(period_at(SIGN_IN, nov_21_2026), Period(202611));
    EXPECT_EQ(period_at(ATTEMPT, nov_21_2026), Period(202611));
    EXPECT_EQ(period_at(STAFF, nov_21_2026), Period(202611));
    EXPECT_EQ(period_at(DELIVERY, nov_21_2026), Period(20261121));
    EXPECT_EQ(period_at(DELIVERY, nov_21_2026 - Duration(1)), Period(20261120));
    EXPECT_EQ(period_at(DELIVERY, last_second_of_feb_29_2028), Period(20280229));
}

TEST(Period, ExpiresAsTheDesignSays) {
    EXPECT_EQ(expiry_of(IDENTITY, Period(0)), std::nullopt);
    EXPECT_EQ(expiry_of(PLATFORM, Period(0)), std::nullopt);
    EXPECT_EQ(expiry_of(EVIDENCE, Period(2026)), std::nullopt);
    EXPECT_EQ(expiry_of(SIGN_IN, Period(202611)), at(1859241600));     // 2028-12-01
    EXPECT_EQ(expiry_of(ATTEMPT, Period(202611)), at(1803859200));     // 2027-03-01
    EXPECT_EQ(expiry_of(STAFF, Period(202611)), at(2017008000));       // 2033-12-01
    EXPECT_EQ(expiry_of(DELIVERY, Period(20261121)), at(1795392000));  // 2026-11-23
    EXPECT_EQ(expiry_of(DELIVERY, Period(20280229)), at(1835568000));  // 2028-03-02
}

TEST(Period, BeginsWhereThePeriodBeforeEnds) {
    EXPECT_EQ(begin_of(SIGN_IN, Period(202612)), end_of(SIGN_IN, Period(202611)));
    EXPECT_EQ(begin_of(EVIDENCE, Period(2027)), end_of(EVIDENCE, Period(2026)));
    EXPECT_EQ(begin_of(DELIVERY, Period(20270101)), end_of(DELIVERY, Period(20261231)));
    EXPECT_EQ(end_of(IDENTITY, Period(0)), std::nullopt);
}

TEST(Period, KnowsItsOwnNumbersOnly) {
    EXPECT_TRUE(is_period(SIGN_IN, Period(202612)));
    EXPECT_FALSE(is_period(SIGN_IN, Period(202613)));
    EXPECT_FALSE(is_period(SIGN_IN, Period(2026)));
    EXPECT_FALSE(is_period(SIGN_IN, Period(20261121)));
    EXPECT_TRUE(is_period(DELIVERY, Period(20280229)));
    EXPECT_FALSE(is_period(DELIVERY, Period(20270229)));
    EXPECT_TRUE(is_period(IDENTITY, Period(0)));
    EXPECT_FALSE(is_period(IDENTITY, Period(1)));
    EXPECT_FALSE(is_class(RETENTION_UNSPECIFIED));
    for (const Retention each : all_classes()) {
        EXPECT_TRUE(is_class(each));
    }
}

TEST(Period, ListsEveryPeriodOfTenYears) {
    const Instant until = at(2110752000);  // 2036-11-20
    EXPECT_EQ(periods_between(IDENTITY, nov_21_2026, until).size(), 1U);
    EXPECT_EQ(periods_between(EVIDENCE, nov_21_2026, until).size(), 11U);
    EXPECT_EQ(periods_between(SIGN_IN, nov_21_2026, until).size(), 121U);
    // From 2026-11-21 to 2036-11-19: 3652 days by Python's date arithmetic.
    const auto days = periods_between(DELIVERY, nov_21_2026, until);
    EXPECT_EQ(days.size(), 3652U);
    EXPECT_EQ(days.front(), Period(20261121));
    EXPECT_EQ(days.back(), Period(20361119));
}

TEST(Quarter, TurnsWithTheCalendar) {
    EXPECT_EQ(quarter_number(nov_21_2026), 20264U);
    EXPECT_EQ(quarter_number(last_second_of_feb_29_2028), 20281U);
    EXPECT_EQ(quarter_number(begin_of_quarter(20264, 1)), 20271U);
    EXPECT_EQ(quarter_number(begin_of_quarter(20264, 1) - Duration(1)), 20264U);
    EXPECT_EQ(quarter_number(begin_of_quarter(20271, -1)), 20264U);
    EXPECT_EQ(month_number(nov_21_2026), 202611U);
    EXPECT_EQ(day_number(nov_21_2026), 20261121U);
}

}  // namespace
}  // namespace chopmark::keys
