// KEK certificates made by another library (tests/data/kek/make.py), each with one thing wrong.
#include "gateways/admin/kek_authorities.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "events/crypto/rsa.h"

namespace chopmark::admin {
namespace {

constexpr std::int64_t mid_2026 = 1'782'878'400;
constexpr std::int64_t begin_2026 = 1'767'225'600;
constexpr std::int64_t begin_2028 = 1'830'297'600;

Bytes read(const std::string& name) {
    std::ifstream file(CHOPMARK_SOURCE_DIR "/tests/data/kek/" + name + ".pem", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_FALSE(text.str().empty()) << name;
    return text.str();
}

struct KekAuthoritiesTest : testing::Test {
    const KekAuthorities known{crypto::Certificate::all_from_pem(read("authorities"), 4).value()};

    void refused(const std::string& name, std::string_view why) {
        const auto checked = known.check(read(name), Instant::from_seconds(mid_2026));
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error(), kek_certificate_bad);
        EXPECT_NE(checked.error().detail.find(why), std::string::npos)
            << name << ": " << checked.error().detail;
    }
};

TEST_F(KekAuthoritiesTest, TakeOneThatLeadsToThem) {
    for (const auto* name : {"good", "of_root", "large"}) {
        const auto checked = known.check(read(name), Instant::from_seconds(mid_2026));
        ASSERT_TRUE(checked) << name << to_string(checked.error());
        EXPECT_TRUE(crypto::RsaPublicKey::from_spki(checked->kek)) << name;
        EXPECT_EQ(checked->certificate.not_before, Instant::from_seconds(begin_2026));
        EXPECT_EQ(checked->certificate.not_after, Instant::from_seconds(begin_2028));
    }
}

TEST_F(KekAuthoritiesTest, RefuseWhatIsWrongWithTheCertificate) {
    refused("for_signing", "key usage");
    refused("without_usage", "key usage");
    refused("short_key", "RSA of 2048");
    refused("of_a_curve", "RSA of 2048");
    refused("ended", "dates");
    refused("not_begun", "dates");
    refused("authority_itself", "authority");
}

TEST_F(KekAuthoritiesTest, RefuseWhatDoesNotLeadToThem) {
    refused("without_way", "local issuer");
    refused("of_another", "certificate");
    refused("forged", "signature");
    refused("below_a_leaf", "");
    refused("authorities", "authority");
}

TEST_F(KekAuthoritiesTest, RefuseWhatIsNoCertificate) {
    const auto now = Instant::from_seconds(mid_2026);
    for (const Bytes& text : {Bytes(), Bytes("certificate"), Bytes(kek_pem_bytes + 1, 'x'),
                              read("good") + "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
        EXPECT_FALSE(known.check(text, now));
    }
    Bytes many;
    for (std::size_t i = 0; i <= kek_certificates_at_most; ++i) {
        many += read("of_root");
    }
    EXPECT_FALSE(known.check(many, now));
}

TEST_F(KekAuthoritiesTest, KnowNobodyWhenNoneAreNamed) {
    EXPECT_FALSE(KekAuthorities().check(read("good"), Instant::from_seconds(mid_2026)));
}

}  // namespace
}  // namespace chopmark::admin
