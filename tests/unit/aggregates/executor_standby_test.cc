// Two nodes on one log, as Kafka's: one owns control, the other stands by.
#include <gtest/gtest.h>

#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "tests/support/control_bench.h"

namespace chopmark::runtime {
namespace {

using test::ControlBench;
using Outcome = std::shared_ptr<ControlBench::Outcome>;

/// The software before: it does not know one type.
class OlderVault final : public keys::EventVault {
  public:
    OlderVault(const keys::EventVault& now, record::TypeNumber unknown)
        : now_(now), unknown_(unknown) {}
    Result<record::Record> seal(schema::Event& event, const keys::Sealing& sealing) const override {
        return now_.seal(event, sealing);
    }
    Result<schema::Event> open(const record::Record& record) const override {
        CHOPMARK_TRY(check(record));
        return now_.open(record);
    }
    Result<schema::Event> open_leaf(const record::Record& record) const override {
        CHOPMARK_TRY(check(record));
        return now_.open_leaf(record);
    }
    Result<schema::Event> open_personal(const record::Record& record) const override {
        CHOPMARK_TRY(check(record));
        return now_.open_personal(record);
    }

  private:
    Result<void> check(const record::Record& record) const {
        CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(record.leaf));
        return prelude.type == unknown_ ? Result<void>(schema::unknown_type) : Result<void>();
    }

    const keys::EventVault& now_;
    const record::TypeNumber unknown_;
};

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
    Node(World& world, const char* name, ExecutorOptions options = {},
         const keys::EventVault* vault = nullptr)
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
            world.entropy, vault == nullptr ? world.vault : *vault, options);
    }

    std::shared_ptr<std::optional<Result<void>>> serve() {
        auto outcome = std::make_shared<std::optional<Result<void>>>();
        executor_->serve([outcome](Result<void> done) { *outcome = std::move(done); });
        return outcome;
    }
    Outcome enrol(const char* who, const char* command) {
        return send(ControlBench::enrol(who), command);
    }
    Outcome send(control::Command order, const char* command) {
        auto outcome = std::make_shared<ControlBench::Outcome>();
        const auto head = test::staff_command(
            command, control::staff_id_of(test::key_named("first")), world_.clock.now());
        EXPECT_TRUE(executor_->submit(
            {std::move(order),
             head,
             {},
             [](auto) {},
             [outcome](Result<Receipt> answer) { *outcome = std::move(answer); }}));
        return outcome;
    }
    bool step() { return journal_->step(); }
    [[nodiscard]] journal::Head head() const { return *journal_->head(control_partition); }
    ControlBench::Executor& executor() { return *executor_; }
    [[nodiscard]] bool active(record::TypeNumber type) const { return domain_->activated(type); }
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

TEST_F(ExecutorStandby, ResignsAtOnceAndLetsAnotherTakeOver) {
    owner.executor().follow();
    other.executor().follow();
    owner.serve();
    run();
    const auto flying = owner.enrol("a", "1");
    owner.executor().resign();
    world.scheduler.run_until_idle();
    EXPECT_FALSE(owner.executor().serving());
    const auto late = owner.enrol("late", "late");
    run();
    EXPECT_EQ((*late)->error(), not_serving);
    other.serve();
    run();
    EXPECT_TRUE(other.executor().serving());
    ASSERT_TRUE(flying->has_value()) << "the next term settles what was in flight";
    other.enrol("b", "2");
    run();
    EXPECT_EQ(owner.staff(), other.staff());
}

/// A node of each software on one log; the older does not know the type of what is enrolled.
class ExecutorUpgrade : public ExecutorStandby {
  protected:
    Sequence end() { return owner.head().next; }
    Term term() { return owner.head().term; }

    OlderVault older{world.vault, schema::info<schema::StaffEnrolled>().type};
    Node old{world, "old", {}, &older};
    void run() {
        while (world.scheduler.run_one() || owner.step() || other.step() || old.step()) {
        }
    }
};

/// The same type, written by a software in which it is new.
TEST(ExecutorNewType, IsWrittenOnlyOnceItIsActivated) {
    World world;
    const std::array later{schema::info<schema::StaffEnrolled>().type};
    ExecutorOptions options;
    options.later_types = later;
    Node node(world, "node", options);
    const auto run = [&] {
        while (world.scheduler.run_one() || node.step()) {
        }
    };
    node.serve();
    run();
    const auto early = node.enrol("a", "1");
    run();
    ASSERT_TRUE(early->has_value() && !early->value());
    EXPECT_EQ(early->value().error(), type_inactive);
    EXPECT_EQ(node.staff(), 1U);
    const auto activated =
        node.send(control::NodeCommand(control::ActivateTypes{{later[0].value()}, {}}), "activate");
    run();
    ASSERT_TRUE(activated->has_value() && activated->value());
    const auto again = node.enrol("a", "1");
    run();
    ASSERT_TRUE(again->has_value());
    EXPECT_TRUE(again->value()) << "the same command may be sent again";
    EXPECT_EQ(node.staff(), 2U);

    Node next(world, "next", options);
    const auto taken = next.serve();
    while (world.scheduler.run_one() || next.step()) {
    }
    ASSERT_TRUE(taken->has_value() && taken->value());
    EXPECT_EQ(next.staff(), 2U);
    EXPECT_TRUE(next.active(later[0]));
}

TEST_F(ExecutorUpgrade, OldNodeStopsAtWhatItDoesNotKnow) {
    old.executor().follow();
    owner.serve();
    run();
    EXPECT_FALSE(old.executor().outdated());
    const auto recorded = owner.enrol("a", "1");
    run();
    ASSERT_TRUE(recorded->has_value() && recorded->value());
    EXPECT_TRUE(old.executor().outdated());
    EXPECT_EQ(old.staff(), 1U) << "of genesis";
    EXPECT_EQ(old.executor().probe().folded, end().value() - 1);
    owner.enrol("b", "2");
    run();
    EXPECT_EQ(owner.staff(), 3U) << "the new one goes on";
    EXPECT_EQ(old.executor().probe().folded, end().value() - 2);
}

TEST_F(ExecutorUpgrade, OldNodeOpensNoTermBehindIt) {
    owner.serve();
    run();
    owner.enrol("a", "1");
    run();
    const Term before = term();
    const auto served = old.serve();
    run();
    ASSERT_TRUE(served->has_value());
    ASSERT_FALSE(served->value());
    EXPECT_EQ(served->value().error(), schema::unknown_type);
    EXPECT_TRUE(old.executor().outdated());
    EXPECT_EQ(term(), before);
    EXPECT_TRUE(owner.executor().serving());
}

TEST_F(ExecutorUpgrade, OldOwnerGivesUpWhenANewOneWrites) {
    old.executor().follow();
    owner.executor().follow();
    old.serve();
    run();
    EXPECT_TRUE(old.executor().serving());
    owner.serve();
    owner.enrol("a", "1");
    run();
    EXPECT_FALSE(old.executor().serving());
    EXPECT_TRUE(old.executor().outdated());
    EXPECT_EQ(owner.staff(), 2U);
    const auto refused = old.enrol("b", "2");
    run();
    EXPECT_EQ((*refused)->error(), not_serving);
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
