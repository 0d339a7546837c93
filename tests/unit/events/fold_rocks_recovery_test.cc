// What the RocksDB row store does after an error of its disk: refuses to write, goes on reading,
// and is itself again once the cause is gone.
#include <gtest/gtest.h>

#include <thread>

#include "events/fold/rocks_rows.h"
#include "events/fold/row_batch.h"
#include "events/fold/runner.h"
#include "tests/support/file_system.h"
#include "tests/support/plain_journal.h"
#include "tests/support/sample_views.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/simulated.h"

namespace chopmark::fold {
namespace {

using test::FileCall;
using test::FileVerdict;

class RocksRecovery : public ::testing::Test {
  protected:
    void SetUp() override {
        RocksRows::Options options;
        options.directory = folder_.path() / "rows";
        options.drain = std::chrono::milliseconds(10);
        options.files = files_;
        rows_ = RocksRows::open_store(options).value();
        table_ = rows_->open("a").value();
        ASSERT_TRUE(put("before", "1"));
    }
    Result<void> put(ByteView key, ByteView value, Durability durability = Durability::buffered) {
        RowBatch batch(table_, rows_->latest());
        batch.put(key, Bytes(value));
        const RowBatch* const batches[] = {&batch};
        return rows_->commit(batches, durability);
    }
    std::optional<Bytes> get(ByteView key) { return rows_->latest().get(*table_, key).value(); }
    /// Of everything that is appended or made anew from now on.
    void fill_disk(FileVerdict::What what = FileVerdict::What::fail) {
        files_->set_hook([what](const FileCall& call) -> FileVerdict {
            if (call.kind == FileCall::Kind::append || call.kind == FileCall::Kind::create) {
                return {what, rocksdb::IOStatus::NoSpace("injected")};
            }
            return {};
        });
    }
    void free_disk() { files_->set_hook({}); }

    test::ScratchFolder folder_;
    std::shared_ptr<test::UnkindFileSystem> files_ = std::make_shared<test::UnkindFileSystem>();
    std::unique_ptr<RocksRows> rows_;
    TablePtr table_;
};

TEST_F(RocksRecovery, ReadsAndDoesNotWriteWhileTheDiskIsFull) {
    fill_disk();
    EXPECT_FALSE(put("during", "2"));
    EXPECT_FALSE(rows_->probe().ready);
    EXPECT_EQ(rows_->recover().error(), rows_unavailable);
    EXPECT_EQ(get("before"), "1");
    free_disk();
    EXPECT_EQ(put("still not", "3").error(), rows_unavailable) << "nobody has opened it again";
}

TEST_F(RocksRecovery, WritesAgainOnceTheCauseIsGone) {
    fill_disk();
    EXPECT_FALSE(put("during", "2"));
    free_disk();
    ASSERT_TRUE(rows_->recover());
    EXPECT_TRUE(rows_->probe().ready);
    EXPECT_EQ(rows_->recoveries(), 1U);
    EXPECT_EQ(get("before"), "1") << "a table that was handed out before stays good";
    EXPECT_EQ(get("during"), std::nullopt);
    ASSERT_TRUE(put("after", "4", Durability::synced));
    EXPECT_EQ(get("after"), "4");
    EXPECT_TRUE(rows_->recover()) << "nothing to do";
    EXPECT_EQ(rows_->recoveries(), 1U);
}

TEST_F(RocksRecovery, LeavesAFailedWriteWholeOrNotAtAll) {
    const auto other = rows_->open("b").value();
    Bytes key = "row";
    for (const auto what :
         {FileVerdict::What::fail, FileVerdict::What::fail_after, FileVerdict::What::tear}) {
        key += "+";
        RowBatch first(table_, rows_->latest());
        first.put(key, "of a");
        RowBatch second(other, rows_->latest());
        second.put(key, "of b");
        const RowBatch* const batches[] = {&first, &second};
        fill_disk(what);
        EXPECT_FALSE(rows_->commit(batches, Durability::buffered));
        free_disk();
        ASSERT_TRUE(rows_->recover());
        EXPECT_EQ(get(key).has_value(), rows_->latest().get(*other, key).value().has_value());
        EXPECT_EQ(get("before"), "1");
        ASSERT_TRUE(put(key, "again", Durability::synced));
    }
}

TEST_F(RocksRecovery, WhatIsWrittenAfterItSurvivesTheProcess) {
    for (const char* key : {"a", "b", "c"}) {
        fill_disk(FileVerdict::What::tear);
        EXPECT_FALSE(put(key, "torn"));
        free_disk();
        ASSERT_TRUE(rows_->recover());
        ASSERT_TRUE(put(key, "whole", Durability::synced));
    }
    table_.reset();
    rows_.reset();
    RocksRows::Options options;
    options.directory = folder_.path() / "rows";
    rows_ = RocksRows::open_store(options).value();
    table_ = rows_->open("a").value();
    for (const char* key : {"a", "b", "c"}) {
        EXPECT_EQ(get(key), "whole");
    }
    EXPECT_EQ(get("before"), "1");
}

TEST_F(RocksRecovery, WaitsForWhoeverReads) {
    fill_disk();
    EXPECT_FALSE(put("during", "2"));
    free_disk();
    {
        const auto snapshot = rows_->snapshot();
        EXPECT_EQ(rows_->recover().error(), rows_unavailable);
        EXPECT_EQ(snapshot->get(*table_, "before").value(), "1");
    }
    {
        const auto cursor = rows_->latest().scan(*table_, KeyRange::all());
        ASSERT_TRUE(cursor->valid());
        EXPECT_EQ(rows_->recover().error(), rows_unavailable);
        EXPECT_EQ(cursor->value(), "1");
    }
    EXPECT_TRUE(rows_->recover());
}

TEST_F(RocksRecovery, GivesUpTablesThatWereDropped) {
    const auto dropped = rows_->open("b").value();
    ASSERT_TRUE(rows_->drop(dropped));
    fill_disk();
    EXPECT_FALSE(put("during", "2"));
    free_disk();
    ASSERT_TRUE(rows_->recover());
    EXPECT_EQ(rows_->latest().get(*dropped, "row").error(), rows_unavailable);
    EXPECT_FALSE(rows_->latest().scan(*dropped, KeyRange::all())->status());
    EXPECT_EQ(rows_->tables(), std::vector<std::string>{"a"});
}

TEST_F(RocksRecovery, ReadersOnOtherThreadsSeeNothingOfIt) {
    fill_disk();
    EXPECT_FALSE(put("during", "2"));
    free_disk();
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> wrong{0};
    std::thread reader([&] {
        while (!stop) {
            wrong += rows_->latest().get(*table_, "before").value_or(std::nullopt) != "1";
        }
    });
    while (!rows_->recover()) {
    }
    stop = true;
    reader.join();
    EXPECT_EQ(wrong, 0U);
}

// A fold that counts must count each event once, whether or not the batch that was reported as
// failed had been written.
TEST_F(RocksRecovery, ARunnerFoldsEveryEventOnce) {
    test::PlainJournal journal{2};
    test::ClearVault vault;
    test::ManualClock clock;
    const test::SampleLog log(2);
    const AccountId citizen = test::account(5, 1);
    const auto tables = LiveTables::open(*rows_).value();
    const auto runner = Runner::open({journal, *tables, vault, clock},
                                     {{&log, tables->adopt(log.name(), log.version()).value()}}, {})
                            .value();
    std::uint64_t events = 0;
    for (const auto what :
         {FileVerdict::What::fail, FileVerdict::What::fail_after, FileVerdict::What::tear}) {
        journal.append(PartitionId(1), test::login(citizen));
        journal.append(PartitionId(1), test::login(citizen));
        events += 2;
        fill_disk(what);
        EXPECT_FALSE(runner->pump());
        EXPECT_FALSE(runner->pump());
        free_disk();
        ASSERT_TRUE(rows_->recover());
        while (runner->pump().value()) {
        }
        Bytes person;
        append_big_endian(person, slot_of(citizen).value());
        person.append(citizen.bytes());
        const auto count = tables->read(log.name())->get(person).value();
        ASSERT_TRUE(count);
        EXPECT_EQ(get_big_endian<std::uint64_t>(*count), events);
    }
}

}  // namespace
}  // namespace chopmark::fold
