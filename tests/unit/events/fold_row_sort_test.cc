#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "events/fold/memory_rows.h"
#include "events/fold/rocks_rows.h"
#include "events/fold/row_sort.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::fold {
namespace {

using Rows = std::map<Bytes, Bytes>;

class RowSortTest : public ::testing::Test {
  protected:
    /// Keys of several lengths, some a prefix of another, some there twice.
    static std::vector<std::pair<Bytes, Bytes>> by_chance(std::size_t number) {
        std::mt19937_64 chance(20260103);
        std::vector<std::pair<Bytes, Bytes>> out;
        for (std::size_t i = 0; i < number; ++i) {
            Bytes key;
            append_big_endian(key, chance() % (2 * number));
            key = key.substr(4 + chance() % 4);
            out.emplace_back(key, std::to_string(chance() % 1000));
        }
        out.emplace_back("", "the empty key");
        return out;
    }
    static Rows greatest_of(const std::vector<std::pair<Bytes, Bytes>>& rows) {
        Rows out;
        for (const auto& [key, value] : rows) {
            Bytes& held = out.try_emplace(key, value).first->second;
            held = std::max(held, value);
        }
        return out;
    }
    static Rows rows_of(const RowStore& store, const TablePtr& table) {
        Rows out;
        const auto cursor = store.latest().scan(*table, KeyRange::all());
        for (; cursor->valid(); cursor->next()) {
            out.emplace(cursor->key(), cursor->value());
        }
        return out;
    }
    /// By so many collectors, one after the other.
    std::uint64_t load(RowStore& store, const TablePtr& table,
                       const std::vector<std::pair<Bytes, Bytes>>& rows, std::size_t collectors,
                       std::size_t memory_bytes, unsigned threads) {
        RowSort sort(scratch.path(), "rows");
        for (std::size_t c = 0; c < collectors; ++c) {
            RowSort::Collector collector(sort, memory_bytes);
            for (std::size_t i = c; i < rows.size(); i += collectors) {
                EXPECT_TRUE(collector.add(rows[i].first, rows[i].second));
            }
            collector.finish();
        }
        const auto into = store.load(table).value();
        const auto loaded = sort.load(*into, threads);
        EXPECT_TRUE(loaded);
        EXPECT_TRUE(into->finish());
        return *loaded;
    }

    test::ScratchFolder scratch;
};

TEST_F(RowSortTest, LoadsTheSameRowsWhateverMemoryAndThreads) {
    const auto rows = by_chance(20'000);
    const Rows expected = greatest_of(rows);
    ASSERT_LT(expected.size(), rows.size()) << "some keys are there twice";
    for (const std::size_t memory : {std::size_t{1}, std::size_t{100'000}, std::size_t{1} << 30}) {
        for (const unsigned threads : {1U, 2U, 5U}) {
            MemoryRows store;
            const auto table = store.open("t").value();
            EXPECT_EQ(load(store, table, rows, threads, memory, threads), expected.size());
            EXPECT_EQ(rows_of(store, table), expected);
        }
    }
    EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST_F(RowSortTest, GivesRocksRunsItTakes) {
    test::ScratchFolder folder;
    const auto store = RocksRows::open_store({.directory = folder.path()}).value();
    const auto table = store->open("t").value();
    const auto rows = by_chance(3000);
    load(*store, table, rows, 3, 10'000, 2);
    EXPECT_EQ(rows_of(*store, table), greatest_of(rows));
}

TEST_F(RowSortTest, LoadsNothingOfNothing) {
    MemoryRows store;
    const auto table = store.open("t").value();
    EXPECT_EQ(load(store, table, {}, 2, 1000, 2), 0U);
}

TEST_F(RowSortTest, RefusesRowsThatNoEventMakes) {
    RowSort sort(scratch.path(), "rows");
    RowSort::Collector collector(sort, 1000);
    EXPECT_EQ(collector.add("key", Bytes(1 << 20, 'x')).error(), row_too_large);
}

TEST_F(RowSortTest, SaysThatAChunkIsDamaged) {
    RowSort sort(scratch.path(), "rows");
    RowSort::Collector collector(sort, 1);
    ASSERT_TRUE(collector.add("key", Bytes(100'000, 'v')));
    collector.finish();
    std::filesystem::resize_file(scratch.path() / "rows.0", 9000);
    MemoryRows store;
    const auto into = store.load(store.open("t").value()).value();
    EXPECT_FALSE(sort.load(*into, 2));
}

}  // namespace
}  // namespace chopmark::fold
