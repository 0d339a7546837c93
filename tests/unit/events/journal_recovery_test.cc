// The embedded journal after power cuts and damage (design-notes A10). Images of its folder are
// taken at moments of a commit, with every unsynced page kept or lost by a seed; every one must
// open with all that was acknowledged, or – where acknowledged records are really lost – not at
// all.
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "events/journal/wal_survey.h"
#include "tests/support/journal_home.h"

namespace chopmark::journal {
namespace {

using chopmark::test::body_of;
using chopmark::test::draft;
using chopmark::test::FileCall;
using chopmark::test::FileVerdict;
using chopmark::test::JournalHome;
using chopmark::test::RecordingObserver;
using chopmark::test::ScratchFolder;

namespace fs = std::filesystem;

constexpr PartitionId partition{2};
constexpr PartitionId quiet{1};

/// A record of this size with bytes that differ all over, so that a lost page is noticed.
record::Record sized(const std::string& body, std::size_t bytes) {
    record::Record out = draft(partition, body);
    out.personal_box.clear();
    std::mt19937_64 noise(bytes);
    while (out.personal_box.size() < bytes) {
        out.personal_box.push_back(static_cast<char>(noise()));
    }
    return out;
}

class JournalRecovery : public ::testing::Test {
  protected:
    std::unique_ptr<EmbeddedJournal> open(JournalHome& at) {
        auto opened = at.open();
        EXPECT_TRUE(opened) << to_string(opened.error());
        return opened ? std::move(*opened) : nullptr;
    }
    std::string fresh_path() { return (folder.path() / std::to_string(++folders)).string(); }

    /// The only log file with content.
    static fs::path log_in(const std::string& path) {
        fs::path found;
        for (const auto& item : fs::directory_iterator(path)) {
            if (item.path().extension() == ".log" && item.file_size() > 0) {
                EXPECT_TRUE(found.empty());
                found = item.path();
            }
        }
        return found;
    }
    static void change_byte(const fs::path& file, std::uint64_t at) {
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(static_cast<std::streamoff>(at));
        const int byte = stream.get();
        stream.seekp(static_cast<std::streamoff>(at));
        stream.put(static_cast<char>(byte ^ 0x5a));
    }
    /// A copy of the folder as it is, as after a SIGKILL.
    std::string copied(const std::string& from) {
        const std::string to = fresh_path();
        fs::create_directory(to);
        for (const auto& item : fs::directory_iterator(from)) {
            fs::copy_file(item.path(), fs::path(to) / item.path().filename());
        }
        return to;
    }

    ScratchFolder folder;
    int folders = 0;
    JournalHome home{(folder.path() / "journal").string()};
};

/// Appends batches of several pages; at the log's sync of each, images with random fates of the
/// unsynced pages. Returns how many images needed their torn end cut off.
TEST_F(JournalRecovery, PowerCutLosesNothingAcknowledged) {
    const auto journal = open(home);
    RecordingObserver observer;
    const auto writer = journal->open_term(partition, observer).value();
    std::mt19937_64 dice(3);
    struct Image {
        std::string path;
        std::size_t acknowledged;
    };
    std::vector<Image> images;
    std::mutex mutex;
    home.files->set_hook([&](const FileCall& call) {
        if (call.kind == FileCall::Kind::sync && call.path.ends_with(".log")) {
            const std::lock_guard lock(mutex);
            for (int i = 0; i < 3; ++i) {
                images.push_back({fresh_path(), observer.count()});
                home.files->write_image(home.options.store.path, images.back().path,
                                        [&](auto&, auto) { return dice() % 3 != 0; });
            }
        }
        return FileVerdict();
    });
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(writer->append(sized(std::to_string(i), 1000 + dice() % 60'000)));
        ASSERT_TRUE(observer.wait_for_entries(2 + static_cast<std::size_t>(i)));
    }
    home.files->set_hook({});
    const auto written = observer.entries();
    ASSERT_GE(images.size(), 36U);

    std::size_t cut_off = 0;
    for (const Image& image : images) {
        JournalHome survivor(image.path);
        const auto reopened = open(survivor);
        ASSERT_TRUE(reopened);
        cut_off += reopened->last_opening().point_in_time ? 1 : 0;
        const auto found = JournalHome::all_of(*reopened, partition);
        ASSERT_GE(found.size(), 1 + image.acknowledged);
        for (std::size_t i = 1; i < found.size(); ++i) {
            ASSERT_EQ(found[i]->record, written[i - 1]->record);
        }
        RecordingObserver next;
        const auto again = reopened->open_term(partition, next).value();
        ASSERT_TRUE(again->append(draft(partition, "after the cut")));
        ASSERT_TRUE(next.wait_for_body("after the cut"));
    }
    EXPECT_GT(cut_off, 3U);  // holes did occur that RocksDB's tolerant mode refuses
}

TEST_F(JournalRecovery, TornEndOfAnyLengthIsCutOffQuietly) {
    std::string path;
    std::uint64_t synced_bytes = 0;
    {
        const auto journal = open(home);
        RecordingObserver observer;
        const auto writer = journal->open_term(partition, observer).value();
        ASSERT_TRUE(writer->append(draft(partition, "kept")));
        ASSERT_TRUE(observer.wait_for_body("kept"));
        synced_bytes = fs::file_size(log_in(home.options.store.path));
        ASSERT_TRUE(writer->append(draft(partition, "torn")));
        ASSERT_TRUE(observer.wait_for_body("torn"));
        path = copied(home.options.store.path);
    }
    const std::uint64_t all_bytes = fs::file_size(log_in(path));
    for (std::uint64_t length = synced_bytes; length < all_bytes; length += 37) {
        JournalHome torn(copied(path));
        fs::resize_file(log_in(torn.options.store.path), length);
        const auto journal = open(torn);
        ASSERT_TRUE(journal);
        EXPECT_EQ(JournalHome::bodies_in(*journal, partition), std::vector<std::string>{"kept"});
    }
}

/// Damage with acknowledged batches behind it is never cut off: the journal stays down, says which
/// record is missing, and leaves the folder as it is.
TEST_F(JournalRecovery, DamageBeforeAcknowledgedRecordsIsRefusedByName) {
    std::vector<std::uint64_t> ends;
    {
        const auto journal = open(home);
        RecordingObserver observer;
        const auto writer = journal->open_term(partition, observer).value();
        for (int i = 0; i < 5; ++i) {
            ASSERT_TRUE(writer->append(sized(std::to_string(i), 5'000)));
            ASSERT_TRUE(observer.wait_for_body(std::to_string(i)));
            ends.push_back(fs::file_size(log_in(home.options.store.path)));
        }
        home.options.store.path = copied(home.options.store.path);
    }
    for (int i = 1; i < 4; ++i) {
        JournalHome harmed(copied(home.options.store.path));
        const auto log = log_in(harmed.options.store.path);
        const auto middle =
            (ends[static_cast<std::size_t>(i) - 1] + ends[static_cast<std::size_t>(i)]) / 2;
        change_byte(log, middle);
        const auto refused = harmed.open();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error(), damaged);
        const std::string expected = "partition 2, sequence " + std::to_string(2 + i) +
                                     " is missing before " + std::to_string(3 + i);
        EXPECT_NE(refused.error().detail.find(expected), std::string::npos)
            << refused.error().detail;
        EXPECT_FALSE(harmed.open());  // and again: nothing was dropped by trying

        change_byte(log, middle);  // mended
        const auto journal = open(harmed);
        ASSERT_TRUE(journal);
        EXPECT_EQ(JournalHome::bodies_in(*journal, partition).size(), 5U);
    }
}

TEST_F(JournalRecovery, DamagedEndIsCutOffOnlyWhileNobodyKnowsMore) {
    {
        const auto journal = open(home);
        RecordingObserver observer;
        const auto writer = journal->open_term(partition, observer).value();
        ASSERT_TRUE(writer->append(sized("kept", 5'000)));
        ASSERT_TRUE(observer.wait_for_body("kept"));
        ASSERT_TRUE(writer->append(sized("lost", 5'000)));
        ASSERT_TRUE(observer.wait_for_body("lost"));
        home.options.store.path = copied(home.options.store.path);
    }
    const auto log = log_in(home.options.store.path);
    change_byte(log, fs::file_size(log) - 2'000);

    home.options.known_heads = [] {
        return std::vector<KnownHead>{{partition, Sequence(4), "the signer"}};
    };
    const auto refused = home.open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), damaged);
    EXPECT_NE(refused.error().detail.find("partition 2, sequence 3 is missing: the signer knows 4"),
              std::string::npos)
        << refused.error().detail;

    home.options.known_heads = [] {
        return std::vector<KnownHead>{{partition, Sequence(3), "the signer"}};
    };
    const auto journal = open(home);
    ASSERT_TRUE(journal);
    EXPECT_TRUE(journal->last_opening().point_in_time);
    EXPECT_EQ(JournalHome::bodies_in(*journal, partition), std::vector<std::string>{"kept"});
}

/// RocksDB tolerates a cut end of any log file, also of one with acknowledged records in a later
/// file; we do not.
TEST_F(JournalRecovery, CutEndOfAnEarlierLogFileIsRefused) {
    home.options.store.write_buffer_bytes = 128 << 10;
    {
        const auto journal = open(home);
        RecordingObserver observer;
        RecordingObserver quiet_observer;
        // The quiet partition's record stays in memory and so keeps the first log file.
        const auto quiet_writer = journal->open_term(quiet, quiet_observer).value();
        const auto writer = journal->open_term(partition, observer).value();
        ASSERT_TRUE(quiet_writer->append(draft(quiet, "quiet")));
        ASSERT_TRUE(quiet_observer.wait_for_body("quiet"));
        for (int i = 0; i < 10; ++i) {
            ASSERT_TRUE(writer->append(sized(std::to_string(i), 30'000)));
            ASSERT_TRUE(observer.wait_for_body(std::to_string(i)));
        }
        home.options.store.path = copied(home.options.store.path);
    }
    const auto surveys =
        survey_wals(*rocksdb::FileSystem::Default(), home.options.store.path, false).value();
    ASSERT_GE(surveys.size(), 2U);
    {
        JournalHome whole(copied(home.options.store.path));
        EXPECT_TRUE(open(whole));
    }
    for (const auto& item : fs::directory_iterator(home.options.store.path)) {
        if (item.path().extension() == ".log" &&
            std::stoull(item.path().stem().string()) == surveys.front().number) {
            fs::resize_file(item.path(), item.file_size() - 1'000);
        }
    }
    const auto refused = home.open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), damaged);
}

TEST_F(JournalRecovery, SurvivingRecordsAreDurableBeforeAnyoneSeesThem) {
    // Written but not synced, then the process dies: the page cache still has the record.
    std::string killed;
    {
        const auto journal = open(home);
        RecordingObserver observer;
        const auto writer = journal->open_term(partition, observer).value();
        home.files->set_hook([&](const FileCall& call) {
            if (call.kind == FileCall::Kind::sync && call.path.ends_with(".log") &&
                killed.empty()) {
                killed = copied(home.options.store.path);
            }
            return FileVerdict();
        });
        ASSERT_TRUE(writer->append(draft(partition, "unsynced")));
        ASSERT_TRUE(observer.wait_for_body("unsynced"));
        home.files->set_hook({});
    }
    JournalHome survivor(killed);
    const auto journal = open(survivor);
    ASSERT_EQ(JournalHome::bodies_in(*journal, partition), std::vector<std::string>{"unsynced"});
    // A power cut right now, losing every unsynced page, must not take it away again.
    const std::string cut = fresh_path();
    survivor.files->write_image(killed, cut, [](auto&, auto) { return false; });
    JournalHome again(cut);
    EXPECT_EQ(JournalHome::bodies_in(*open(again), partition),
              std::vector<std::string>{"unsynced"});
}

TEST_F(JournalRecovery, InterruptedFoundingIsBegunAgain) {
    // An image at every call of the very first opening.
    std::vector<std::string> images;
    home.files->set_hook([&](const FileCall&) {
        images.push_back(fresh_path());
        home.files->write_image(home.options.store.path, images.back(),
                                [](auto&, auto) { return false; });
        return FileVerdict();
    });
    open(home).reset();
    home.files->set_hook({});
    ASSERT_GT(images.size(), 20U);
    for (std::size_t i = 0; i < images.size(); i += 3) {
        JournalHome interrupted(images[i]);
        const auto journal = open(interrupted);
        ASSERT_TRUE(journal) << "image " << i;
        for (std::uint16_t p = 0; p <= interrupted.founding.partitions; ++p) {
            EXPECT_EQ(journal->head(PartitionId(p))->next, Sequence(1));
        }
    }
}

}  // namespace
}  // namespace chopmark::journal
