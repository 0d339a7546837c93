// A node of a group that the test shares the partitions out in.
#include "ops/attendance.h"

#include <gtest/gtest.h>

#include "gateways/admin/admin_desk.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::ops {
namespace {

using namespace std::chrono_literals;
using Reasons = std::vector<std::string>;

/// The group as its member sees it; the test speaks for the cluster.
struct Group {
    int joined = 0;
    Membership::Told told;  // empty: not in it
};

class GroupMembership final : public Membership {
  public:
    explicit GroupMembership(Group& group) : group_(group) {}
    Result<void> start(Told told) override {
        ++group_.joined;
        group_.told = std::move(told);
        return {};
    }
    void stop() override { group_.told = nullptr; }

  private:
    Group& group_;
};

class Inline final : public WorkPool {
  public:
    [[nodiscard]] bool try_post(Task task) override {
        if (!full) {
            task();
        }
        return !full;
    }
    bool full = false;
};

struct AttendanceOf : testing::Test {
    static constexpr PartitionId one{1};

    /// The cluster gives this node a partition, and its executor serves it.
    void share_out() {
        group.told({true, {one}});
        served = 1;
    }
    /// Another node's term is read at this look.
    void deposed_at_look(int look) { looks_left = look; }

    test::ScratchFolder folder;
    SystemClock clock;
    std::unique_ptr<telemetry::Log> log =
        telemetry::Log::open({.node = "n", .file = folder.path() / "log"}, clock).value();
    Group group;
    Inline pool;
    bool caught_up = true;
    std::uint64_t served = 0;
    int looks_left = -1;
    std::string barred;
    Ownership latest;
    Attendance node{{std::make_unique<GroupMembership>(group), [this] { return caught_up; },
                     [this](const Ownership& ownership) { latest = ownership; },
                     [this] {
                         if (looks_left >= 0 && looks_left-- == 0) {
                             served = 0;
                         }
                         return served;
                     },
                     [this] { return barred; }, pool, *log},
                    {5s, 50ms}};
};

TEST_F(AttendanceOf, JoinsWhenItHasReadEverything) {
    caught_up = false;
    node.tick();
    EXPECT_EQ(group.joined, 0);
    EXPECT_EQ(node.not_ready(), Reasons{"journal.catching_up"});
    caught_up = true;
    node.tick();
    node.tick();
    EXPECT_EQ(group.joined, 1);
    EXPECT_EQ(node.not_ready(), Reasons{"node.not_assigned"});
    share_out();
    EXPECT_EQ(node.not_ready(), Reasons());
    EXPECT_EQ(latest.partitions, std::set{one});
}

TEST_F(AttendanceOf, JoinsLaterWhereThereIsNoThread) {
    pool.full = true;
    node.tick();
    EXPECT_EQ(group.joined, 0);
    pool.full = false;
    node.tick();
    EXPECT_EQ(group.joined, 1);
}

TEST_F(AttendanceOf, IsDrainedWhenOthersServe) {
    node.tick();
    share_out();
    deposed_at_look(3);
    std::optional<Result<Duration>> drained;
    node.drain([&](auto took) { drained = took; });
    ASSERT_TRUE(drained && *drained) << drained->error();
    EXPECT_LT(**drained, 5s);
    EXPECT_EQ(group.told, nullptr);
    EXPECT_TRUE(latest.settled && latest.partitions.empty()) << "no term is opened any more";
    EXPECT_EQ(node.not_ready(), Reasons{"node.drained"});
    node.tick();
    EXPECT_EQ(group.joined, 1) << "until it is told to";
    ASSERT_TRUE(node.resume());
    EXPECT_FALSE(node.resume());
    node.tick();
    EXPECT_EQ(group.joined, 2);
    EXPECT_EQ(node.not_ready(), Reasons{"node.not_assigned"});
}

TEST_F(AttendanceOf, GoesOnWhereNobodyTakesOver) {
    node.tick();
    share_out();
    std::optional<Result<Duration>> drained;
    node.drain([&](auto took) { drained = took; });
    ASSERT_TRUE(drained && !*drained);
    EXPECT_EQ(drained->error(), admin::node_no_successor);
    node.tick();
    EXPECT_EQ(group.joined, 2);
}

TEST_F(AttendanceOf, IsNotDrainedTwiceNorBeforeItHasJoined) {
    std::optional<Result<Duration>> drained;
    const auto told = [&](auto took) { drained = took; };
    node.drain(told);
    EXPECT_EQ(drained->error(), admin::node_draining);
    node.tick();
    share_out();
    deposed_at_look(0);
    node.drain(told);
    EXPECT_TRUE(*drained);
    node.drain(told);
    EXPECT_EQ(drained->error(), admin::node_draining);
}

TEST_F(AttendanceOf, LeavesWhileItIsBarredAndComesBack) {
    node.tick();
    share_out();
    barred = "clock.off";
    node.tick();
    EXPECT_EQ(group.told, nullptr);
    EXPECT_TRUE(latest.partitions.empty());
    EXPECT_EQ(node.not_ready(), Reasons{"clock.off"});
    node.tick();
    EXPECT_EQ(group.joined, 1);
    barred.clear();
    node.tick();
    EXPECT_EQ(group.joined, 2);
}

TEST_F(AttendanceOf, DoesNotJoinWhileItIsBarred) {
    barred = "clock.off";
    node.tick();
    EXPECT_EQ(group.joined, 0);
    EXPECT_EQ(node.not_ready(), Reasons{"clock.off"});
}

TEST_F(AttendanceOf, LeavesForGood) {
    node.tick();
    share_out();
    deposed_at_look(2);
    EXPECT_TRUE(node.hand_over(5s));
    EXPECT_EQ(node.not_ready(), Reasons{"node.leaving"});
    node.tick();
    EXPECT_EQ(group.joined, 1);
    EXPECT_FALSE(node.resume());
}

TEST_F(AttendanceOf, DrainedLeavesForGoodAtOnce) {
    node.tick();
    share_out();
    deposed_at_look(0);
    node.drain([](auto) {});
    EXPECT_TRUE(node.hand_over(5s));
}

}  // namespace
}  // namespace chopmark::ops
