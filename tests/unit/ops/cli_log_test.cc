// The tool's log commands over a real import. Counts of tests/data/auth.log were taken with grep
// (import_auth_log_test.cc); sources and failures of the worst with a script of ten lines over the
// same lines: 106 addresses, 157 failures of 204 attempts.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "events/crypto/digest.h"
#include "events/crypto/system_entropy.h"
#include "events/schema/genesis.pb.h"
#include "ops/cli/tool.h"
#include "ops/founding.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::cli {
namespace {

using nlohmann::json;

struct Ran {
    int code = 0;
    std::string out;
    std::string err;
    [[nodiscard]] json parsed() const { return json::parse(out); }
};

Ran run(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = run_tool(arguments, out, err, false);
    return {code, out.str(), err.str()};
}

class LogCommands : public ::testing::Test {
  protected:
    void SetUp() override {
        imported = run({"--json", "log", "import",
                        std::string(CHOPMARK_SOURCE_DIR) + "/tests/data/auth.log", "--year", "2017",
                        "--zone", "UTC", "--into", data});
        ASSERT_EQ(imported.code, 0) << imported.out << imported.err;
    }

    test::ScratchFolder folder;
    std::string data = (folder.path() / "scratch").string();
    Ran imported;
};

TEST_F(LogCommands, ImportCountsWhatTheFileHolds) {
    const json report = imported.parsed();
    EXPECT_EQ(report["lines"], 7121);
    EXPECT_EQ(report["records"], 943);
    EXPECT_EQ(report["repeated_lines"], 85);
    EXPECT_EQ(report["accepted"], 226);
    EXPECT_EQ(report["failed"], 1042);
    EXPECT_EQ(report["sources"], 106);
    EXPECT_EQ(report["most_failures"][0]["failures"], 157);
    EXPECT_EQ(report["most_failures"][0]["attempts"], 204);
    EXPECT_EQ(report["first_at"], 1490620089000);  // date -u -d '2017-03-27 13:08:09' +%s
}

TEST_F(LogCommands, ImportIsVerifiedBoxByBox) {
    const Ran verified = run({"log", "verify", "--data", data, "--readable", "--json"});
    EXPECT_EQ(verified.code, 0) << verified.out;
    const json report = verified.parsed();
    EXPECT_TRUE(report["good"]);
    EXPECT_EQ(report["boxes"]["opened"], 943 * 2);
    EXPECT_EQ(report["partitions"][1]["size"], 945);
    EXPECT_EQ(report["partitions"][1]["vouched"], 945);
}

TEST_F(LogCommands, VerifyHoldsALogToTheGenesisItIsKnownBy) {
    EXPECT_EQ(run({"log", "verify", "--data", data, "--genesis", std::string(64, '0')}).code, 1);
    EXPECT_EQ(run({"log", "verify", "--data", data, "--genesis", "no hash"}).code, 2);
}

TEST_F(LogCommands, BareCopyOfAJournalIsVerifiedByItsOwnRecordZero) {
    const auto copy = folder.path() / "copy";
    std::filesystem::create_directory(copy);
    std::filesystem::copy(std::filesystem::path(data) / "journal", copy / "journal");
    EXPECT_EQ(run({"log", "verify", "--data", copy.string()}).code, 0);
    EXPECT_EQ(run({"log", "verify", "--data", copy.string(), "--readable"}).code, 3);
}

TEST_F(LogCommands, AddressesAreInClearInPersonalBoxesOnly) {
    const Ran exported = run({"log", "export", "--data", data});
    EXPECT_EQ(exported.code, 0);
    EXPECT_EQ(exported.out.find("85.245.107.41"), std::string::npos);
    const Ran linked = run(
        {"log", "show", "--data", data, "--partition", "1", "--sequence", "2", "--link", "--json"});
    EXPECT_EQ(linked.out.find("85.245.107.41"), std::string::npos);
    EXPECT_FALSE(linked.parsed()["link"]["address"]["current"].empty());
    const Ran opened = run({"log", "show", "--data", data, "--partition", "1", "--sequence", "2",
                            "--personal", "--json"});
    EXPECT_EQ(opened.parsed()["personal"]["address"], "85.245.107.41");
}

TEST_F(LogCommands, ExportedLeavesHashToTheirHashes) {
    std::istringstream lines(run({"log", "export", "--data", data}).out);
    std::size_t leaves = 0;
    for (std::string text; std::getline(lines, text);) {
        const json line = json::parse(text);
        if (!line.contains("leaf_bytes")) {
            continue;
        }
        ++leaves;
        const auto leaf = from_base64(line["leaf_bytes"].get<std::string>());
        ASSERT_TRUE(leaf);
        EXPECT_EQ(crypto::sha256({ByteView("\0", 1), *leaf}).hex(), line["leaf_hash"]);
    }
    EXPECT_EQ(leaves, 945U + 3U);
}

TEST_F(LogCommands, RecordIsFoundByItsEvent) {
    const json listed = run({"log", "list", "--data", data, "--partition", "1", "--type",
                             "SignInImported", "--limit", "3", "--json"})
                            .parsed();
    ASSERT_EQ(listed.size(), 3U);
    const Ran shown = run({"log", "show", "--data", data, "--event",
                           listed[2]["event"].get<std::string>(), "--json"});
    EXPECT_EQ(shown.parsed()["sequence"], listed[2]["sequence"]);
}

TEST_F(LogCommands, SecondFileMustNotBeginBeforeTheEndOfTheFirst) {
    const std::string file = std::string(CHOPMARK_SOURCE_DIR) + "/tests/data/auth.log";
    EXPECT_EQ(run({"log", "import", file, "--year", "2016", "--into", data}).code, 3);
    EXPECT_EQ(run({"log", "import", file, "--year", "2018", "--into", data}).code, 0);
    EXPECT_EQ(run({"log", "verify", "--data", data}).code, 0);
}

TEST(Tool, SaysByItsCodeWhatWentWrong) {
    EXPECT_EQ(run({"--help"}).code, 0);
    EXPECT_EQ(run({}).code, 2);
    EXPECT_EQ(run({"log", "verify"}).code, 2);
    EXPECT_EQ(run({"log", "verify", "--data", "/nowhere"}).code, 3);
    EXPECT_EQ(run({"log", "import", "/nowhere", "--into", "/nowhere", "--zone", "HKT"}).code, 2);
}

class FixedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override { return Instant::from_seconds(1'795'262'400); }
};

TEST(Founding, FoundsOnceAndOpensWhatItFounded) {
    const test::ScratchFolder scratch;
    const ops::DataFolder folder(scratch.path() / "data");
    crypto::SystemEntropy entropy;
    const FixedClock clock;
    const auto first = crypto::P256PrivateKey::generate(entropy).point();
    EXPECT_FALSE(ops::is_founded(folder));
    EXPECT_EQ(ops::open_data_folder(folder, "", entropy).error(), keys::no_genesis);
    const auto founded =
        ops::found_data_folder(folder, schema::SANDBOX, 4, first, clock, entropy).value();
    EXPECT_TRUE(founded.anew);
    EXPECT_TRUE(ops::is_founded(folder));
    const auto again =
        ops::found_data_folder(folder, schema::SANDBOX, 4, first, clock, entropy).value();
    EXPECT_FALSE(again.anew);
    EXPECT_EQ(again.genesis.hash(), founded.genesis.hash());
    EXPECT_EQ(ops::found_data_folder(folder, schema::SANDBOX, 5, first, clock, entropy).error(),
              ops::other_deployment);
    const auto opened = ops::open_data_folder(folder, "localhost:1", entropy).value();
    EXPECT_EQ(opened.founding().hash, founded.genesis.hash());
    EXPECT_EQ(opened.node->endpoint(), "localhost:1");
    EXPECT_EQ(opened.keys->commitments(), founded.genesis.facts().commitments);
}

TEST(Founding, InterruptedFoundingIsCompleted) {
    const test::ScratchFolder scratch;
    const ops::DataFolder folder(scratch.path() / "data");
    crypto::SystemEntropy entropy;
    const FixedClock clock;
    const auto first = crypto::P256PrivateKey::generate(entropy).point();
    ASSERT_TRUE(ops::found_data_folder(folder, schema::SANDBOX, 4, first, clock, entropy));
    std::filesystem::remove_all(folder.genesis());  // written last
    ASSERT_TRUE(ops::found_data_folder(folder, schema::SANDBOX, 4, first, clock, entropy));
    EXPECT_TRUE(ops::open_data_folder(folder, "", entropy));
}

TEST(Founding, LeavesProductionAlone) {
    const test::ScratchFolder scratch;
    crypto::SystemEntropy entropy;
    const auto first = crypto::P256PrivateKey::generate(entropy).point();
    EXPECT_EQ(ops::found_data_folder(ops::DataFolder(scratch.path() / "data"), schema::PRODUCTION,
                                     4, first, FixedClock(), entropy)
                  .error(),
              keys::sandbox_only);
}

}  // namespace
}  // namespace chopmark::cli
