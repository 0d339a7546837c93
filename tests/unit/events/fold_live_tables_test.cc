#include <gtest/gtest.h>

#include "events/fold/event_index.h"
#include "events/fold/live_tables.h"
#include "events/fold/memory_rows.h"
#include "events/fold/row_batch.h"
#include "events/fold/runner.h"
#include "tests/support/plain_journal.h"
#include "tests/support/simulated.h"

namespace chopmark::fold {
namespace {

class LiveTablesTest : public ::testing::Test {
  protected:
    LiveTablesTest() { open(); }
    void open() { tables = LiveTables::open(store).value(); }
    /// Puts a row and a position into a table.
    void fill(const TablePtr& table, std::string_view value, std::uint64_t next) {
        RowBatch rows(table, store.latest());
        rows.put("k", Bytes(value));
        RowBatch position(tables->positions(), store.latest());
        Positions at;
        at.set(PartitionId(1), Sequence(next));
        position.put(table->name(), at.encode());
        const RowBatch* const batches[] = {&rows, &position};
        ASSERT_TRUE(store.commit(batches, Durability::buffered));
    }
    std::string read(std::string_view name) {
        const auto reading = tables->read(name).value();
        return reading.get("k").value().value_or("nothing") + " at " +
               std::to_string(reading.positions().at(PartitionId(1)).value());
    }

    MemoryRows store{{.buffered_commits = 10}};
    std::unique_ptr<LiveTables> tables;
};

TEST_F(LiveTablesTest, KeepTheTableOfAVersion) {
    EXPECT_EQ(tables->read("a").error(), not_live);
    fill(tables->adopt("a", 1).value(), "v1", 5);
    EXPECT_EQ(read("a"), "v1 at 5");
    open();
    EXPECT_EQ(tables->adopt("a", 1).value(), tables->live("a").value());
    EXPECT_EQ(read("a"), "v1 at 5");
}

TEST_F(LiveTablesTest, BeginEmptyWithAnotherVersionAndDropTheOld) {
    fill(tables->adopt("a", 1).value(), "v1", 5);
    const auto old = tables->read("a").value();
    ASSERT_TRUE(tables->adopt("a", 2));
    EXPECT_EQ(read("a"), "nothing at 0");
    EXPECT_EQ(old.get("k").value(), "v1") << "a reading that began before goes on";
    EXPECT_EQ(store.tables(),
              (std::vector<std::string>{tables->live("a").value()->name(), "live", "positions"}));
}

TEST_F(LiveTablesTest, SwitchOnlyWhenTold) {
    fill(tables->adopt("a", 1).value(), "live", 5);
    const auto beside = tables->make_beside("a", 1).value();
    fill(beside, "rebuilt", 6);
    EXPECT_EQ(read("a"), "live at 5");
    ASSERT_TRUE(tables->switch_to(beside));
    EXPECT_EQ(read("a"), "rebuilt at 6");
    store.lose_buffered(10);
    open();
    ASSERT_TRUE(tables->adopt("a", 1));
    EXPECT_EQ(read("a"), "rebuilt at 6") << "the switch was synced";
}

TEST_F(LiveTablesTest, ForgetWhatWasHalfBuiltInACrash) {
    fill(tables->adopt("a", 1).value(), "live", 5);
    const auto beside = tables->make_beside("a", 1).value();
    fill(beside, "half built", 3);
    const std::string name = beside->name();
    open();
    const auto names = store.tables();
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 0);
    const auto again = tables->make_beside("a", 1).value();
    EXPECT_EQ(again->name(), name) << "the name is given again";
    ASSERT_TRUE(tables->switch_to(again));
    EXPECT_EQ(read("a"), "nothing at 0") << "but neither rows nor position";
}

TEST_F(LiveTablesTest, DiscardATableWithItsPosition) {
    const auto beside = tables->make_beside("a", 1).value();
    fill(beside, "rebuilt", 6);
    ASSERT_TRUE(tables->discard(beside));
    EXPECT_EQ(store.tables(), (std::vector<std::string>{"live", "positions"}));
    EXPECT_EQ(read_positions(store.latest(), *tables->positions(), *beside).value(), Positions());
}

TEST_F(LiveTablesTest, KnowHowFarAnyFoldHasCome) {
    EXPECT_EQ(furthest_position(store.latest(), *tables->positions()).value(), Positions());
    fill(tables->adopt("a", 1).value(), "", 5);
    fill(tables->adopt("b", 1).value(), "", 9);
    fill(tables->adopt("c", 1).value(), "", 7);
    EXPECT_EQ(furthest_position(store.latest(), *tables->positions())->at(PartitionId(1)),
              Sequence(9));
}

TEST_F(LiveTablesTest, LeaveTablesOfOthersAlone) {
    fill(store.open("state").value(), "not a fold's", 1);
    open();
    const auto names = store.tables();
    EXPECT_EQ(std::count(names.begin(), names.end(), "state"), 1);
}

TEST_F(LiveTablesTest, HoldAnIndexFromEventIdToPlace) {
    test::PlainJournal journal(2);
    test::ClearVault vault;
    test::ManualClock clock;
    const EventIndex index;
    const auto table = tables->adopt(index.name(), index.version()).value();
    const auto runner =
        Runner::open({journal, *tables, vault, clock}, {{&index, table}}, {}).value();
    journal.append(PartitionId(1), test::login(test::account(1, 1)));
    const auto second = journal.append(PartitionId(2), test::login(test::account(900, 1)));
    journal.append_raw(control_partition, journal::partition_opened, "");
    const auto before = store.probe().puts;
    while (runner->pump().value()) {
    }
    EXPECT_EQ(store.probe().puts - before, 3U + 1U) << "one a record, and the position";
    const auto id = record::decode_prelude(second->record.leaf)->event_id;
    EXPECT_EQ(find_event(*tables, prefix_of(id)).value(), (Place{PartitionId(2), Sequence(0)}));
    EXPECT_EQ(find_event(*tables, EventIdPrefix{}).value(), std::nullopt);
    EXPECT_EQ(to_hex(view(prefix_of(id))), id.hex().substr(0, 24));
}

}  // namespace
}  // namespace chopmark::fold
