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

constexpr std::int64_t begin_march_2026 = 1'772'323'200;

Bytes read(const std::string& name, const std::string& end = ".pem") {
    std::ifstream file(CHOPMARK_SOURCE_DIR "/tests/data/kek/" + name + end, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_FALSE(text.str().empty()) << name;
    return text.str();
}

struct KekAuthoritiesTest : testing::Test {
    static std::vector<crypto::Certificate> certificates(const std::string& name) {
        return crypto::Certificate::all_from_pem(read(name), 4).value();
    }
    static KekTrust with_lists(const std::string& lists,
                               const std::string& authorities = "authorities") {
        return {certificates(authorities), crypto::RevocationLists::read(read(lists), 4).value()};
    }

    KekAuthorities known{{certificates("authorities"), {}}};

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

TEST_F(KekAuthoritiesTest, RefuseWhatItsAuthorityRevoked) {
    EXPECT_TRUE(known.check(read("lost"), Instant::from_seconds(mid_2026)));
    known.renew(with_lists("lists"));
    refused("lost", "certificate revoked");
    for (const auto* name : {"good", "of_root", "large"}) {
        const auto checked = known.check(read(name), Instant::from_seconds(mid_2026));
        EXPECT_TRUE(checked) << name << to_string(checked.error());
    }
    known.renew(with_lists("lists_without_sub"));
    refused("good", "certificate revoked");  // by way of the authority between
}

/// As of the certificates of clients: whoever cannot be told from a revoked one is not let in.
TEST_F(KekAuthoritiesTest, TakeNothingWithoutAListThatIsGood) {
    known.renew(with_lists("lists_of_root_alone"));
    refused("good", "unable to get certificate CRL");
    known.renew(with_lists("lists_over"));
    refused("good", "CRL has expired");
    EXPECT_TRUE(known.check(read("of_root"), Instant::from_seconds(mid_2026)));
    known.renew(with_lists("lists_forged"));
    refused("good", "CRL signature failure");
}

/// It is trusted by name, whatever those above it say of it.
TEST_F(KekAuthoritiesTest, AskForNoListAboutTheAuthorityItself) {
    for (const auto* lists : {"lists", "lists_without_sub"}) {
        known.renew(with_lists(lists, "sub_authority"));
        const auto checked = known.check(read("good"), Instant::from_seconds(mid_2026));
        EXPECT_TRUE(checked) << lists << ": " << to_string(checked.error());
        refused("lost", "certificate revoked");
    }
}

TEST_F(KekAuthoritiesTest, TellOfOneThatWasTakenAndRevokedLater) {
    const auto lost = certificates("lost");
    const auto good = certificates("good");
    EXPECT_FALSE(known.has_revoked(lost.front()));
    EXPECT_FALSE(known.lists_end());
    known.renew(with_lists("lists"));
    EXPECT_TRUE(known.has_revoked(lost.front()));
    EXPECT_FALSE(known.has_revoked(good.front()));
    EXPECT_FALSE(known.has_revoked(certificates("of_another").front()));
    EXPECT_EQ(known.lists_end(), Instant::from_seconds(begin_2028));
    known.renew(with_lists("lists_over"));
    EXPECT_EQ(known.lists_end(), Instant::from_seconds(begin_march_2026));
}

TEST_F(KekAuthoritiesTest, ReadListsInEitherForm) {
    const Bytes der = read("lists_of_sub", ".der");
    const auto one = crypto::RevocationLists::read(der, 1);
    ASSERT_TRUE(one) << to_string(one.error());
    EXPECT_TRUE(one->name(certificates("lost").front()));
    // Tools print what a block says above it.
    EXPECT_TRUE(crypto::RevocationLists::read("Certificate Revocation List\n" + read("lists"), 2));
    for (const Bytes& bad : {Bytes(), Bytes("lists"), der + "x", read("good"),
                             read("lists").substr(0, 600), read("lists").substr(0, 1000)}) {
        EXPECT_FALSE(crypto::RevocationLists::read(bad, 4)) << bad.size();
    }
    EXPECT_FALSE(crypto::RevocationLists::read(read("lists"), 1));
}

TEST_F(KekAuthoritiesTest, KnowNobodyWhenNoneAreNamed) {
    EXPECT_FALSE(KekAuthorities().check(read("good"), Instant::from_seconds(mid_2026)));
}

}  // namespace
}  // namespace chopmark::admin
