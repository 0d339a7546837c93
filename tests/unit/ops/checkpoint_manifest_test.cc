#include <gtest/gtest.h>

#include <fstream>

#include "events/crypto/system_entropy.h"
#include "ops/checkpoint/manifest.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::checkpoint {
namespace {

namespace fs = std::filesystem;

Digest digest_of(std::uint8_t first) { return Digest{{first}}; }

CheckpointManifest sample() {
    CheckpointManifest out;
    out.deployment = digest_of(1);
    out.node = NodeId{{2}};
    out.certificate = "a certificate";
    out.made_at = Instant::from_millis(1'795'279'500'123);
    out.software = "1";
    out.back_end = "kafka";
    out.state_version = 2;
    out.partitions = {{PartitionId(0), 7, digest_of(3)}, {PartitionId(1), 0, digest_of(4)}};
    out.files = {{"journal/000012.sst", {4096, digest_of(5)}},
                 {"rows/CURRENT", {16, digest_of(6)}}};
    return out;
}

/// The sample's JSON with one piece replaced.
std::string with(const std::string& piece, const std::string& by) {
    std::string json = to_json(sample());
    const auto at = json.find(piece);
    EXPECT_NE(at, std::string::npos) << piece;
    return at == std::string::npos ? json : json.replace(at, piece.size(), by);
}

TEST(CheckpointManifest, SaysTheSameWhenItIsReadBack) {
    const auto read = read_manifest(to_json(sample()));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, sample());
    EXPECT_EQ(read->bytes(), 4112U);
}

TEST(CheckpointManifest, IsRefusedWhereItIsNotWhatItMustBe) {
    const std::pair<std::string, std::string> wrong[] = {
        {"\"format\": 1", "\"format\": 2"},
        {"\"format\": 1", "\"format\": \"1\""},
        {"\"state_version\": 2", "\"state_version\": 4294967296"},
        {"\"made_at\": 1795279500123", "\"made_at\": -1"},
        {"\"made_at\": 1795279500123", "\"made_at\": 18446744073709551615"},
        {digest_of(1).hex(), "00"},
        {"\"partition\": 1", "\"partition\": 2"},
        {"\"partition\": 1", "\"partition\": 0"},
        {"\"records\": 7", "\"records\": -7"},
        {"\"bytes\": 4096", "\"bytes\": 9223372036854775807"},
        {"\"bytes\": 4096", "\"bytes\": 4.5"},
        {"\"partitions\": [", "\"partition_s\": ["},
        {to_base64("a certificate"), "*"},
    };
    for (const auto& [piece, by] : wrong) {
        const auto read = read_manifest(with(piece, by));
        EXPECT_FALSE(read) << by;
        EXPECT_EQ(read.error(), bad_manifest) << by;
    }
    for (const char* json : {"", "[]", "{}", "null", "{\"format\": 1", "\xff\xfe"}) {
        EXPECT_EQ(read_manifest(json).error(), bad_manifest) << json;
    }
    EXPECT_EQ(read_manifest(std::string(manifest_bytes + 1, ' ')).error(), bad_manifest);
}

TEST(CheckpointManifest, LeadsToNoFileOutsideOfItsFolders) {
    for (const char* path :
         {"rows/../../secrets/CURRENT", "/etc/passwd", "rows", "rows/", "keys/1", "rows/a/b",
          "rows/.hidden", "rows/..", "journal/a b", "journal/CURRENT", "Rows/CURRENT", ""}) {
        const bool good = std::string(path) == "journal/CURRENT";
        EXPECT_EQ(read_manifest(with("rows/CURRENT", path)).has_value(), good) << path;
    }
    EXPECT_EQ(read_manifest(with("rows/CURRENT", "journal/000012.sst")).error(), bad_manifest)
        << "one file twice";
}

struct SignedManifest : testing::Test {
    crypto::SystemEntropy entropy;
    const Instant at = Instant::from_seconds(1'795'279'500);
    const keys::NodeIssuer issuer = keys::NodeIssuer::create(entropy, "a CA", at).value();
    const keys::NodeCa ca = keys::NodeCa::from_certificate(issuer.certificate().der()).value();
    const keys::Node node = issuer.enrol(entropy, "", at).value();
    test::ScratchFolder folder;

    [[nodiscard]] CheckpointManifest manifest() const {
        auto out = sample();
        out.node = node.node();
        out.certificate = Bytes(node.certificate());
        return out;
    }
    void append(const char* file) const {
        std::ofstream(folder.path() / file, std::ios::app) << ' ';
    }
};

TEST_F(SignedManifest, OpensAsItWasWritten) {
    ASSERT_TRUE(write_manifest(folder.path(), manifest(), node));
    const auto opened = open_manifest(folder.path(), ca);
    ASSERT_TRUE(opened) << opened.error();
    EXPECT_EQ(*opened, manifest());
}

TEST_F(SignedManifest, IsRefusedWhenAByteOfItChanged) {
    ASSERT_TRUE(write_manifest(folder.path(), manifest(), node));
    append("manifest.json");  // JSON of the same meaning
    EXPECT_EQ(open_manifest(folder.path(), ca).error(), not_signed);
    ASSERT_TRUE(write_manifest(folder.path(), manifest(), node));
    append("manifest.signature");
    EXPECT_EQ(open_manifest(folder.path(), ca).error(), not_signed);
    fs::remove(folder.path() / "manifest.signature");
    EXPECT_EQ(open_manifest(folder.path(), ca).error(), not_signed);
    fs::remove(folder.path() / "manifest.json");
    EXPECT_EQ(open_manifest(folder.path(), ca).error(), bad_manifest);
    EXPECT_EQ(open_manifest(folder.path() / "nowhere", ca).error(), bad_manifest);
}

TEST_F(SignedManifest, IsRefusedFromAnybodyButTheNodeItNames) {
    const keys::Node other = issuer.enrol(entropy, "", at).value();
    ASSERT_TRUE(write_manifest(folder.path(), manifest(), other));
    EXPECT_EQ(open_manifest(folder.path(), ca).error(), not_signed);
    auto named = manifest();
    named.certificate = Bytes(other.certificate());
    ASSERT_TRUE(write_manifest(folder.path(), named, other));
    EXPECT_EQ(open_manifest(folder.path(), ca).error(), not_signed);
    const auto stranger = keys::NodeIssuer::create(entropy, "another CA", at).value();
    ASSERT_TRUE(write_manifest(folder.path(), manifest(), node));
    EXPECT_EQ(open_manifest(folder.path(),
                            keys::NodeCa::from_certificate(stranger.certificate().der()).value())
                  .error(),
              not_signed);
}

}  // namespace
}  // namespace chopmark::checkpoint
