// The machine's clock and the brokers', both in the test's hand.
#include "ops/clock_guard.h"

#include <gtest/gtest.h>

namespace chopmark::ops {
namespace {

using namespace std::chrono_literals;

struct SetClock final : Clock {
    Instant at = Instant::from_micros(1'795'231'077'000'000);
    [[nodiscard]] Instant now() const override { return at; }
};

struct ClockGuardOf : testing::Test {
    void pass(Duration time) {
        machine.at = machine.at + time;
        since_start += time;
    }
    /// A broker whose clock is that far ahead of the machine's answers after `took`, in the middle.
    void compare(Duration ahead, Duration took = 2ms) {
        guard.compare({machine.at, took, machine.at + took / 2 + ahead});
    }

    SetClock machine;
    Duration since_start = 12345s;
    ClockGuard guard{machine, [this] { return since_start; }};
};

TEST_F(ClockGuardOf, IsTheMachinesClockUntilItIsCompared) {
    EXPECT_FALSE(guard.compared());
    EXPECT_FALSE(guard.off());
    machine.at = machine.at + 1h;
    EXPECT_EQ(guard.now(), machine.at);
    EXPECT_FALSE(guard.off()) << "who is alone may set his clock";
}

TEST_F(ClockGuardOf, FindsAClockOffByMoreThanHalfASecond) {
    for (const Duration near : {0ms, 499ms, -499ms}) {
        compare(near);
        EXPECT_FALSE(guard.off());
    }
    ClockGuard ahead{machine, [this] { return since_start; }};
    ahead.compare({machine.at, 2ms, machine.at - 1h});
    EXPECT_TRUE(ahead.off());
    EXPECT_EQ(ahead.offset(), 1h);
    ClockGuard behind{machine, [this] { return since_start; }};
    behind.compare({machine.at, 2ms, machine.at + 1h});
    EXPECT_TRUE(behind.off());
    EXPECT_LT(behind.offset(), -59min);
}

TEST_F(ClockGuardOf, NeverTakesASlowAnswerForAWrongClock) {
    guard.compare({machine.at, 10s, machine.at + 9s});
    guard.compare({machine.at, 10s, machine.at});
    EXPECT_FALSE(guard.off());
    EXPECT_EQ(guard.offset(), Duration(0));
}

TEST_F(ClockGuardOf, BelievesTwoBrokersAgainstOne) {
    compare(0ms);
    compare(1h);
    EXPECT_FALSE(guard.off());
    compare(0ms);
    EXPECT_FALSE(guard.off());
    compare(1h);
    compare(1h);
    EXPECT_TRUE(guard.off());
}

TEST_F(ClockGuardOf, DatesNothingByAClockThatWasSet) {
    compare(0ms);
    pass(1s);
    const Instant before = guard.now();
    EXPECT_EQ(before, machine.at);
    machine.at = machine.at + 1h;  // somebody sets it
    EXPECT_EQ(guard.now(), before);
    EXPECT_TRUE(guard.off());
    pass(1s);
    EXPECT_EQ(guard.now(), before + 1s) << "time goes on all the same";
    compare(-1h);
    EXPECT_TRUE(guard.off());
    machine.at = machine.at - 1h;  // and sets it back
    EXPECT_TRUE(guard.off()) << "until a broker says that it is right";
    compare(0ms);
    EXPECT_FALSE(guard.off());
    EXPECT_EQ(guard.now(), machine.at);
}

TEST_F(ClockGuardOf, LetsItselfBeSetRight) {
    guard.compare({machine.at, 2ms, machine.at - 1h});
    EXPECT_TRUE(guard.off());
    machine.at = machine.at - 1h;
    for (int round = 0; round < 3; ++round) {
        compare(0ms);
    }
    EXPECT_FALSE(guard.off());
    EXPECT_EQ(guard.now(), machine.at);
}

}  // namespace
}  // namespace chopmark::ops
