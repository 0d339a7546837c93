#include "ops/outside_parties.h"

#include <gtest/gtest.h>

#include "events/crypto/system_entropy.h"
#include "events/schema/genesis.pb.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::ops {
namespace {

outside::OutsideOptions at(const std::string& url) {
    config::PartyConfig party;
    party.url = url;
    return outside_options(party);
}

TEST(OutsideParties, AreAddressedByHostPortAndPath) {
    EXPECT_EQ(at("https://register.example").host, "register.example");
    EXPECT_EQ(at("https://register.example").port, 443);
    EXPECT_EQ(at("https://register.example").path, "");
    EXPECT_EQ(at("https://register.example:8443/v1/").host, "register.example");
    EXPECT_EQ(at("https://register.example:8443/v1/").port, 8443);
    EXPECT_EQ(at("https://register.example:8443/v1/").path, "/v1");
    EXPECT_EQ(at("https://[2001:db8::1]:8443/v1").host, "[2001:db8::1]");
    EXPECT_EQ(at("https://[2001:db8::1]:8443/v1").port, 8443);
    EXPECT_EQ(at("https://[2001:db8::1]").host, "[2001:db8::1]");
}

TEST(OutsideParties, AreNotPlayedOutsideTheSandbox) {
    const test::ScratchFolder scratch;
    const SystemClock clock{};
    crypto::SystemEntropy entropy;
    config::Config config;
    const auto open = [&](keys::Environment environment) {
        return OutsideParties::open(config, environment, DataFolder(scratch.path()), clock,
                                    entropy);
    };
    EXPECT_TRUE(open(schema::SANDBOX).has_value());
    EXPECT_FALSE(open(schema::PRODUCTION).has_value());
    EXPECT_FALSE(open(schema::INTEGRATION).has_value());
    config.immigration.url = config.face_matcher.url = config.certification.url =
        "https://party.example";
    EXPECT_FALSE(open(schema::PRODUCTION).has_value());
    config.push.url = "https://party.example";
    EXPECT_TRUE(open(schema::PRODUCTION).has_value());
}

}  // namespace
}  // namespace chopmark::ops
