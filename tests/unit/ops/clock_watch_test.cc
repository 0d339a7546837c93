// A node's clock, watched: what its readiness says, and what is asked when.
#include "ops/clock_watch.h"

#include <gtest/gtest.h>

#include "tests/support/scratch_folder.h"

namespace chopmark::ops {
namespace {

using namespace std::chrono_literals;

class Inline final : public WorkPool {
  public:
    [[nodiscard]] bool try_post(Task task) override {
        task();
        return true;
    }
};

struct ClockWatchOf : testing::Test {
    test::ScratchFolder folder;
    SystemClock machine;
    std::unique_ptr<telemetry::Log> log =
        telemetry::Log::open({.node = "n", .file = folder.path() / "log"}, machine).value();
    Inline pool;
    ClockGuard guard{machine};
    Result<std::optional<Instant>> answer = std::optional<Instant>();
    int asked = 0;
    ClockWatch watch{guard,
                     [this] {
                         ++asked;
                         return answer;
                     },
                     pool, *log};
};

TEST_F(ClockWatchOf, OwnsNothingBeforeItWasCompared) {
    EXPECT_EQ(watch.fault(), "clock.not_compared");
    answer = Error(Reason{"test.unreachable", Kind::unavailable});
    watch.tick();
    EXPECT_EQ(watch.fault(), "clock.not_compared");
    answer = std::optional(machine.now());
    watch.tick();
    EXPECT_EQ(watch.fault(), "");
    EXPECT_EQ(asked, 2);
}

TEST_F(ClockWatchOf, GoesOnWhereNobodyTellsTheTime) {
    watch.tick();
    EXPECT_EQ(watch.fault(), "");
}

TEST_F(ClockWatchOf, SaysThatItsClockIsOffAndThatItIsRightAgain) {
    answer = std::optional(machine.now() + 1h);
    watch.tick();
    EXPECT_EQ(watch.fault(), "clock.off");
    EXPECT_LT(watch.offset(), -59min);
    for (int round = 0; round < 3; ++round) {
        answer = std::optional(machine.now());
        watch.tick();
    }
    EXPECT_EQ(watch.fault(), "");
}

}  // namespace
}  // namespace chopmark::ops
