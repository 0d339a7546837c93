#include <gtest/gtest.h>

#include "events/fold/event_index.h"
#include "events/fold/memory_rows.h"
#include "events/fold/rebuild.h"
#include "tests/support/plain_journal.h"
#include "tests/support/sample_views.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/simulated.h"

namespace chopmark::fold {
namespace {

constexpr std::uint16_t partitions = 2;

class RebuildTest : public ::testing::Test {
  protected:
    RebuildTest() { options.scratch = folder.path() / "rebuild"; }
    void append(std::size_t records) {
        for (std::size_t i = 0; i < records; ++i) {
            const auto slot = static_cast<std::uint16_t>(appended++ * 37 % 1024);
            last = journal.append(partition_of(Slot(slot), partitions),
                                  test::login(test::account(slot, 1)), clock.now());
        }
    }
    void start() {
        const auto table = tables->adopt(log.name(), log.version()).value();
        runner = Runner::open(around, {{&log, table}}, {}).value();
        while (runner->pump().value()) {
        }
    }
    std::uint64_t live_rows() {
        std::uint64_t rows = 0;
        const auto reading = tables->read(log.name()).value();
        for (auto row = reading.scan(KeyRange::all()); row->valid(); row->next()) {
            ++rows;
        }
        return rows;
    }
    EventId id_of(const journal::EntryPtr& entry) {
        return record::decode_prelude(entry->record.leaf)->event_id;
    }

    test::ScratchFolder folder;
    test::PlainJournal journal{partitions};
    test::ClearVault vault;
    test::ManualClock clock;
    MemoryRows store;
    std::unique_ptr<LiveTables> tables = LiveTables::open(store).value();
    Runner::Surroundings around{journal, *tables, vault, clock};
    test::SampleLog log{partitions};
    std::unique_ptr<Runner> runner;
    BuildOptions options;
    std::uint64_t appended = 0;
    journal::EntryPtr last;
};

TEST_F(RebuildTest, SwitchesToRowsLoadedWithoutASinglePut) {
    append(3000);
    start();
    const std::uint64_t rows = live_rows();
    const auto old = tables->live(log.name()).value();
    const auto before = store.probe();
    const auto report = rebuild(*runner, around, {&log}, options).value();
    EXPECT_EQ(report.events, 3000U);
    EXPECT_EQ(report.rows, rows);
    EXPECT_EQ(report.partitions_set_aside, 0U);
    EXPECT_EQ(store.probe().loaded - before.loaded, rows);
    EXPECT_LE(store.probe().puts - before.puts, 3U) << "positions and the switch";
    EXPECT_NE(tables->live(log.name()).value(), old);
    EXPECT_EQ(live_rows(), rows);
    append(10);
    while (runner->pump().value()) {
    }
    EXPECT_GT(live_rows(), rows);
    EXPECT_TRUE(diff_rebuilt(around, log, options)->empty());
}

TEST_F(RebuildTest, SetsAsideWhatDoesNotFitAndLeavesNoFile) {
    append(3000);
    start();
    options.memory_bytes = 20'000;
    const auto report = rebuild(*runner, around, {&log}, options).value();
    EXPECT_EQ(report.partitions_set_aside, partitions);
    EXPECT_EQ(report.events, 3000U);
    EXPECT_TRUE(std::filesystem::is_empty(options.scratch));
    EXPECT_TRUE(diff_rebuilt(around, log, options)->empty());
}

TEST_F(RebuildTest, FoldsWhatCameWhileItWasBuilt) {
    append(100);
    start();
    const auto table = tables->make_beside(log.name(), log.version()).value();
    Positions upto;
    upto.set(PartitionId(1), Sequence(20));
    upto.set(PartitionId(2), Sequence(10));
    ASSERT_TRUE(build(around, {{&log, table}}, upto, options));
    EXPECT_EQ(read_positions(store.latest(), *tables->positions(), *table).value(), upto);
    ASSERT_TRUE(runner->replace(log, table));
    EXPECT_TRUE(diff_rebuilt(around, log, options)->empty());
    EXPECT_EQ(tables->read(log.name())->positions(), runner->status()[0].positions);
}

TEST_F(RebuildTest, NamesTheRowsThatDiffer) {
    append(50);
    start();
    const auto reading = tables->read(log.name()).value();
    const auto first = reading.scan(KeyRange::all());
    const Bytes changed(first->key());
    first->next();
    const Bytes lost(first->key());
    RowBatch damage(reading.table(), store.latest());
    damage.put(changed, "something else");
    damage.erase(lost);
    damage.put("\xff\xff surplus", "");
    const RowBatch* const batches[] = {&damage};
    ASSERT_TRUE(store.commit(batches, Durability::buffered));
    const auto difference = diff_rebuilt(around, log, options).value();
    using Row = Difference::Row;
    EXPECT_EQ(difference.differing, 3U);
    EXPECT_EQ(difference.first,
              (std::vector<Row>{{changed, Difference::What::other_value},
                                {lost, Difference::What::only_right},
                                {"\xff\xff surplus", Difference::What::only_left}}));
}

TEST_F(RebuildTest, LeavesTheLiveViewAloneWhenAnEventFails) {
    append(500);
    start();
    const auto live = tables->live(log.name()).value();
    const auto names = store.tables();
    log.fails_at = id_of(last);
    const auto report = rebuild(*runner, around, {&log}, options);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason.name, "test.poison");
    EXPECT_EQ(report.error().detail, " at " + std::to_string(last->sequence.value()) +
                                         " of partition " +
                                         std::to_string(last->partition.value()));
    EXPECT_EQ(tables->live(log.name()).value(), live);
    EXPECT_EQ(store.tables(), names);
}

TEST_F(RebuildTest, EndsWhenCancelled) {
    append(500);
    start();
    const std::atomic<bool> cancel{true};
    options.cancel = &cancel;
    const auto names = store.tables();
    EXPECT_EQ(rebuild(*runner, around, {&log}, options).error(), cancelled);
    EXPECT_EQ(store.tables(), names);
}

/// Breaks its promise: the row does not begin with the slot.
class Misplaced final : public View {
  public:
    std::string_view name() const override { return "misplaced"; }
    std::uint32_t version() const override { return 1; }
    Scope scope() const override { return Scope::slots; }
    Result<void> apply(const OpenedEvent& event, RowBatch& rows) const override {
        rows.put(event.prelude().event_id.to_bytes(), "");
        return {};
    }
};

TEST_F(RebuildTest, RefusesRowsThatDoNotBeginWithTheirSlot) {
    append(20);
    const Misplaced misplaced;
    const auto table = tables->make_beside(misplaced.name(), 1).value();
    Positions upto;
    upto.set(PartitionId(1), Sequence(5));
    EXPECT_EQ(build(around, {{&misplaced, table}}, upto, options).error(), wrong_slot);
}

TEST_F(RebuildTest, RefusesAnEventOfAForeignSlot) {
    journal.append(PartitionId(1), test::login(test::account(1000, 1)));
    const auto table = tables->make_beside(log.name(), 1).value();
    Positions upto;
    upto.set(PartitionId(1), Sequence(1));
    EXPECT_EQ(build(around, {{&log, table}}, upto, options).error(), wrong_slot);
}

TEST_F(RebuildTest, NeverReachesBeyondTheJournal) {
    append(5);
    const auto table = tables->make_beside(log.name(), 1).value();
    Positions upto;
    upto.set(PartitionId(1), Sequence(1000));
    EXPECT_EQ(build(around, {{&log, table}}, upto, options).error(), journal::beyond_end);
}

TEST_F(RebuildTest, DropsWhatACrashLeftHalfBuilt) {
    append(50);
    start();
    const auto names = store.tables();
    const auto table = tables->make_beside(log.name(), log.version()).value();
    ASSERT_TRUE(build(around, {{&log, table}}, tables->read(log.name())->positions(), options));
    runner.reset();
    tables = LiveTables::open(store).value();
    EXPECT_EQ(store.tables(), names);
}

TEST_F(RebuildTest, RunsBesideALiveThreadThatGoesOnFolding) {
    append(2000);
    start();
    runner->start();
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int i = 0; i < 3000 && !done; ++i) {
            append(1);
        }
    });
    ASSERT_TRUE(rebuild(*runner, around, {&log}, options));
    ASSERT_TRUE(rebuild(*runner, around, {&log}, options));
    writer.join();
    runner->stop();
    while (runner->pump().value()) {
    }
    EXPECT_TRUE(diff_rebuilt(around, log, options)->empty());
    EXPECT_EQ(runner->status()[0].lag_records, 0U);
}

TEST_F(RebuildTest, SweepsRowsThatAreGoneByRule) {
    append(3000);
    start();
    const std::uint64_t rows = live_rows();
    std::uint64_t even = 0;
    const auto reading = tables->read(log.name()).value();
    for (auto row = reading.scan(KeyRange::all()); row->valid(); row->next()) {
        even += row->key().back() % 2 == 0 ? 1 : 0;
    }
    ASSERT_GT(even, 0U);
    const auto gone = [](ByteView key, ByteView) { return key.back() % 2 == 0; };
    EXPECT_EQ(runner->sweep(log.name(), gone).value(), even);
    EXPECT_EQ(live_rows(), rows - even);
    EXPECT_EQ(runner->sweep(log.name(), gone).value(), 0U);
    EXPECT_EQ(runner->sweep("none", gone).error(), no_such_view);
}

TEST_F(RebuildTest, FillsViewsOfEveryOrderFromOneReading) {
    append(3000);
    journal.append(control_partition, test::cut({}));
    const EventIndex index;
    const test::SampleTypes types;
    const test::SamplePlaces places;
    std::vector<Runner::Assigned> views;
    for (const View* view : {static_cast<const View*>(&log), static_cast<const View*>(&index),
                             static_cast<const View*>(&types), static_cast<const View*>(&places)}) {
        views.push_back({view, tables->make_beside(view->name(), view->version()).value()});
    }
    Positions upto;
    for (std::uint16_t p = 0; p <= partitions; ++p) {
        upto.set(PartitionId(p), journal.head(PartitionId(p))->next);
    }
    options.sort_bytes = 20'000;
    const auto report = build(around, views, upto, options).value();
    EXPECT_EQ(report.events, 3001U);
    EXPECT_TRUE(std::filesystem::is_empty(options.scratch));
    auto runner_of_all = Runner::open(around, views, {}).value();
    EXPECT_FALSE(runner_of_all->pump().value()) << "nothing is left to be folded";
    for (const auto& status : runner_of_all->status()) {
        EXPECT_EQ(status.lag_records, 0U) << status.name;
    }
    std::uint64_t rows = 0;
    const auto cursor = store.latest().scan(*views[1].table, KeyRange::all());
    for (; cursor->valid(); cursor->next()) {
        ++rows;
    }
    EXPECT_EQ(rows, 3001U) << "of the index, one a record";
}

/// Breaks its promise: it looks for what it may erase.
class Taking final : public View {
  public:
    std::string_view name() const override { return "taking"; }
    std::uint32_t version() const override { return 1; }
    Scope scope() const override { return Scope::partitions; }
    bool only_adds() const override { return true; }
    Result<void> apply(const OpenedEvent& event, RowBatch& rows) const override {
        rows.erase(event.prelude().event_id.bytes());
        return {};
    }
};

TEST_F(RebuildTest, RefusesToEraseRowsOfAViewThatOnlyAdds) {
    append(20);
    const Taking taking;
    const auto table = tables->make_beside(taking.name(), 1).value();
    Positions upto;
    upto.set(PartitionId(1), Sequence(5));
    EXPECT_EQ(build(around, {{&taking, table}}, upto, options).error(), not_only_added);
}

TEST(FirstSlot, IsTheInverseOfPartitionOf) {
    for (const std::uint16_t p : std::vector<std::uint16_t>{1, 2, 3, 7, 16, 100, 1024}) {
        for (std::uint16_t slot = 0; slot < slot_count; ++slot) {
            const PartitionId partition = partition_of(Slot(slot), p);
            ASSERT_LE(first_slot(partition, p), slot);
            ASSERT_GT(first_slot(PartitionId(static_cast<std::uint16_t>(partition.value() + 1)), p),
                      slot);
        }
    }
}

}  // namespace
}  // namespace chopmark::fold
