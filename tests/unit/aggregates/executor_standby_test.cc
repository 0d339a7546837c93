// Two nodes on one log, as Kafka's: one owns control, the other stands by.
#include <gtest/gtest.h>

#include "tests/support/control_bench.h"

namespace chopmark::runtime {
namespace {

using test::ControlBench;
using Outcome = std::shared_ptr<ControlBench::Outcome>;

struct World {
    test::ManualClock clock;
    test::SeededEntropy entropy{7};
    test::PlainVault vault;
    test::TestNodeCa ca{"ca"};
    std::shared_ptr<journal::MemoryLog> log =
        std::make_shared<journal::MemoryLog>(test::sandbox_founding().partitions);
    test::Scheduler scheduler{7};
};

class Node {
  public:
    Node(World& world, const char* name, ExecutorOptions options = {})
        : world_(world), node_(world.ca.issue(name)) {
        journal::MemoryJournal::Options stepped;
        stepped.own_thread = false;
        journal_ =
            *journal::MemoryJournal::open(world.log, test::sandbox_founding(),
                                          {world.ca, node_, world.clock, world.entropy}, stepped);
        domain_ = std::make_unique<ControlDomain>(rows_, snapshots_);
        EXPECT_TRUE(domain_->open());
        executor_ = std::make_unique<ControlBench::Executor>(
            control_partition, *domain_, *journal_, world.scheduler.make_strand(), world.clock,
            world.entropy, world.vault, options);
    }

    std::shared_ptr<std::optional<Result<void>>> serve() {
        auto outcome = std::make_shared<std::optional<Result<void>>>();
        executor_->serve([outcome](Result<void> done) { *outcome = std::move(done); });
        return outcome;
    }
    Outcome enrol(const char* who, const char* command) {
        auto outcome = std::make_shared<ControlBench::Outcome>();
        const auto head = test::staff_command(
            command, control::staff_id_of(test::key_named("first")), world_.clock.now());
        EXPECT_TRUE(executor_->submit(
            {ControlBench::enrol(who),
             head,
             {},
             [](auto) {},
             [outcome](Result<Receipt> answer) { *outcome = std::move(answer); }}));
        return outcome;
    }
    bool step() { return journal_->step(); }
    ControlBench::Executor& executor() { return *executor_; }
    [[nodiscard]] std::size_t staff() const { return snapshots_.latest()->state->staff->size(); }

  private:
    World& world_;
    test::TestNode node_;
    fold::MemoryRows rows_;
    control::Snapshots snapshots_;
    std::unique_ptr<journal::MemoryJournal> journal_;
    std::unique_ptr<ControlDomain> domain_;
    std::unique_ptr<ControlBench::Executor> executor_;
};

class ExecutorStandby : public ::testing::Test {
  protected:
    void run() {
        while (world.scheduler.run_one() || owner.step() || other.step()) {
        }
    }

    World world;
    Node owner{world, "owner"};
    Node other{world, "other"};
};

TEST_F(ExecutorStandby, FoldsWhatTheOwnerRecords) {
    other.executor().follow();
    owner.serve();
    run();
    const auto outcome = owner.enrol("a", "1");
    run();
    ASSERT_TRUE(outcome->has_value() && outcome->value());
    EXPECT_EQ(other.staff(), 2U);
    EXPECT_FALSE(other.executor().serving());
    EXPECT_EQ(other.executor().probe().folded, owner.executor().probe().folded);
}

TEST_F(ExecutorStandby, FoldsInBoundedTurns) {
    ExecutorOptions small;
    small.standby_records = 1;
    Node slow(world, "slow", small);
    owner.serve();
    run();
    for (const char* name : {"a", "b", "c", "d"}) {
        owner.enrol(name, name);
    }
    run();
    while (slow.step()) {
    }
    slow.executor().follow();
    run();
    EXPECT_EQ(slow.staff(), 5U);
}

TEST_F(ExecutorStandby, KnowsAfterATakeoverWhatTheOwnerRecorded) {
    other.executor().follow();
    owner.serve();
    run();
    const auto first = owner.enrol("a", "1");
    run();
    const auto taken = other.serve();
    run();
    ASSERT_TRUE(taken->has_value() && taken->value());
    const auto again = other.enrol("a", "1");
    run();
    ASSERT_TRUE(again->has_value() && again->value());
    EXPECT_TRUE((*again)->value().replayed);
    EXPECT_EQ((*again)->value().event_id, (*first)->value().event_id);
}

TEST_F(ExecutorStandby, DeposedOwnerGoesOnFolding) {
    owner.executor().follow();
    other.executor().follow();
    owner.serve();
    run();
    other.serve();
    run();
    EXPECT_FALSE(owner.executor().serving());
    const auto late = owner.enrol("late", "late");
    run();
    EXPECT_EQ((*late)->error(), not_serving);
    other.enrol("a", "1");
    run();
    EXPECT_EQ(owner.staff(), 2U);
}

// A2: nothing that was in flight is lost without a word, and nothing is recorded twice.
TEST_F(ExecutorStandby, DeposedOwnerSettlesWhatWasInFlight) {
    owner.executor().follow();
    other.executor().follow();
    owner.serve();
    run();
    const auto flying = owner.enrol("a", "1");
    world.scheduler.run_until_idle();
    ASSERT_FALSE(flying->has_value());
    other.serve();
    run();
    ASSERT_TRUE(flying->has_value());
    const auto again = other.enrol("a", "1");
    run();
    ASSERT_TRUE(again->has_value() && again->value());
    if (flying->value()) {
        EXPECT_EQ((*again)->value().event_id, (*flying)->value().event_id);
    } else {
        EXPECT_EQ(flying->value().error(), term_lost);
    }
    EXPECT_EQ(other.staff(), 2U);
    EXPECT_EQ(owner.staff(), 2U);
}

TEST(ExecutorOpener, LetsCommandsWaitForTheTermThatIsBeingOpened) {
    World world;
    Task opening;
    ExecutorOptions options;
    options.opener = [&opening](Task task) { opening = std::move(task); };
    Node node(world, "node", options);
    const auto run = [&] {
        while (world.scheduler.run_one() || node.step()) {
        }
    };
    const auto served = node.serve();
    run();
    ASSERT_TRUE(opening);
    const auto outcome = node.enrol("a", "1");
    run();
    EXPECT_FALSE(outcome->has_value()) << "neither decided nor refused before there is a term";
    opening();
    run();
    EXPECT_TRUE(served->has_value() && served->value());
    ASSERT_TRUE(outcome->has_value());
    EXPECT_TRUE(outcome->value());
}

TEST(ExecutorOpener, RefusesThemWhenNoTermCouldBeOpened) {
    World world;
    Task opening;
    ExecutorOptions options;
    options.opener = [&opening](Task task) { opening = std::move(task); };
    Node node(world, "node", options);
    Node rival(world, "rival");
    const auto run = [&] {
        while (world.scheduler.run_one() || node.step() || rival.step()) {
        }
    };
    const auto served = node.serve();
    run();
    const auto outcome = node.enrol("a", "1");
    opening();
    rival.serve();  // before the strand has heard of our own term
    run();
    ASSERT_TRUE(served->has_value() && outcome->has_value());
    if (!served->value()) {
        EXPECT_EQ(served->value().error(), term_lost);
        EXPECT_EQ(outcome->value().error(), not_serving);
    }
    EXPECT_FALSE(node.executor().serving() && rival.executor().serving());
}

}  // namespace
}  // namespace chopmark::runtime
