// KEK certificates that their authority revokes after they were taken; certificates and lists are
// another library's (tests/data/kek/make.py).
#include "ops/kek_watch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ops/kek_authorities.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/staff_rig.h"

namespace chopmark::ops {
namespace {

std::string path_of(const std::string& name) {
    return CHOPMARK_SOURCE_DIR "/tests/data/kek/" + name + ".pem";
}

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct KekWatchTest : testing::Test {
    void SetUp() override {
        renew("");
        for (const auto* name : {"ada", "bob"}) {
            rig.enrol(name, {schema::STAFF_ROLE_ADMINISTRATOR});
            ASSERT_EQ(rig.sign_in(name).status, 200);
        }
        const auto applied = rig.post("ada", "/admin/v1/relying-parties",
                                      {{"name_english", "Library"},
                                       {"scopes", {"eidapi_auth"}},
                                       {"redirect_uris", {"https://library.example/back"}}});
        ASSERT_EQ(applied.status, 200) << applied.text;
        client = applied.body.at("client");
        const auto trial =
            step("bob", "trial", {{"scopes", {"eidapi_auth"}}, {"certificate", pem("lost")}});
        ASSERT_EQ(trial.status, 200) << trial.text;
    }
    static std::string pem(const std::string& name) { return read(path_of(name)); }
    test::Got step(const std::string& who, const std::string& action, const nlohmann::json& body) {
        auto got = rig.post(who, "/admin/v1/relying-parties/" + client + "/" + action, body);
        rig.settle();
        return got;
    }
    /// As at SIGHUP.
    void renew(const std::string& lists) {
        config::Config config;
        config.relying_parties.kek_authorities_file = path_of("authorities");
        config.relying_parties.kek_revocations_file = lists.empty() ? "" : path_of(lists);
        auto trust = read_kek_trust(config, schema::SANDBOX, DataFolder(scratch.path()));
        ASSERT_TRUE(trust) << to_string(trust.error());
        rig.kek_authorities.renew(*std::move(trust));
    }
    [[nodiscard]] std::size_t lines() const {
        const std::string text = read(options.file);
        std::size_t found = 0;
        for (auto at = text.find("relying_party.kek_revoked"); at != std::string::npos;
             at = text.find("relying_party.kek_revoked", at + 1)) {
            ++found;
        }
        return found;
    }

    test::ScratchFolder scratch;
    test::StaffRig rig;
    telemetry::LogOptions options{.node = "n", .file = (scratch.path() / "log").string()};
    std::unique_ptr<telemetry::Log> log = telemetry::Log::open(options, rig.bench.clock).value();
    KekWatch watch{{rig.bench.snapshots, rig.queries(), rig.events(), rig.kek_authorities, *log}};
    std::string client;
};

TEST_F(KekWatchTest, TellsOfACertificateThatIsRevokedAfterItWasTaken) {
    watch.tick();
    EXPECT_EQ(watch.probe().revoked, 0U);
    EXPECT_EQ(watch.probe().unread, 0U);
    EXPECT_FALSE(watch.probe().lists_end);
    renew("lists");
    watch.tick();
    EXPECT_EQ(watch.probe().revoked, 1U);
    EXPECT_TRUE(watch.probe().lists_end);
    watch.tick();
    EXPECT_EQ(watch.probe().revoked, 1U);
    // Another KEK ends it.
    ASSERT_EQ(step("ada", "key", {{"certificate", pem("good")}}).status, 200);
    watch.tick();
    EXPECT_EQ(watch.probe().revoked, 0U);
    EXPECT_EQ(watch.probe().unread, 0U);
    log.reset();
    EXPECT_EQ(lines(), 1U);
    EXPECT_NE(read(options.file).find(client), std::string::npos);
}

TEST_F(KekWatchTest, IsNotAskedAboutWhoIsGone) {
    renew("lists");
    ASSERT_EQ(step("ada", "standing", {{"standing", "withdrawn"}}).status, 200);
    watch.tick();
    EXPECT_EQ(watch.probe().revoked, 0U);
    log.reset();
    EXPECT_EQ(lines(), 0U);
}

TEST(KekTrust, IsRefusedWithTheFileThatDoesNotFit) {
    const test::ScratchFolder scratch;
    const auto refusal = [&](const std::string& authorities, const std::string& revocations) {
        config::Config config;
        config.relying_parties.kek_authorities_file = authorities;
        config.relying_parties.kek_revocations_file = revocations;
        const auto trust = read_kek_trust(config, schema::SANDBOX, DataFolder(scratch.path()));
        return trust ? std::string() : to_string(trust.error());
    };
    EXPECT_EQ(refusal(path_of("authorities"), path_of("lists")), "");
    for (const auto& bad : {path_of("good"), scratch.path().string() + "/none"}) {
        const std::string why = refusal(path_of("authorities"), bad);
        EXPECT_NE(why.find("relying_parties.kek_revocations_file: " + bad), std::string::npos)
            << why;
    }
    EXPECT_NE(refusal(path_of("lists"), "").find("relying_parties.kek_authorities_file"),
              std::string::npos);
}

}  // namespace
}  // namespace chopmark::ops
