// A log on its way from a folder to a topic and back: the same bytes, the same roots.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "events/journal/reader.h"
#include "ops/cli/tool.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::test {
namespace {

using nlohmann::json;

struct Ran {
    int code = 0;
    std::string out;
    std::string err;
    [[nodiscard]] bool says(const char* reason) const {
        return (out + err).find(reason) != std::string::npos;
    }
    [[nodiscard]] json parsed() const { return json::parse(out, nullptr, false); }
};

Ran run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::run_tool(arguments, out, err, false);
    return {code, out.str(), err.str()};
}

class JournalCopy : public ::testing::Test {
  protected:
    static constexpr std::uint16_t partitions = 1;  // of an import

    /// An import of `lines` lines of the sample.
    std::string import_of(const std::string& name, std::size_t lines) {
        std::ifstream all(std::string(CHOPMARK_SOURCE_DIR) + "/tests/data/auth.log");
        const std::string some = path(name + ".log");
        std::ofstream out(some);
        std::string line;
        for (std::size_t i = 0; i < lines && std::getline(all, line); ++i) {
            out << line << '\n';
        }
        out.close();
        const Ran imported = run({"log", "import", some, "--year", "2017", "--into", path(name)});
        EXPECT_EQ(imported.code, 0) << imported.err;
        return path(name);
    }
    std::string path(const std::string& name) const { return (folder.path() / name).string(); }
    /// A configuration whose journal is a topic that nobody else uses.
    std::string cluster() {
        const std::string file = path("cluster.toml");
        std::ofstream(file) << "[journal]\nback_end = \"kafka\"\npartitions = " << partitions
                            << "\n[kafka]\nbrokers = \"" << KafkaBroker::here().bootstrap()
                            << "\"\ntopic = \"" << KafkaBroker::here().fresh_topic(partitions)
                            << "\"\nreplication = 1\nmin_insync = 1\n";
        return file;
    }
    static Ran copy(const std::string& from, const std::string& to, const std::string& config) {
        return run({"journal", "copy", "--from", from, "--to", to, "--config", config});
    }
    static json heads(const std::string& data) {
        const json verified = run({"log", "verify", "--data", data}).parsed();
        EXPECT_EQ(verified["good"], true) << verified.dump();
        json out = json::array();
        for (const json& one : verified["partitions"]) {
            out.push_back({one["size"], one["root"], one["bytes"]});
        }
        return out;
    }

    ScratchFolder folder;
};

TEST_F(JournalCopy, ThereAndBackIsTheSameLog) {
    const std::string data = import_of("import", 3000);
    const std::string config = cluster();
    const Ran there = copy(data, "kafka", config);
    ASSERT_EQ(there.code, 0) << there.err;
    const Ran back = copy("kafka", path("back"), config);
    ASSERT_EQ(back.code, 0) << back.err;
    EXPECT_EQ(heads(path("back")), heads(data));
    for (std::size_t p = 0; p <= partitions; ++p) {
        const json sent = there.parsed()["partitions"][p];
        EXPECT_EQ(sent["root"], heads(data)[p][1]);
        EXPECT_EQ(sent["copied"], heads(data)[p][0]);
        EXPECT_EQ(sent["skipped"], 0);
        EXPECT_EQ(back.parsed()["partitions"][p]["root"], heads(data)[p][1]);
    }
    // Once more there is nothing to do.
    for (const Ran& again : {copy(data, "kafka", config), copy("kafka", path("back"), config)}) {
        ASSERT_EQ(again.code, 0) << again.err;
        EXPECT_EQ(again.parsed()["partitions"][1]["copied"], 0);
        EXPECT_EQ(again.parsed()["partitions"][1]["found"], heads(data)[1][0]);
    }
}

TEST_F(JournalCopy, GoesOnWhereItWasInterrupted) {
    const std::string data = import_of("import", 3000);
    const std::string config = cluster();
    ASSERT_EQ(copy(data, "kafka", config).code, 0);
    // Another topic with the first 100 records of partition 1, a stranger's among them.
    const std::string interrupted = cluster();
    const auto topic_of = [](const std::string& file) {
        std::ifstream in(file);
        std::stringstream text;
        text << in.rdbuf();
        const std::string all = text.str();
        const auto at = all.find("\ntopic = \"") + 10;
        return all.substr(at, all.find('"', at) - at);
    };
    namespace kafka = journal::kafka;
    const auto client = KafkaBroker::here().client();
    auto reading = kafka::Consumer::open(client, topic_of(interrupted), {});
    const auto reader = journal::OfflineReader::open(data + "/journal");
    ASSERT_TRUE(reader);
    std::vector<kafka::Outgoing> first;
    for (auto cursor = (*reader)->walk(PartitionId(1), Sequence(0)); first.size() < 101;
         cursor->next()) {
        first.push_back({"key", Bytes(cursor->stored()), {}});
        if (first.size() == 50) {
            first.push_back({"key", "not a record", {}});
        }
    }
    const std::atomic<bool> never{false};
    auto producer =
        kafka::Producer::open(kafka::writing_settings(client), topic_of(interrupted), {});
    ASSERT_TRUE((*producer)->deliver(PartitionId(1), first, kafka::within(std::chrono::seconds(30)),
                                     never));
    const Ran on = copy(data, "kafka", interrupted);
    ASSERT_EQ(on.code, 0) << on.err;
    EXPECT_EQ(on.parsed()["partitions"][1]["found"], 100);
    EXPECT_EQ(on.parsed()["partitions"][1]["skipped"], 1);
    EXPECT_EQ(on.parsed()["partitions"][1]["root"], heads(data)[1][1]);
}

TEST_F(JournalCopy, RefusesAnotherGenesisAndALongerLog) {
    const std::string data = import_of("import", 400);
    const std::string other = import_of("other", 400);
    const std::string config = cluster();
    ASSERT_EQ(copy(data, "kafka", config).code, 0);
    const Ran onto = copy(other, "kafka", config);
    EXPECT_NE(onto.code, 0);
    EXPECT_TRUE(onto.says("journal.foreign_log")) << onto.out << onto.err;
    const Ran into = copy("kafka", other, config);
    EXPECT_TRUE(into.says("journal.foreign_log")) << into.out << into.err;

    ASSERT_EQ(copy("kafka", path("back"), config).code, 0);
    const Ran shorter = copy("kafka", path("back"), cluster());
    EXPECT_NE(shorter.code, 0) << "an empty topic is no log";
    EXPECT_EQ(copy(data, path("back"), config).code, 2);
    const Ran pinned = run({"journal", "copy", "--from", data, "--to", "kafka", "--config", config,
                            "--genesis", std::string(64, '0')});
    EXPECT_TRUE(pinned.says("log.other_genesis")) << pinned.out << pinned.err;
}

}  // namespace
}  // namespace chopmark::test
