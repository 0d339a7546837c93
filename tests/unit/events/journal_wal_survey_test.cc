// The survey of write-ahead logs, over logs that RocksDB itself wrote and we damaged.
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/file_system.h>

#include <fstream>

#include "events/journal/crc32c.h"
#include "events/journal/wal_survey.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::journal {
namespace {

using chopmark::test::ScratchFolder;

// RFC 3720 appendix B.4.
TEST(Crc32c, IsThatOfRfc3720) {
    EXPECT_EQ(crc32c(Bytes(32, '\0')), 0x8a9136aaU);
    EXPECT_EQ(crc32c(Bytes(32, '\xff')), 0x62a8ab43U);
    Bytes rising;
    for (char i = 0; i < 32; ++i) {
        rising.push_back(i);
    }
    EXPECT_EQ(crc32c(rising), 0x46dd794eU);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(Crc32c, MayBeTakenInParts) {
    const Bytes text = "the quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        EXPECT_EQ(crc32c(ByteView(text).substr(cut), crc32c(ByteView(text).substr(0, cut))),
                  crc32c(text));
    }
}

class WalSurveyTest : public ::testing::Test {
  protected:
    struct Batch {
        std::uint64_t key;
        std::size_t value_bytes;
    };
    /// Has RocksDB write the batches and takes the log as it lies there.
    Bytes log_of(const std::vector<Batch>& batches) {
        const std::string path = (folder_.path() / ("db" + std::to_string(++databases_))).string();
        rocksdb::Options options;
        options.create_if_missing = true;
        options.avoid_flush_during_shutdown = true;
        rocksdb::DB* opened = nullptr;
        EXPECT_TRUE(rocksdb::DB::Open(options, path, &opened).ok());
        const std::unique_ptr<rocksdb::DB> db(opened);
        for (const Batch& batch : batches) {
            Bytes key;
            append_big_endian(key, batch.key);
            // Bytes that look like no header, and differ along the value.
            Bytes value;
            for (std::size_t i = 0; i < batch.value_bytes; ++i) {
                value.push_back(static_cast<char>('a' + (i * 7 + batch.key) % 26));
            }
            EXPECT_TRUE(db->Put(rocksdb::WriteOptions(), key, value).ok());
        }
        for (const auto& item : std::filesystem::directory_iterator(path)) {
            if (item.path().extension() == ".log" && item.file_size() > 0) {
                std::ifstream in(item.path(), std::ios::binary);
                return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
            }
        }
        ADD_FAILURE() << "no log";
        return {};
    }
    WalSurvey survey(const Bytes& log, bool with_keys = true) {
        const std::string path = (folder_.path() / "surveyed").string();
        if (std::filesystem::create_directory(path)) {
            std::ofstream(path + "/CURRENT") << "not a log";
        }
        std::ofstream(path + "/000007.log", std::ios::binary) << log;
        const auto out = survey_wals(*rocksdb::FileSystem::Default(), path, with_keys);
        EXPECT_TRUE(out);
        EXPECT_EQ(out->size(), 1U);
        return out->front();
    }

    ScratchFolder folder_;
    int databases_ = 0;
};

TEST_F(WalSurveyTest, FolderThatIsNotThereHasNoLogs) {
    const auto out =
        survey_wals(*rocksdb::FileSystem::Default(), (folder_.path() / "absent").string(), false);
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->empty());
}

TEST_F(WalSurveyTest, SoundLogHasNoDamage) {
    const Bytes log = log_of({{5, 10}, {6, 100'000}, {7, 32'000}, {8, 700}, {9, 0}});
    const WalSurvey out = survey(log);
    EXPECT_EQ(out.number, 7U);
    EXPECT_EQ(out.batches, 5U);
    EXPECT_FALSE(out.damaged_at);
    EXPECT_FALSE(out.batch_behind_at);
    EXPECT_EQ(out.keys, (FirstKeys{{0, 5}}));
    EXPECT_EQ(survey(log, false).batches, 5U);
    EXPECT_TRUE(survey(log, false).keys.empty());
}

TEST_F(WalSurveyTest, ZerosBehindTheEndAreNoDamage) {
    const Bytes log = log_of({{5, 10}, {6, 40'000}});
    EXPECT_FALSE(survey(log + Bytes(200'000, '\0')).damaged_at);
    EXPECT_TRUE(survey(log + Bytes(200'000, '\0') + "x").damaged_at);
}

TEST_F(WalSurveyTest, TornEndHidesNothingAtWhateverByte) {
    const Bytes log = log_of({{5, 300}, {6, 300}, {7, 300}});
    const std::size_t last_starts = log.size() / 3 * 2;  // three batches of one size
    for (std::size_t length = 0; length <= log.size(); ++length) {
        const WalSurvey out = survey(log.substr(0, length));
        EXPECT_FALSE(out.batch_behind_at) << length;
        EXPECT_EQ(out.batches, length / (log.size() / 3)) << length;
        EXPECT_EQ(out.damaged_at.has_value(), length % (log.size() / 3) != 0) << length;
        if (length > last_starts && out.damaged_at) {
            EXPECT_EQ(*out.damaged_at, last_starts);
        }
    }
}

TEST_F(WalSurveyTest, FlippedByteInAnEarlierBatchShowsTheLaterOnes) {
    const Bytes log = log_of({{5, 300}, {6, 300}, {7, 300}});
    const std::size_t batch = log.size() / 3;
    for (std::size_t at = 0; at < log.size(); ++at) {
        Bytes damaged_log = log;
        damaged_log[at] = static_cast<char>(damaged_log[at] ^ 0x41);
        const WalSurvey out = survey(damaged_log);
        ASSERT_TRUE(out.damaged_at) << at;
        EXPECT_EQ(*out.damaged_at, at / batch * batch) << at;
        EXPECT_EQ(out.batches, at / batch) << at;
        EXPECT_EQ(out.batch_behind_at.has_value(), at < 2 * batch) << at;
        if (at < batch) {
            EXPECT_EQ(out.keys_behind, (FirstKeys{{0, 6}})) << at;
        }
    }
}

TEST_F(WalSurveyTest, HoleOverSeveralBlocksShowsTheBatchBehindIt) {
    // The batch in the middle spans blocks; a page of it is lost.
    const Bytes log = log_of({{5, 300}, {6, 100'000}, {7, 300}});
    for (const std::size_t page : {2U, 8U, 9U, 15U, 20U}) {
        Bytes holed = log;
        std::fill_n(holed.begin() + static_cast<std::ptrdiff_t>(page * 4096), 4096, '\0');
        const WalSurvey out = survey(holed);
        EXPECT_TRUE(out.damaged_at) << page;
        ASSERT_TRUE(out.batch_behind_at) << page;
        EXPECT_EQ(out.keys_behind, (FirstKeys{{0, 7}})) << page;
    }
}

TEST_F(WalSurveyTest, HoleInTheLastBatchHidesNothing) {
    const Bytes log = log_of({{5, 300}, {6, 300}, {7, 100'000}});
    for (std::size_t page = 1; page * 4096 < log.size(); ++page) {
        Bytes holed = log;
        const std::size_t length = std::min<std::size_t>(4096, log.size() - page * 4096);
        std::fill_n(holed.begin() + static_cast<std::ptrdiff_t>(page * 4096), length, '\0');
        const WalSurvey out = survey(holed);
        EXPECT_TRUE(out.damaged_at) << page;
        EXPECT_FALSE(out.batch_behind_at) << page;
        EXPECT_EQ(out.batches, 2U) << page;
    }
}

}  // namespace
}  // namespace chopmark::journal
