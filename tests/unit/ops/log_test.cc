#include "ops/telemetry/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>
#include <type_traits>
#include <vector>

namespace chopmark::telemetry {
namespace {

using nlohmann::json;

struct FixedClock final : Clock {
    [[nodiscard]] Instant now() const override {
        return Instant::from_micros(1'795'231'077'000'001);
    }
};

class LogTest : public ::testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::unique_ptr<Log> open(LogOptions options) const {
        options.node = "n1";
        options.file = file();
        auto log = Log::open(options, clock_);
        EXPECT_TRUE(log.has_value());
        return *std::move(log);
    }
    [[nodiscard]] std::string file() const { return (folder_ / "node.log").string(); }
    [[nodiscard]] std::vector<json> lines() const {
        std::vector<json> out;
        for (const auto& each : std::filesystem::directory_iterator(folder_)) {
            std::ifstream in(each.path());
            for (std::string line; std::getline(in, line);) {
                out.push_back(json::parse(line));
            }
        }
        return out;
    }

  private:
    FixedClock clock_;
    std::filesystem::path folder_ =
        ::testing::TempDir() + "chopmark_log." + std::to_string(getpid());
};

json one(Log::Fields fields) {
    return json::parse(log_line(FixedClock().now(), Level::info, "n1", "test.event", fields));
}

TEST(LogLine, IsOneJsonObjectWithWhoWhenAndWhat) {
    EXPECT_EQ(log_line(FixedClock().now(), Level::warn, "n1", "node.started", {{"port", 8101}}),
              R"({"at":"2026-11-21T03:17:57.000001Z","level":"warn","node":"n1",)"
              R"("event":"node.started","port":8101})");
}

TEST(LogLine, KeepsTypesOfFields) {
    const json line = one({{"yes", true},
                           {"least", std::numeric_limits<std::int64_t>::min()},
                           {"most", std::numeric_limits<std::uint64_t>::max()},
                           {"ratio", 0.25},
                           {"nothing", std::numeric_limits<double>::quiet_NaN()},
                           {"text", "plain"},
                           {"partition", PartitionId(3)},
                           {"cause", EventId(ByteArray<16>{1, 2})},
                           {"at_time", Instant::from_seconds(0)},
                           {"error", Error(log_unwritable, "disk full")}});
    EXPECT_EQ(line["yes"], true);
    EXPECT_EQ(line["least"], std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(line["most"], std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(line["ratio"], 0.25);
    EXPECT_TRUE(line["nothing"].is_null());
    EXPECT_EQ(line["text"], "plain");
    EXPECT_EQ(line["partition"], 3);
    EXPECT_EQ(line["cause"], "01020000000000000000000000000000");
    EXPECT_EQ(line["at_time"], "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(line["error"], "telemetry.log_unwritable: disk full");
}

TEST(LogLine, StaysOneLineOfJsonWhateverATextHolds) {
    std::string every;
    for (int c = 0; c < 256; ++c) {
        every += static_cast<char>(c);
    }
    for (const std::string& text : {std::string("a\"b\\c"), std::string("two\nlines\r\t\0x", 13),
                                    std::string("香港"), std::string("\xff\xfe broken"), every}) {
        const std::string line =
            log_line(FixedClock().now(), Level::info, "n1", "test.event", {{"text", text}});
        EXPECT_EQ(line.find('\n'), std::string::npos);
        EXPECT_TRUE(json::accept(line)) << line;
    }
    EXPECT_EQ(one({{"text", "two\nlines \"quoted\" 香港"}})["text"], "two\nlines \"quoted\" 香港");
}

// Personal data does not convert to a field.
static_assert(!std::is_constructible_v<Field, std::string_view, Sensitive<std::string>>);
static_assert(!std::is_constructible_v<Field, std::string_view, Sensitive<int>>);
static_assert(!std::is_constructible_v<Field, std::string_view, AccountId>);
static_assert(!std::is_constructible_v<Field, std::string_view, PersonId>);
static_assert(!std::is_constructible_v<Field, std::string_view, KeyIndex>);
static_assert(std::is_constructible_v<Field, std::string_view, NodeId>);

TEST_F(LogTest, WritesLinesInOrderAndAllOfThemBeforeItIsGone) {
    {
        const auto log = open({});
        for (int i = 0; i < 1000; ++i) {
            log->info("test.event", {{"i", i}});
        }
    }
    const auto found = lines();
    ASSERT_EQ(found.size(), 1000U);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i]["i"], i);
        EXPECT_EQ(found[i]["node"], "n1");
    }
}

TEST_F(LogTest, LeavesOutWhatIsLessImportantThanItsLevel) {
    {
        const auto log = open({.node = {}, .level = Level::warn, .file = {}});
        log->debug("a.debug");
        log->info("a.info");
        log->warn("a.warn");
        log->error("a.error");
    }
    const auto found = lines();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0]["event"], "a.warn");
    EXPECT_EQ(found[1]["event"], "a.error");
}

TEST_F(LogTest, AppendsToTheFileOfAnEarlierLife) {
    open({})->info("first.life");
    open({})->info("second.life");
    EXPECT_EQ(lines().size(), 2U);
}

TEST_F(LogTest, NeverWaitsForTheDiskAndCountsWhatItDropped) {
    constexpr std::uint64_t written = 20'000;
    std::uint64_t dropped = 0;
    {
        const auto log = open({.node = {}, .file = {}, .queue_lines = 2});
        std::vector<std::thread> writers;
        for (int i = 0; i < 4; ++i) {
            writers.emplace_back([&log] {
                for (std::uint64_t n = 0; n < written / 4; ++n) {
                    log->info("test.event");
                }
            });
        }
        for (auto& writer : writers) {
            writer.join();
        }
        dropped = log->dropped();
    }
    EXPECT_EQ(lines().size() + dropped, written);
}

TEST_F(LogTest, PutsAFullFileAsideAndDeletesTheOldest) {
    {
        const auto log = open({.node = {}, .file = {}, .file_bytes = 10'000, .files = 2});
        for (int i = 0; i < 1000; ++i) {
            log->info("test.event", {{"filler", std::string(100, 'x')}});
        }
    }
    std::size_t files = 0;
    for (const auto& each :
         std::filesystem::directory_iterator(std::filesystem::path(file()).parent_path())) {
        EXPECT_LE(each.file_size(), 10'000U);
        ++files;
    }
    EXPECT_EQ(files, 3U);
}

TEST(LogOpen, FailsWithAReasonWhereNoFileCanBe) {
    const FixedClock clock;
    const auto log = Log::open({.node = "n1", .file = "/proc/none/node.log"}, clock);
    ASSERT_FALSE(log.has_value());
    EXPECT_EQ(log.error(), log_unwritable);
}

}  // namespace
}  // namespace chopmark::telemetry
