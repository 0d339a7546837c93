// Terms that do not open: they are tried again, ever later, for as long as the partition is wanted.
#include "ops/deciding.h"

#include <gtest/gtest.h>

#include <thread>

#include "events/fold/memory_rows.h"
#include "events/journal/peer_tails.h"
#include "tests/support/control_bench.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::ops {
namespace {

using namespace std::chrono_literals;

/// A journal on which no term opens while the test says so.
class Unwilling final : public journal::Journal {
  public:
    explicit Unwilling(journal::MemoryJournal& inner) : inner_(inner) {}

    Result<std::unique_ptr<journal::Writer>> open_term(PartitionId partition,
                                                       journal::Observer& observer) override {
        ++tries[partition];
        if (refusal) {
            return *refusal;
        }
        return inner_.open_term(partition, observer);
    }
    [[nodiscard]] std::uint16_t partitions() const override { return inner_.partitions(); }
    [[nodiscard]] Digest genesis_hash() const override { return inner_.genesis_hash(); }
    [[nodiscard]] Result<journal::Head> head(PartitionId partition) const override {
        return inner_.head(partition);
    }
    [[nodiscard]] Result<std::vector<journal::EntryPtr>> read(
        PartitionId partition, Sequence from, const journal::ReadBudget& budget) const override {
        return inner_.read(partition, from, budget);
    }
    [[nodiscard]] std::unique_ptr<journal::Subscription> follow(
        PartitionId partition, Sequence from, std::function<void(Sequence)> grown) override {
        return inner_.follow(partition, from, std::move(grown));
    }
    [[nodiscard]] journal::JournalProbe probe() const override { return inner_.probe(); }

    std::optional<Error> refusal;
    std::map<PartitionId, unsigned> tries;

  private:
    journal::MemoryJournal& inner_;
};

struct DecidingOf : testing::Test {
    static constexpr std::uint16_t citizens = 2;

    void SetUp() override {
        journal::MemoryJournal::Options stepped;
        stepped.own_thread = false;
        memory = *journal::MemoryJournal::open(std::make_shared<journal::MemoryLog>(citizens),
                                               test::sandbox_founding(citizens),
                                               {ca, node, clock, entropy}, stepped);
        journal.emplace(*memory);
        tables = *fold::LiveTables::open(rows);
        deciding = *Deciding::open({*journal, rows, *tables, vault, *bench.ring, clock, entropy,
                                    pool, [this]() -> Strand& { return strands.make_strand(); }},
                                   {});
        deciding->follow();
    }
    /// As the timers do, but faster.
    void live(Duration time) {
        const auto until = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < until) {
            deciding->keep_serving();
            while (strands.run_one() || memory->step() || pool.run_one()) {
            }
            std::this_thread::sleep_for(2ms);
        }
    }
    static Ownership all() { return {true, {control_partition, PartitionId(1), PartitionId(2)}}; }

    test::GatewayBench bench;  // for its keys
    test::ManualClock clock;
    test::SeededEntropy entropy{7};
    test::PlainVault vault;
    test::TestNodeCa ca{"ca"};
    test::TestNode node = ca.issue("node");
    test::Scheduler strands{7};
    test::PumpedPool pool;
    fold::MemoryRows rows{fold::MemoryRows::Options()};
    std::unique_ptr<fold::LiveTables> tables;
    std::unique_ptr<journal::MemoryJournal> memory;
    std::optional<Unwilling> journal;
    std::unique_ptr<Deciding> deciding;
};

class DecidingWithout : public DecidingOf, public testing::WithParamInterface<Reason> {};

TEST_P(DecidingWithout, TriesAgainUntilATermOpens) {
    journal->refusal = Error(GetParam());
    deciding->assign(all());
    live(400ms);
    EXPECT_EQ(deciding->probe().served, 0U);
    EXPECT_EQ(journal->tries.size(), citizens + 1U);
    for (const auto& [partition, tries] : journal->tries) {
        EXPECT_GE(tries, 2U) << "partition " << partition.value();
        EXPECT_LE(tries, 4U) << "partition " << partition.value() << ", and not at every look";
    }
    journal->refusal.reset();
    live(1100ms);
    EXPECT_EQ(deciding->probe().served, citizens + 1U) << "within a second";
}

INSTANTIATE_TEST_SUITE_P(Reasons, DecidingWithout,
                         testing::Values(journal::not_ready, journal::term_ended,
                                         journal::tail_missing, journal::tail_contradicted,
                                         journal::damaged));

TEST_F(DecidingOf, TriesNoMoreWhatIsNotWantedHere) {
    journal->refusal = Error(journal::not_ready);
    deciding->assign(all());
    live(150ms);
    deciding->assign({true, {PartitionId(1)}});
    journal->tries.clear();
    live(500ms);
    EXPECT_GE(journal->tries[PartitionId(1)], 1U);
    EXPECT_EQ(journal->tries[PartitionId(2)], 0U);
    EXPECT_EQ(journal->tries[control_partition], 0U);
}

}  // namespace
}  // namespace chopmark::ops
