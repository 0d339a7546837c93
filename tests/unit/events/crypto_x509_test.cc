#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "events/crypto/ed25519.h"
#include "events/crypto/rsa.h"
#include "events/crypto/x509.h"

namespace chopmark::crypto {
namespace {

const Instant made_at = Instant::from_seconds(1'760'000'000);

CertificateSpec spec_of(CertificateUse use, const std::string& name) {
    CertificateSpec spec;
    spec.use = use;
    spec.common_name = name;
    spec.serial[15] = 7;
    spec.not_before = made_at;
    spec.not_after = made_at + std::chrono::hours(24 * 3650);
    return spec;
}

Ed25519PrivateKey key_of(std::uint8_t which) {
    ByteArray<32> seed{};
    seed[0] = which;
    return Ed25519PrivateKey(Secret32(seed));
}

Certificate authority(const Ed25519PrivateKey& key, const std::string& name) {
    return Certificate::issue(spec_of(CertificateUse::authority, name), key.loaded(), nullptr,
                              key.loaded())
        .value();
}

TEST(X509, IssuesWhatItReadsBack) {
    const auto ca_key = key_of(1);
    const Certificate ca = authority(ca_key, "node CA");
    auto spec = spec_of(CertificateUse::node, "0123456789abcdef0123456789abcdef");
    spec.dns_names = {spec.common_name, "localhost"};
    const auto node_key = key_of(2);
    const Certificate node =
        Certificate::issue(spec, node_key.loaded(), &ca, ca_key.loaded()).value();
    const Certificate read = Certificate::parse(node.der()).value();
    EXPECT_EQ(read.common_name(), spec.common_name);
    EXPECT_EQ(read.dns_names(), spec.dns_names);
    EXPECT_EQ(read.serial(), Bytes(1, '\x07'));
    EXPECT_EQ(read.ed25519_key(), Bytes(view(node_key.public_key())));
    EXPECT_FALSE(read.is_authority());
    EXPECT_TRUE(ca.is_authority());
    EXPECT_TRUE(read.issued_by(ca));
    EXPECT_TRUE(ca.issued_by(ca));
}

TEST(X509, KnowsAForeignIssuer) {
    const auto ca_key = key_of(1);
    const auto other_key = key_of(3);
    const Certificate ca = authority(ca_key, "node CA");
    const Certificate same_name = authority(other_key, "node CA");
    const Certificate same_key = authority(ca_key, "another CA");
    const auto node = Certificate::issue(spec_of(CertificateUse::node, "n"), key_of(2).loaded(),
                                         &ca, ca_key.loaded());
    EXPECT_TRUE(node->issued_by(ca));
    EXPECT_FALSE(node->issued_by(same_name));
    EXPECT_FALSE(node->issued_by(same_key));
}

TEST(X509, RefusesWhatDoesNotFitTheFormat) {
    const auto key = key_of(1);
    const auto refused = [&](const CertificateSpec& spec) {
        return Certificate::issue(spec, key.loaded(), nullptr, key.loaded()).error() ==
               bad_certificate;
    };
    EXPECT_TRUE(refused(spec_of(CertificateUse::node, "")));
    EXPECT_TRUE(refused(spec_of(CertificateUse::node, std::string(65, 'x'))));
    auto no_serial = spec_of(CertificateUse::node, "n");
    no_serial.serial = {};
    EXPECT_TRUE(refused(no_serial));
    EXPECT_EQ(Certificate::parse("").error(), bad_certificate);
    EXPECT_EQ(Certificate::parse(authority(key, "a").der() + "x").error(), bad_certificate);
}

// The openssl command is the other reader: it must build the chain for both kinds of key, and find
// the purposes that mutual TLS asks for.
TEST(X509, ChainsAsOpensslVerifyDemands) {
    const auto folder = std::filesystem::temp_directory_path() / "chopmark_x509_test";
    std::filesystem::create_directories(folder);
    const auto write = [&](const char* name, const Certificate& certificate) {
        std::ofstream(folder / name) << certificate.pem();
    };
    const auto ca_key = key_of(1);
    const Certificate ca = authority(ca_key, "node CA");
    const auto node = Certificate::issue(spec_of(CertificateUse::node, "n"), key_of(2).loaded(),
                                         &ca, ca_key.loaded());
    const auto rsa_key = RsaPrivateKey::generate();
    const Certificate rsa_ca = Certificate::issue(spec_of(CertificateUse::authority, "citizen CA"),
                                                  rsa_key.loaded(), nullptr, rsa_key.loaded())
                                   .value();
    const auto citizen = Certificate::issue(spec_of(CertificateUse::signature, "陳大文"),
                                            rsa_key.loaded(), &rsa_ca, rsa_key.loaded());
    write("ca.pem", ca);
    write("node.pem", node.value());
    write("rsa_ca.pem", rsa_ca);
    write("citizen.pem", citizen.value());
    const auto verify = [&](const std::string& arguments) {
        const std::string command = "cd '" + folder.string() + "' && openssl verify -x509_strict " +
                                    arguments + " >/dev/null 2>&1";
        return std::system(command.c_str()) == 0;
    };
    EXPECT_TRUE(verify("-attime 1760000001 -purpose sslserver -CAfile ca.pem node.pem"));
    EXPECT_TRUE(verify("-attime 1760000001 -purpose sslclient -CAfile ca.pem node.pem"));
    EXPECT_FALSE(verify("-attime 1760000001 -CAfile rsa_ca.pem node.pem"));
    EXPECT_FALSE(verify("-attime 1759999999 -CAfile ca.pem node.pem"));
    EXPECT_TRUE(verify("-attime 1760000001 -CAfile rsa_ca.pem citizen.pem"));
    EXPECT_FALSE(verify("-attime 1760000001 -purpose sslserver -CAfile rsa_ca.pem citizen.pem"));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace chopmark::crypto
