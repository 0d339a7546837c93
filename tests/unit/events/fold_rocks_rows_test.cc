// What only the RocksDB adapter promises: rows on disk, one process, scrubbing and checkpoints.
#include <gtest/gtest.h>

#include <fstream>

#include "events/fold/rocks_rows.h"
#include "events/fold/row_batch.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::fold {
namespace {

class RocksRowsTest : public ::testing::Test {
  protected:
    std::unique_ptr<RocksRows> open() {
        return RocksRows::open_store({.directory = path()}).value();
    }
    std::filesystem::path path() const { return folder_.path() / "rows"; }
    std::filesystem::path beside() const { return folder_.path() / "beside"; }

    static void put(RocksRows& store, std::string_view table, Bytes key, Bytes value) {
        RowBatch batch(store.open(table).value(), store.latest());
        batch.put(std::move(key), std::move(value));
        const RowBatch* const batches[] = {&batch};
        ASSERT_TRUE(store.commit(batches, Durability::buffered));
    }
    static std::optional<Bytes> get(RocksRows& store, std::string_view table, ByteView key) {
        return store.latest().get(*store.open(table).value(), key).value();
    }
    /// Some file of the store holds these bytes.
    bool on_disk(ByteView bytes) const {
        for (const auto& file : std::filesystem::recursive_directory_iterator(path())) {
            if (file.is_regular_file()) {
                std::ifstream in(file.path(), std::ios::binary);
                const std::string content(std::istreambuf_iterator<char>(in), {});
                if (content.find(bytes) != std::string::npos) {
                    return true;
                }
            }
        }
        return false;
    }

  private:
    test::ScratchFolder folder_;
};

TEST_F(RocksRowsTest, KeepsTablesAndRowsOverARestart) {
    {
        auto store = open();
        put(*store, "a", "k", "v");
        put(*store, "b", "k", "w");
    }
    auto store = open();
    EXPECT_EQ(store->tables(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(get(*store, "a", "k"), "v");
    EXPECT_EQ(get(*store, "b", "k"), "w");
}

TEST_F(RocksRowsTest, IsOpenInOnePlaceAtATime) {
    auto store = open();
    EXPECT_EQ(RocksRows::open_store({.directory = path()}).error(), rows_locked);
    store.reset();
    EXPECT_TRUE(RocksRows::open_store({.directory = path()}));
}

TEST_F(RocksRowsTest, StaysOpenForWhoeverHoldsATable) {
    auto store = open();
    put(*store, "a", "k", "v");
    const auto table = store->open("a").value();
    const auto snapshot = store->snapshot();
    store.reset();
    EXPECT_EQ(snapshot->get(*table, "k").value(), "v");
}

TEST_F(RocksRowsTest, ForgetsADroppedTableOverARestart) {
    {
        auto store = open();
        put(*store, "a", "k", "v");
        ASSERT_TRUE(store->drop(store->open("a").value()));
    }
    auto store = open();
    EXPECT_TRUE(store->tables().empty());
    EXPECT_EQ(get(*store, "a", "k"), std::nullopt);
}

TEST_F(RocksRowsTest, EmptiesTheLoadingFolderAtTheStart) {
    { auto store = open(); }
    const auto left_over = path() / "loading" / "7.sst";
    std::ofstream(left_over) << "half a file";
    auto store = open();
    EXPECT_FALSE(std::filesystem::exists(left_over));
}

TEST_F(RocksRowsTest, KeepsALoadedTableOverARestart) {
    {
        auto store = open();
        auto load = store->load(store->open("a").value()).value();
        auto run = load->begin_run().value();
        ASSERT_TRUE(run->add("k", "v"));
        ASSERT_TRUE(run->finish());
        ASSERT_TRUE(load->finish());
    }
    auto store = open();
    EXPECT_EQ(get(*store, "a", "k"), "v");
}

TEST_F(RocksRowsTest, LeavesNoByteOfAScrubbedRowOnDisk) {
    const Bytes secret = "Chan Tai Man, 12 Nathan Road";
    auto store = open();
    put(*store, "a", "k", secret);
    put(*store, "a", "other", "stays");
    put(*store, "b", "k", "another table shares the log");
    ASSERT_TRUE(on_disk(secret));
    RowBatch batch(store->open("a").value(), store->latest());
    batch.erase_range(KeyRange::prefix("k"));
    const RowBatch* const batches[] = {&batch};
    ASSERT_TRUE(store->commit(batches, Durability::buffered));
    ASSERT_TRUE(on_disk(secret)) << "deleting a row is not erasing it";
    ASSERT_TRUE(store->scrub(*store->open("a").value(), KeyRange::prefix("k")));
    EXPECT_FALSE(on_disk(secret));
    EXPECT_EQ(get(*store, "a", "other"), "stays");
}

TEST_F(RocksRowsTest, OpensFromACheckpoint) {
    auto store = open();
    put(*store, "a", "k", "v");
    ASSERT_TRUE(store->checkpoint(beside()));
    put(*store, "a", "k", "later");
    EXPECT_EQ(store->checkpoint(beside()).error(), rows_unavailable) << "never over another";
    auto copy = RocksRows::open_store({.directory = beside()}).value();
    EXPECT_EQ(get(*copy, "a", "k"), "v");
    EXPECT_EQ(get(*store, "a", "k"), "later");
}

TEST_F(RocksRowsTest, NamesDamageAsDamage) {
    {
        auto store = open();
        put(*store, "a", "k", Bytes(5000, 'v'));
        ASSERT_TRUE(store->scrub(*store->open("a").value(), KeyRange::all()));
    }
    for (const auto& file : std::filesystem::directory_iterator(path())) {
        if (file.path().extension() == ".sst") {
            std::fstream out(file.path(), std::ios::in | std::ios::out | std::ios::binary);
            out.seekp(100);
            out.put('x');
        }
    }
    auto store = open();
    const auto row = store->latest().get(*store->open("a").value(), "k");
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error(), rows_damaged);
}

}  // namespace
}  // namespace chopmark::fold
