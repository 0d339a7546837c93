#include <gtest/gtest.h>

#include "events/fold/memory_rows.h"
#include "events/fold/row_batch.h"

namespace chopmark::fold {
namespace {

using Rows = std::vector<std::pair<Bytes, Bytes>>;

class RowBatchTest : public ::testing::Test {
  protected:
    RowBatchTest() {
        RowBatch below(table, store.latest());
        for (const char* key : {"a", "c", "e", "g"}) {
            below.put(key, "below");
        }
        const RowBatch* const batches[] = {&below};
        EXPECT_TRUE(store.commit(batches, Durability::buffered));
    }
    static Rows rows_of(const RowBatch& batch, const KeyRange& range = KeyRange::all()) {
        Rows rows;
        EXPECT_TRUE(batch.scan(range, [&](ByteView key, ByteView value) {
            rows.emplace_back(key, value);
            return true;
        }));
        return rows;
    }

    MemoryRows store;
    TablePtr table = store.open("t").value();
};

TEST_F(RowBatchTest, ReadsItsOwnWritesOverTheRowsBelow) {
    RowBatch batch(table, store.latest());
    batch.put("b", "new");
    batch.put("c", "changed");
    batch.erase("e");
    EXPECT_EQ(batch.get("a").value(), "below");
    EXPECT_EQ(batch.get("b").value(), "new");
    EXPECT_EQ(batch.get("c").value(), "changed");
    EXPECT_EQ(batch.get("e").value(), std::nullopt);
    EXPECT_EQ(rows_of(batch),
              (Rows{{"a", "below"}, {"b", "new"}, {"c", "changed"}, {"g", "below"}}));
    EXPECT_EQ(rows_of(batch, {"b", "d"}), (Rows{{"b", "new"}, {"c", "changed"}}));
}

TEST_F(RowBatchTest, StopsScanningWhenTold) {
    RowBatch batch(table, store.latest());
    batch.put("b", "new");
    std::vector<Bytes> seen;
    ASSERT_TRUE(batch.scan(KeyRange::all(), [&](ByteView key, ByteView) {
        seen.emplace_back(key);
        return seen.size() < 2;
    }));
    EXPECT_EQ(seen, (std::vector<Bytes>{"a", "b"}));
}

TEST_F(RowBatchTest, HidesAnErasedRangeUntilItIsWrittenAgain) {
    RowBatch batch(table, store.latest());
    batch.put("d", "new");
    batch.erase_range({"c", "g"});
    EXPECT_EQ(rows_of(batch), (Rows{{"a", "below"}, {"g", "below"}}));
    EXPECT_EQ(batch.get("d").value(), std::nullopt);
    batch.put("e", "again");
    EXPECT_EQ(rows_of(batch), (Rows{{"a", "below"}, {"e", "again"}, {"g", "below"}}));
}

TEST_F(RowBatchTest, UndoesExactlyWhatCameAfterTheMark) {
    RowBatch batch(table, store.latest());
    batch.put("b", "before");
    batch.erase("a");
    const Rows before = rows_of(batch);
    const std::size_t bytes = batch.bytes();
    batch.mark();
    batch.put("b", "after");
    batch.put("b", "after again");
    batch.put("new", "row");
    batch.put("a", "back");
    batch.erase_range(KeyRange::prefix("b"));
    batch.erase_range(KeyRange::from("c"));
    batch.put("g", "over the erased range");
    batch.undo();
    EXPECT_EQ(rows_of(batch), before);
    EXPECT_EQ(batch.bytes(), bytes);
    EXPECT_EQ(batch.rows().size(), 2U);
    EXPECT_TRUE(batch.erased().empty());
}

TEST_F(RowBatchTest, StandsAloneOverNothing) {
    RowBatch batch(table);
    EXPECT_EQ(batch.get("a").value(), std::nullopt);
    batch.put("x", "1");
    batch.put("y", "2");
    batch.erase_range(KeyRange::prefix("x"));
    EXPECT_EQ(rows_of(batch), (Rows{{"y", "2"}}));
}

}  // namespace
}  // namespace chopmark::fold
