#include "aggregates/runtime/executor.h"

#include <gtest/gtest.h>

#include "tests/support/control_bench.h"

namespace chopmark::runtime {
namespace {

using journal::Fault;
using test::ControlBench;

/// Fails the next append in the given way; terms open undisturbed.
class OneFault {
  public:
    explicit OneFault(Fault fault) : fault_(fault) {}
    void arm() { armed_ = true; }
    Fault operator()() { return std::exchange(armed_, false) ? fault_ : Fault(); }

  private:
    Fault fault_;
    bool armed_ = false;
};

TEST(Executor, RefusesUntilItServes) {
    ControlBench bench;
    const auto early = bench.send(ControlBench::enrol("a"), bench.by_first("1"));
    bench.run();
    ASSERT_TRUE(early->has_value());
    EXPECT_EQ((*early)->error(), not_serving);
    ASSERT_TRUE(bench.serve());
    const auto late = bench.send(ControlBench::enrol("a"), bench.by_first("2"));
    bench.run();
    EXPECT_TRUE(late->has_value() && late->value());
}

TEST(Executor, AnswersOnlyWhatTheJournalAccepted) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    const auto outcome = bench.send(ControlBench::enrol("a"), bench.by_first("1"));
    bench.run_strands();
    EXPECT_FALSE(outcome->has_value()) << "decided, but not accepted yet";
    bench.run();
    ASSERT_TRUE(outcome->has_value() && outcome->value());
    const Receipt& receipt = **outcome->operator->();
    EXPECT_EQ(
        journal::read_one(bench.journal(), receipt.partition, receipt.sequence).value()->sequence,
        receipt.sequence);
    EXPECT_EQ(bench.staff(), 2U);
}

// A2: a refusal may rest on a record in flight, so it waits for it.
TEST(Executor, HoldsARefusalUntilWhatItRestsOnIsAccepted) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    const auto first = bench.send(ControlBench::enrol("a"), bench.by_first("1"));
    const auto second = bench.send(ControlBench::enrol("a"), bench.by_first("2"));
    bench.run_strands();
    EXPECT_FALSE(first->has_value());
    EXPECT_FALSE(second->has_value()) << "refused on a record that is not accepted yet";
    bench.run();
    EXPECT_TRUE(first->value());
    EXPECT_EQ(second->value().error(), control::staff_exists);
}

TEST(Executor, RepetitionIsTheSameRecord) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    const auto head = bench.by_first("1");
    const auto first = bench.send(ControlBench::enrol("a"), head);
    const auto in_flight = bench.send(ControlBench::enrol("a"), head);
    bench.run();
    const auto later = bench.send(ControlBench::enrol("a"), head);
    bench.run();
    ASSERT_TRUE(first->value() && in_flight->value() && later->value());
    EXPECT_FALSE(first->value()->replayed);
    EXPECT_TRUE(in_flight->value()->replayed);
    EXPECT_TRUE(later->value()->replayed);
    EXPECT_EQ(first->value()->sequence, in_flight->value()->sequence);
    EXPECT_EQ(first->value()->sequence, later->value()->sequence);
    EXPECT_EQ(bench.staff(), 2U);
}

TEST(Executor, SameIdWithOtherContentIsRefused) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    const auto first = bench.send(ControlBench::enrol("a"), bench.by_first("1", "x"));
    const auto in_flight = bench.send(ControlBench::enrol("b"), bench.by_first("1", "y"));
    bench.run();
    const auto later = bench.send(ControlBench::enrol("b"), bench.by_first("1", "y"));
    bench.run();
    EXPECT_TRUE(first->value());
    EXPECT_EQ(in_flight->value().error(), command_id_reused);
    EXPECT_EQ(later->value().error(), command_id_reused);
}

TEST(Executor, ARefusedCommandStaysRefused) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    const StaffId stranger = control::staff_id_of(test::key_named("a"));
    const auto head = test::staff_command("1", stranger, bench.clock.now());
    const auto before = bench.send(ControlBench::enrol("b"), head);
    bench.run();
    EXPECT_EQ(before->value().error(), control::staff_not_permitted);
    // Even when the same command would be permitted now, its answer was no.
    control::EnrolStaff administrator;
    administrator.public_key = test::key_named("a");
    administrator.staff = stranger;
    administrator.roles = {schema::STAFF_ROLE_ADMINISTRATOR};
    bench.send(control::StaffCommand(administrator), bench.by_first("2"));
    bench.run();
    const auto after = bench.send(ControlBench::enrol("b"), head);
    bench.run();
    EXPECT_EQ(after->value().error(), control::staff_not_permitted);
}

TEST(Executor, RepetitionIsRecognisedAfterARestart) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    const auto head = bench.by_first("1");
    const auto first = bench.send(ControlBench::enrol("a"), head);
    bench.run();
    ASSERT_TRUE(bench.domain().flush());
    bench.restart();
    ASSERT_TRUE(bench.serve());
    const auto again = bench.send(ControlBench::enrol("a"), head);
    bench.run();
    ASSERT_TRUE(again->value());
    EXPECT_TRUE(again->value()->replayed);
    EXPECT_EQ(again->value()->sequence, first->value()->sequence);
}

TEST(Executor, StateIsFoldedAgainFromWhereItsRowsEnd) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    bench.send(ControlBench::enrol("a"), bench.by_first("1"));
    bench.run();
    ASSERT_TRUE(bench.domain().flush());
    bench.send(ControlBench::enrol("b"), bench.by_first("2"));
    bench.run();
    const auto before = *bench.snapshots.latest()->state;
    bench.restart();
    ASSERT_TRUE(bench.serve());
    EXPECT_EQ(*bench.snapshots.latest()->state, before);
}

class ExecutorAfterFault : public ::testing::TestWithParam<Fault::What> {};

// Whatever an append that was reported as failed really did, the command is in the log once, and
// its caller is told so.
TEST_P(ExecutorAfterFault, CommandIsRecordedOnceAndAnswered) {
    OneFault fault({GetParam(), 3});
    ControlBench bench(1, [&](PartitionId, std::size_t) { return fault(); });
    ASSERT_TRUE(bench.serve());
    fault.arm();
    const auto outcome = bench.send(ControlBench::enrol("a"), bench.by_first("1"));
    const auto behind = bench.send(ControlBench::enrol("a"), bench.by_first("2"));
    bench.run();
    if (GetParam() != Fault::What::delayed) {
        EXPECT_FALSE(outcome->has_value()) << "nothing is certain before the next term";
        EXPECT_FALSE(bench.executor().probe().serving);
        ASSERT_TRUE(bench.serve());
    }
    ASSERT_TRUE(outcome->has_value() && behind->has_value());
    EXPECT_TRUE(outcome->value());
    EXPECT_EQ(behind->value().error(), control::staff_exists);
    EXPECT_EQ(bench.staff(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Faults, ExecutorAfterFault,
                         ::testing::Values(Fault::What::failed, Fault::What::failed_but_persisted,
                                           Fault::What::failed_but_late, Fault::What::delayed));

TEST(Executor, BoundsWhatWaits) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    std::vector<std::shared_ptr<ControlBench::Outcome>> outcomes;
    for (std::size_t i = 0; i < limits::executor_queue_commands + 1; ++i) {
        const std::string name = "c" + std::to_string(i);
        outcomes.push_back(bench.send(ControlBench::enrol("a"), bench.by_first(name)));
    }
    ASSERT_TRUE(outcomes.back()->has_value());
    EXPECT_EQ((*outcomes.back())->error(), executor_busy);
    EXPECT_FALSE(outcomes.front()->has_value());
    bench.run();
    EXPECT_TRUE(outcomes.front()->value());
}

TEST(Executor, RecordedTimeRisesEvenWhenTheClockFalls) {
    ControlBench bench;
    ASSERT_TRUE(bench.serve());
    const auto first = bench.send(ControlBench::enrol("a"), bench.by_first("1"));
    bench.run();
    bench.clock.advance(-std::chrono::seconds(10));
    const auto second = bench.send(ControlBench::enrol("b"), bench.by_first("2"));
    bench.run();
    EXPECT_GT(second->value()->recorded_at, first->value()->recorded_at);
}

}  // namespace
}  // namespace chopmark::runtime
