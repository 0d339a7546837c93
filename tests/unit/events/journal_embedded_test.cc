// What only the embedded journal promises: its lock, what it refuses to open, how it finds its
// heads, and that it groups commits.
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <random>

#include "events/journal/embedded.h"
#include "tests/support/journal_home.h"

namespace chopmark::journal {
namespace {

using chopmark::test::behind;
using chopmark::test::body_of;
using chopmark::test::draft;
using chopmark::test::FileCall;
using chopmark::test::FileVerdict;
using chopmark::test::founding_of;
using chopmark::test::JournalHome;
using chopmark::test::RecordingObserver;
using chopmark::test::ScratchFolder;

constexpr PartitionId partition{2};

class EmbeddedJournalTest : public ::testing::Test {
  protected:
    std::unique_ptr<EmbeddedJournal> open() {
        auto opened = home.open();
        EXPECT_TRUE(opened) << to_string(opened.error());
        return opened ? std::move(*opened) : nullptr;
    }
    Error refusal() {
        const auto opened = home.open();
        EXPECT_FALSE(opened);
        return opened ? Error(bad_draft) : opened.error();
    }
    /// A new life that appends records "first" … and waits for them.
    void live(const std::vector<std::string>& bodies) {
        const auto journal = open();
        RecordingObserver observer;
        const auto writer = journal->open_term(partition, observer).value();
        for (const std::string& body : bodies) {
            ASSERT_TRUE(writer->append(draft(partition, body)));
        }
        ASSERT_TRUE(observer.wait_for_entries(1 + bodies.size()));
    }
    /// Changes the closed database behind the journal's back.
    void tamper(const std::function<void(rocksdb::DB&, rocksdb::ColumnFamilyHandle*)>& change) {
        std::vector<std::string> names;
        ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, home.options.store.path, &names).ok());
        std::vector<rocksdb::ColumnFamilyDescriptor> families;
        for (const auto& name : names) {
            families.emplace_back(name, rocksdb::ColumnFamilyOptions());
        }
        std::vector<rocksdb::ColumnFamilyHandle*> handles;
        rocksdb::DB* opened = nullptr;
        ASSERT_TRUE(
            rocksdb::DB::Open({}, home.options.store.path, families, &handles, &opened).ok());
        const std::unique_ptr<rocksdb::DB> db(opened);
        for (auto* handle : handles) {
            if (handle->GetName() == "partition-2") {
                change(*db, handle);
            }
        }
        for (auto* handle : handles) {
            ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
        }
    }
    static Bytes key(std::uint64_t sequence) {
        Bytes out;
        append_big_endian(out, sequence);
        return out;
    }

    ScratchFolder folder;
    JournalHome home{(folder.path() / "journal").string()};
};

TEST_F(EmbeddedJournalTest, FolderHasOneJournal) {
    const auto journal = open();
    EXPECT_EQ(refusal(), locked);
    EXPECT_TRUE(journal->probe().ready);
}

TEST_F(EmbeddedJournalTest, LockGoesWithTheJournal) {
    open().reset();
    EXPECT_TRUE(open());
}

TEST_F(EmbeddedJournalTest, FolderThatCannotBeMadeIsNotReady) {
    home.options.store.path = (folder.path() / "no" / "parent").string();
    EXPECT_EQ(refusal(), not_ready);
}

TEST_F(EmbeddedJournalTest, FoundsOnce) {
    EXPECT_TRUE(open()->last_opening().founded);
    EXPECT_FALSE(open()->last_opening().founded);
}

TEST_F(EmbeddedJournalTest, WritesThatArriveDuringAWriteGoOutTogether) {
    const auto journal = open();
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    std::mutex mutex;
    std::condition_variable changed;
    bool in_sync = false;
    bool go_on = false;
    home.files->set_hook([&](const FileCall& call) {
        if (call.kind == FileCall::Kind::sync && call.path.ends_with(".log")) {
            std::unique_lock lock(mutex);
            in_sync = true;
            changed.notify_all();
            changed.wait(lock, [&] { return go_on; });
        }
        return FileVerdict();
    });
    const auto before = journal->probe().batches;
    ASSERT_TRUE(writer->append(draft(partition, "alone")));
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return in_sync; });
    }
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(writer->append(draft(partition, std::to_string(i))));
    }
    EXPECT_TRUE(observer.bodies().empty());  // not accepted before the sync has returned
    {
        const std::lock_guard lock(mutex);
        go_on = true;
        changed.notify_all();
    }
    ASSERT_TRUE(observer.wait_for_body("99"));
    EXPECT_EQ(journal->probe().batches - before, 2U);
    home.files->set_hook({});
}

TEST_F(EmbeddedJournalTest, BatchesKeepTheirLimitInBytes) {
    home.options.batch_bytes = 200'000;
    const auto journal = open();
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    observer.hold("first");
    ASSERT_TRUE(writer->append(draft(partition, "first")));
    ASSERT_TRUE(observer.wait_until_held());
    const auto before = journal->probe().batches;
    for (int i = 0; i < 6; ++i) {
        record::Record large = draft(partition, std::to_string(i));
        large.personal_box.assign(60'000, 'p');
        ASSERT_TRUE(writer->append(large));
    }
    observer.release();
    ASSERT_TRUE(observer.wait_for_body("5"));
    EXPECT_EQ(journal->probe().batches - before, 2U);  // three and three
}

// ---- what is refused
// -------------------------------------------------------------------------------

TEST_F(EmbeddedJournalTest, LostTailIsNoticedByWhatOthersKnow) {
    live({"a", "b"});
    home.options.known_heads = [] {
        return std::vector<KnownHead>{{partition, Sequence(4), "the signer"}};
    };
    EXPECT_TRUE(open());
    home.options.known_heads = [] {
        return std::vector<KnownHead>{{partition, Sequence(9), "the signer"}};
    };
    const Error error = refusal();
    EXPECT_EQ(error, damaged);
    EXPECT_NE(error.detail.find("partition 2, sequence 4 is missing: the signer knows 9"),
              std::string::npos)
        << error.detail;
}

TEST_F(EmbeddedJournalTest, EmptyFolderIsNoNewLogWhenOthersKnowRecords) {
    home.options.known_heads = [] {
        return std::vector<KnownHead>{{partition, Sequence(1), "the state store"}};
    };
    EXPECT_EQ(refusal(), damaged);
    home.options.known_heads = {};
    EXPECT_TRUE(open()->last_opening().founded);
}

TEST_F(EmbeddedJournalTest, FolderThatLostItsCurrentFileIsNotOverwritten) {
    live({"a"});
    const std::filesystem::path path(home.options.store.path);
    const auto current = path / "CURRENT";
    std::filesystem::rename(current, path / "CURRENT.bak");
    EXPECT_EQ(refusal(), damaged);
    std::filesystem::rename(path / "CURRENT.bak", current);
    EXPECT_EQ(JournalHome::bodies_in(*open(), partition), std::vector<std::string>{"a"});
}

TEST_F(EmbeddedJournalTest, MissingRecordIsNamed) {
    live({"a", "b", "c"});
    tamper([&](auto& db, auto* family) { ASSERT_TRUE(db.Delete({}, family, key(3)).ok()); });
    const Error error = refusal();
    EXPECT_EQ(error, damaged);
    EXPECT_NE(error.detail.find("partition 2, sequence 3"), std::string::npos) << error.detail;
}

TEST_F(EmbeddedJournalTest, ChangedRecordIsNamed) {
    live({"a", "b", "c"});
    tamper([&](auto& db, auto* family) {
        std::string value;
        ASSERT_TRUE(db.Get({}, family, key(3), &value).ok());
        value[4 + record::prelude_bytes] = 'X';  // the body of "b"
        ASSERT_TRUE(db.Put({}, family, key(3), value).ok());
    });
    const Error error = refusal();
    EXPECT_EQ(error, damaged);
    // The record behind it no longer follows: that is where the chain breaks.
    EXPECT_NE(error.detail.find("partition 2, sequence 4: wrong_previous"), std::string::npos)
        << error.detail;
}

TEST_F(EmbeddedJournalTest, PartitionThatLostEverythingIsNotFoundedAnew) {
    live({"a"});
    tamper([&](auto& db, auto* family) {
        for (std::uint64_t i = 0; i < 3; ++i) {
            ASSERT_TRUE(db.Delete({}, family, key(i)).ok());
        }
    });
    const Error error = refusal();
    EXPECT_EQ(error, damaged);
    EXPECT_NE(error.detail.find("partition 2, sequence 0 is missing"), std::string::npos);
}

TEST_F(EmbeddedJournalTest, ReadNamesAMissingRecordInsteadOfSteppingOverIt) {
    std::vector<std::string> bodies;
    for (int i = 0; i < 1000; ++i) {
        bodies.push_back(std::to_string(i));
    }
    live(bodies);
    open().reset();  // everything sorted: the hole lies before what an opening walks
    tamper([&](auto& db, auto* family) { ASSERT_TRUE(db.Delete({}, family, key(100)).ok()); });
    const auto journal = open();
    EXPECT_EQ(journal->read(partition, Sequence(90), {.records = 10})->size(), 10U);
    const auto over = journal->read(partition, Sequence(90), {.records = 20});
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error(), damaged);
    EXPECT_NE(over.error().detail.find("sequence 100: missing"), std::string::npos);
}

// ---- heads
// -----------------------------------------------------------------------------------------

/// Lives of random length with withdrawals in between: the head of an opening, found by bisection
/// and file properties, is the head of a fold over everything.
TEST_F(EmbeddedJournalTest, HeadOfAnOpeningIsThatOfAFullFold) {
    std::mt19937_64 dice(11);
    for (int life = 0; life < 8; ++life) {
        const auto journal = open();
        RecordingObserver observer;
        const auto writer = journal->open_term(partition, observer).value();
        const std::size_t count = dice() % 600;
        for (std::size_t i = 0; i < count; ++i) {
            if (dice() % 100 == 0) {
                const auto node = home.ca.issue("withdrawn " + std::to_string(dice() % 50));
                ASSERT_TRUE(writer->append(
                    nodes_withdrawn_draft(partition, {node.node()}, Instant(), EventId())));
            } else {
                ASSERT_TRUE(writer->append(draft(partition, std::to_string(i))));
            }
        }
        ASSERT_TRUE(observer.wait_for_entries(1 + count));

        AcceptRule fold(partition, home.founding.hash, home.ca);
        for (const auto& entry : JournalHome::all_of(*journal, partition)) {
            ASSERT_TRUE(fold.offer(entry->record.leaf));
        }
        EXPECT_EQ(*journal->head(partition), fold.head());
    }
    const auto journal = open();
    AcceptRule fold(partition, home.founding.hash, home.ca);
    for (const auto& entry : JournalHome::all_of(*journal, partition)) {
        ASSERT_TRUE(fold.offer(entry->record.leaf));
    }
    EXPECT_EQ(*journal->head(partition), fold.head());
    EXPECT_GT(fold.head().withdrawn.size(), 3U);
    // An opening does not walk everything: that is what makes it quick.
    EXPECT_LT(journal->last_opening().walked, fold.head().next.value());
}

TEST_F(EmbeddedJournalTest, WithdrawalsAreFoundInFilesThatOthersWrote) {
    {
        const auto journal = open();
        RecordingObserver observer;
        const auto writer = journal->open_term(partition, observer).value();
        ASSERT_TRUE(writer->append(
            nodes_withdrawn_draft(partition, {home.node.node()}, Instant(), EventId())));
        for (int i = 0; i < 400; ++i) {
            ASSERT_TRUE(writer->append(draft(partition, std::to_string(i))));
        }
        ASSERT_TRUE(observer.wait_for_entries(402));
    }
    tamper([](auto& db, auto* family) {  // rewrites the file without our collector
        rocksdb::CompactRangeOptions all;
        all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
        ASSERT_TRUE(db.CompactRange(all, family, nullptr, nullptr).ok());
    });
    EXPECT_EQ(open()->head(partition)->withdrawn, std::set<NodeId>{home.node.node()});
}

TEST_F(EmbeddedJournalTest, FollowersOfTheNewestReadNoDisk) {
    const auto journal = open();
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(writer->append(draft(partition, std::to_string(i))));
    }
    ASSERT_TRUE(observer.wait_for_body("9"));
    const auto told = observer.entries();
    const auto read = journal->read(partition, told.front()->sequence, {}).value();
    EXPECT_EQ(read, told);  // the very same objects
}

TEST_F(EmbeddedJournalTest, NewestRecordsKeptAreBounded) {
    home.options.recent_bytes = 2000;
    const auto journal = open();
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(writer->append(draft(partition, std::to_string(i))));
    }
    ASSERT_TRUE(observer.wait_for_body("199"));
    const auto told = observer.entries();
    const auto read = journal->read(partition, told.front()->sequence, {}).value();
    ASSERT_EQ(read.size(), told.size());
    EXPECT_NE(read.front(), told.front());  // from the disk, and equal
    for (std::size_t i = 0; i < read.size(); ++i) {
        EXPECT_EQ(read[i]->record, told[i]->record);
        EXPECT_EQ(read[i]->leaf_hash, told[i]->leaf_hash);
    }
}

}  // namespace
}  // namespace chopmark::journal
