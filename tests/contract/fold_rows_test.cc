// The contract of events/fold/row_store.h, over both adapters.
#include <gtest/gtest.h>

#include <thread>

#include "events/fold/memory_rows.h"
#include "events/fold/rocks_rows.h"
#include "events/fold/row_batch.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::fold {
namespace {

/// One adapter under test; reopen() is a stop and start where the adapter knows such a thing.
class Adapter {
  public:
    virtual ~Adapter() = default;
    virtual RowStore& store() = 0;
};

class MemoryAdapter final : public Adapter {
  public:
    RowStore& store() override { return rows_; }

  private:
    MemoryRows rows_;
};

class RocksAdapter final : public Adapter {
  public:
    RocksAdapter() { rows_ = RocksRows::open_store({.directory = folder_.path()}).value(); }
    RowStore& store() override { return *rows_; }

  private:
    test::ScratchFolder folder_;
    std::unique_ptr<RocksRows> rows_;
};

using MakeAdapter = std::unique_ptr<Adapter> (*)();

class RowStoreContract : public ::testing::TestWithParam<MakeAdapter> {
  protected:
    using Rows = std::vector<std::pair<Bytes, Bytes>>;

    RowStore& store() { return adapter_->store(); }
    TablePtr open(std::string_view name) { return store().open(name).value(); }
    void commit(const RowBatch& batch, Durability durability = Durability::buffered) {
        const RowBatch* const batches[] = {&batch};
        ASSERT_TRUE(store().commit(batches, durability));
    }
    void put(const TablePtr& table, const Rows& rows) {
        RowBatch batch(table, store().latest());
        for (const auto& [key, value] : rows) {
            batch.put(key, value);
        }
        commit(batch);
    }
    static Rows rows_of(const ReadView& view, const TablePtr& table,
                        const KeyRange& range = KeyRange::all(),
                        Direction direction = Direction::forward) {
        Rows rows;
        const auto cursor = view.scan(*table, range, direction);
        for (; cursor->valid(); cursor->next()) {
            rows.emplace_back(cursor->key(), cursor->value());
        }
        EXPECT_TRUE(cursor->status());
        return rows;
    }
    Rows rows_of(const TablePtr& table) { return rows_of(store().latest(), table); }

  private:
    std::unique_ptr<Adapter> adapter_ = GetParam()();
};

TEST_P(RowStoreContract, ReturnsWhatWasCommitted) {
    const auto table = open("a");
    put(table, {{"k", "v"}, {Bytes("\0\xff", 2), Bytes("\0", 1)}, {"empty", ""}});
    EXPECT_EQ(store().latest().get(*table, "k").value(), "v");
    EXPECT_EQ(store().latest().get(*table, Bytes("\0\xff", 2)).value(), Bytes("\0", 1));
    EXPECT_EQ(store().latest().get(*table, "empty").value(), "");
    EXPECT_EQ(store().latest().get(*table, "absent").value(), std::nullopt);
}

TEST_P(RowStoreContract, ShowsNothingBeforeTheCommit) {
    const auto table = open("a");
    RowBatch batch(table, store().latest());
    batch.put("k", "v");
    EXPECT_EQ(store().latest().get(*table, "k").value(), std::nullopt);
    EXPECT_EQ(batch.get("k").value(), "v");
    commit(batch);
    EXPECT_EQ(store().latest().get(*table, "k").value(), "v");
}

TEST_P(RowStoreContract, KeepsTablesApart) {
    put(open("a"), {{"k", "of a"}});
    put(open("b"), {{"k", "of b"}});
    EXPECT_EQ(rows_of(open("a")), (Rows{{"k", "of a"}}));
    EXPECT_EQ(rows_of(open("b")), (Rows{{"k", "of b"}}));
    EXPECT_EQ(store().tables(), (std::vector<std::string>{"a", "b"}));
}

TEST_P(RowStoreContract, SortsKeysAsUnsignedBytes) {
    const auto table = open("a");
    const Rows sorted = {{Bytes("\0", 1), "1"}, {"a", "2"}, {"a\x7f", "3"},
                         {"a\x80", "4"},        {"b", "5"}, {"\xff", "6"}};
    put(table, Rows(sorted.rbegin(), sorted.rend()));
    EXPECT_EQ(rows_of(table), sorted);
    EXPECT_EQ(rows_of(store().latest(), table, KeyRange::all(), Direction::backward),
              Rows(sorted.rbegin(), sorted.rend()));
}

TEST_P(RowStoreContract, ScansTheRangeAndNothingElse) {
    const auto table = open("a");
    put(table, {{"a", "1"}, {"b", "2"}, {"ba", "3"}, {"b\xff", "4"}, {"c", "5"}});
    const auto& view = store().latest();
    EXPECT_EQ(rows_of(view, table, KeyRange::prefix("b")),
              (Rows{{"b", "2"}, {"ba", "3"}, {"b\xff", "4"}}));
    EXPECT_EQ(rows_of(view, table, KeyRange::prefix("b"), Direction::backward),
              (Rows{{"b\xff", "4"}, {"ba", "3"}, {"b", "2"}}));
    EXPECT_EQ(rows_of(view, table, KeyRange::from("ba")),
              (Rows{{"ba", "3"}, {"b\xff", "4"}, {"c", "5"}}));
    EXPECT_EQ(rows_of(view, table, {"b", "b"}), Rows());
    EXPECT_EQ(rows_of(view, table, {"c", "b"}), Rows());
    EXPECT_EQ(rows_of(view, table, KeyRange::prefix("x")), Rows());
}

TEST_P(RowStoreContract, EndsThePrefixOfHighestBytesAtTheEnd) {
    const auto table = open("a");
    put(table, {{"\xfe", "1"}, {"\xff", "2"}, {"\xff\xff\xff", "3"}});
    EXPECT_EQ(rows_of(store().latest(), table, KeyRange::prefix("\xff")),
              (Rows{{"\xff", "2"}, {"\xff\xff\xff", "3"}}));
}

TEST_P(RowStoreContract, ErasesRowsAndRanges) {
    const auto table = open("a");
    put(table, {{"a", "1"}, {"p1", "2"}, {"p2", "3"}, {"z", "4"}});
    RowBatch batch(table, store().latest());
    batch.put("p3", "new, and gone with the rest");
    batch.erase_range(KeyRange::prefix("p"));
    batch.put("p2", "after");
    batch.erase("z");
    batch.erase("absent");
    commit(batch);
    EXPECT_EQ(rows_of(table), (Rows{{"a", "1"}, {"p2", "after"}}));
}

TEST_P(RowStoreContract, CommitsAllTablesAsOne) {
    const auto a = open("a");
    const auto b = open("b");
    RowBatch rows(a, store().latest());
    RowBatch position(b, store().latest());
    rows.put("k", "v");
    position.put("a", "1");
    const RowBatch* const batches[] = {&rows, &position};
    const auto before = store().snapshot();
    ASSERT_TRUE(store().commit(batches, Durability::synced));
    EXPECT_EQ(rows_of(*before, a), Rows());
    EXPECT_EQ(rows_of(*before, b), Rows());
    EXPECT_EQ(rows_of(a), (Rows{{"k", "v"}}));
    EXPECT_EQ(rows_of(b), (Rows{{"a", "1"}}));
}

TEST_P(RowStoreContract, KeepsSnapshotsAndCursorsAsTheyWere) {
    const auto table = open("a");
    put(table, {{"a", "1"}, {"b", "2"}});
    const auto snapshot = store().snapshot();
    const auto cursor = store().latest().scan(*table, KeyRange::all());
    RowBatch batch(table, store().latest());
    batch.put("a", "changed");
    batch.erase("b");
    batch.put("c", "3");
    commit(batch);
    EXPECT_EQ(rows_of(*snapshot, table), (Rows{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(snapshot->get(*table, "a").value(), "1");
    ASSERT_TRUE(cursor->valid());
    EXPECT_EQ(cursor->value(), "1");
    cursor->next();
    ASSERT_TRUE(cursor->valid());
    EXPECT_EQ(cursor->key(), "b");
    cursor->next();
    EXPECT_FALSE(cursor->valid());
    EXPECT_EQ(rows_of(table), (Rows{{"a", "changed"}, {"c", "3"}}));
}

TEST_P(RowStoreContract, KeepsADroppedTableForItsHolders) {
    const auto table = open("a");
    put(table, {{"k", "v"}});
    ASSERT_TRUE(store().drop(table));
    EXPECT_TRUE(store().tables().empty());
    EXPECT_EQ(rows_of(table), (Rows{{"k", "v"}}));
    EXPECT_EQ(rows_of(*store().snapshot(), table), (Rows{{"k", "v"}}));
    const auto again = open("a");
    EXPECT_EQ(rows_of(again), Rows());
    put(again, {{"k", "of the new one"}});
    ASSERT_TRUE(store().drop(table)) << "dropping twice is nothing";
    EXPECT_EQ(rows_of(open("a")), (Rows{{"k", "of the new one"}}));
}

TEST_P(RowStoreContract, LoadsSortedRunsFromSeveralThreadsAtOnce) {
    const auto table = open("a");
    auto load = store().load(table).value();
    constexpr int rows_each = 5000;
    std::vector<std::thread> threads;
    for (const char* prefix : {"b", "a", "d", "c"}) {
        threads.emplace_back([&load, prefix] {
            auto run = load->begin_run().value();
            for (int i = 0; i < rows_each; ++i) {
                ASSERT_TRUE(run->add(prefix + std::to_string(100000 + i), prefix));
            }
            ASSERT_TRUE(run->finish());
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(rows_of(table), Rows()) << "nothing shows before the load has finished";
    ASSERT_TRUE(load->finish());
    const Rows rows = rows_of(table);
    ASSERT_EQ(rows.size(), 4U * rows_each);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
    EXPECT_EQ(store().probe().loaded, 4U * rows_each);
    EXPECT_EQ(store().probe().puts, 0U);
    put(table, {{"a100000", "written over"}, {"e", "behind"}});
    EXPECT_EQ(store().latest().get(*table, "a100000").value(), "written over");
    EXPECT_EQ(rows_of(table).back(), (std::pair<Bytes, Bytes>("e", "behind")));
}

TEST_P(RowStoreContract, RefusesAnUnsortedLoad) {
    const auto table = open("a");
    auto load = store().load(table).value();
    auto run = load->begin_run().value();
    ASSERT_TRUE(run->add("b", "1"));
    EXPECT_EQ(run->add("b", "2").error(), rows_unsorted);
    EXPECT_EQ(run->add("a", "3").error(), rows_unsorted);
}

TEST_P(RowStoreContract, ForgetsALoadThatWasNotFinished) {
    const auto table = open("a");
    {
        auto load = store().load(table).value();
        auto run = load->begin_run().value();
        ASSERT_TRUE(run->add("b", "1"));
        ASSERT_TRUE(run->finish());
    }
    EXPECT_EQ(rows_of(table), Rows());
    auto load = store().load(table).value();
    ASSERT_TRUE(load->finish()) << "an empty load is good";
    EXPECT_EQ(rows_of(table), Rows());
}

TEST_P(RowStoreContract, CountsWhatItWrites) {
    const auto table = open("a");
    RowBatch batch(table, store().latest());
    batch.put("a", "1");
    batch.put("a", "2");
    batch.put("b", "1");
    batch.erase("c");
    commit(batch);
    EXPECT_EQ(store().probe().puts, 2U);
    EXPECT_EQ(store().probe().erasures, 1U);
    EXPECT_EQ(store().probe().commits, 1U);
}

TEST_P(RowStoreContract, ScrubsWithoutChangingWhatIsRead) {
    const auto table = open("a");
    put(table, {{"a", "1"}, {"b", "2"}});
    RowBatch batch(table, store().latest());
    batch.erase("a");
    commit(batch);
    ASSERT_TRUE(store().scrub(*table, KeyRange::all()));
    EXPECT_EQ(rows_of(table), (Rows{{"b", "2"}}));
}

INSTANTIATE_TEST_SUITE_P(Memory, RowStoreContract,
                         ::testing::Values(+[]() -> std::unique_ptr<Adapter> {
                             return std::make_unique<MemoryAdapter>();
                         }));
INSTANTIATE_TEST_SUITE_P(Rocks, RowStoreContract,
                         ::testing::Values(+[]() -> std::unique_ptr<Adapter> {
                             return std::make_unique<RocksAdapter>();
                         }));

}  // namespace
}  // namespace chopmark::fold
