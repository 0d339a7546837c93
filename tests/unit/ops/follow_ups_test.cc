#include "ops/follow_ups.h"

#include <gtest/gtest.h>

#include "tests/support/simulated.h"

namespace chopmark::ops {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class Pool final : public WorkPool {
  public:
    bool try_post(Task task) override {
        task();
        return true;
    }
};

struct FollowUpsTest : testing::Test {
    FollowUpsTest() {
        follow_ups.handle("callback", [this](const OwedAnswer& owed, FollowUps::Done done) {
            ++asked;
            failures_told = owed.failures;
            if (waits) {
                waiting = std::move(done);
            } else {
                done(outcome);
            }
        });
    }
    static OwedAnswer owed(std::uint8_t number, std::string_view name = "callback") {
        ByteArray<16> id{};
        id[0] = number;
        return {AccountId(id), {EventId(id), name, Instant()}, 0, {}};
    }

    test::ManualClock clock;
    test::SeededEntropy entropy{7};
    Pool pool;
    FollowUps follow_ups{FollowUps::Options(), pool, clock, entropy};
    Result<void> outcome;
    bool waits = false;
    FollowUps::Done waiting;
    unsigned asked = 0;
    unsigned failures_told = 0;
};

TEST_F(FollowUpsTest, AreAskedOnceWhileTheyRunAndOnceTheyAreDone) {
    waits = true;
    follow_ups.look({owed(1)});
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 1U);
    waiting(Result<void>());
    follow_ups.look({owed(1)});
    clock.advance(seconds(60));
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 1U) << "its state will show it";
    clock.advance(minutes(5));
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 2U) << "the state never did";
}

TEST_F(FollowUpsTest, TryAgainLaterAndLater) {
    outcome = Error({"test.unreachable", Kind::unavailable});
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 1U);
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 1U);
    clock.advance(seconds(1));
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 2U);
    EXPECT_EQ(failures_told, 1U);
    clock.advance(std::chrono::milliseconds(999));
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 2U) << "the second pause is one to two seconds";
    clock.advance(seconds(2));
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 3U);
}

TEST_F(FollowUpsTest, TellWhenAFailedOneIsAskedForAgain) {
    const auto next = [this] {
        return follow_ups.next_of(owed(1).account, owed(1).follow_up.cause, "callback");
    };
    EXPECT_FALSE(next());
    waits = true;
    follow_ups.look({owed(1)});
    EXPECT_FALSE(next()) << "it is being asked for";
    waiting(Error({"test.unreachable", Kind::unavailable}));
    ASSERT_TRUE(next());
    EXPECT_GE(*next(), clock.now() + std::chrono::milliseconds(500));
    EXPECT_LE(*next(), clock.now() + seconds(1));
    clock.advance(seconds(1));
    follow_ups.look({owed(1)});
    EXPECT_EQ(asked, 2U);
    waiting(Result<void>());
    EXPECT_FALSE(next()) << "it has its answer";
}

TEST_F(FollowUpsTest, AreForgottenSoonWhenTheStateShowsThem) {
    for (std::uint8_t i = 1; i <= 100; ++i) {
        follow_ups.look({owed(i)});
    }
    EXPECT_EQ(follow_ups.probe().known, 100U);
    clock.advance(seconds(4));
    follow_ups.look({owed(1)});
    clock.advance(seconds(4));
    follow_ups.look({owed(1)});
    clock.advance(seconds(3));
    follow_ups.look({owed(1)});
    EXPECT_EQ(follow_ups.probe().known, 1U) << "one is outstanding still";
    EXPECT_EQ(asked, 100U);
}

TEST_F(FollowUpsTest, WithoutAHandlerAreLeftAlone) {
    follow_ups.look({owed(1, "nobody")});
    EXPECT_EQ(asked, 0U);
    EXPECT_EQ(follow_ups.probe().known, 0U);
}

}  // namespace
}  // namespace chopmark::ops
