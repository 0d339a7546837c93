#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "events/crypto/crl.h"
#include "events/crypto/digest.h"
#include "gateways/app/signing.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/scratch_folder.h"

namespace chopmark {
namespace {

using test::GatewayBench;

constexpr std::string_view document = "%PDF-1.7 the bytes that a signature covers\n";

/// A key in the port with a certificate of the sandbox's authority, and a folder for OpenSSL's own
/// tool, which says what a signature is worth.
struct AppSigning : testing::Test {
    void SetUp() override {
        const Bytes spki = bench.signing_keys.create(handle).value();
        // Benches share the authority: a request is told from another test's by its key.
        const Digest digest = crypto::sha256(spki);
        request = RequestId(to_array<RequestId::size>(digest.bytes().substr(0, RequestId::size)));
        issued =
            bench.authority->issue(request, spki, Sensitive<std::string>("CHAN, Tai Man")).value();
        with = {handle, issued.certificate, {issued.chain}};
        write("ca.pem", crypto::Certificate::parse(bench.authority->certificate()).value().pem());
        write("document", document);
    }

    void write(const std::string& name, std::string_view bytes) const {
        std::ofstream out(folder.path() / name, std::ios::binary);
        out << bytes;
    }
    [[nodiscard]] bool openssl(const std::string& arguments) const {
        const std::string command =
            "cd '" + folder.path().string() + "' && openssl " + arguments + " > openssl.out 2>&1";
        return std::system(command.c_str()) == 0;
    }
    [[nodiscard]] schema::SignatureSubject subject(const std::string& algorithm) const {
        schema::SignatureSubject out;
        out.set_document_digest(crypto::sha256(document).to_bytes());
        out.set_algorithm(algorithm);
        return out;
    }

    GatewayBench bench;
    test::ScratchFolder folder;
    keys::KeyHandle handle = bench.entropy.draw<keys::KeyHandle>();
    RequestId request;
    ports::IssuedCertificate issued;
    app::SigningCertificate with;
};

TEST_F(AppSigning, MakesADetachedCmsThatOpensslVerifies) {
    const Bytes cms = app::make_signature(bench.signing_keys, with, schema::SIGNATURE_KIND_PDF,
                                          subject("SHA256withRSA"), bench.clock.now())
                          .value();
    write("signature", cms);
    const std::string verify =
        "cms -verify -binary -inform DER -in signature -CAfile ca.pem -attime " +
        std::to_string(bench.clock.now().seconds()) + " -content ";
    EXPECT_TRUE(openssl(verify + "document"));
    write("other", "%PDF-1.7 other bytes\n");
    EXPECT_FALSE(openssl(verify + "other"));
}

TEST_F(AppSigning, SignsAHashAsPkcs1) {
    const Bytes signature =
        app::make_signature(bench.signing_keys, with, schema::SIGNATURE_KIND_HASH,
                            subject("SHA256withRSA"), bench.clock.now())
            .value();
    write("signature", signature);
    write("certificate.pem", crypto::Certificate::parse(issued.certificate).value().pem());
    ASSERT_TRUE(openssl("x509 -in certificate.pem -pubkey -noout -out key.pem"));
    EXPECT_TRUE(openssl("dgst -sha256 -verify key.pem -signature signature document"));
}

TEST_F(AppSigning, TheAuthorityAnswersARequestOnce) {
    const Bytes spki = bench.signing_keys.public_key(handle).value();
    const auto again =
        bench.authority->issue(request, spki, Sensitive<std::string>("CHAN, Tai Man")).value();
    EXPECT_EQ(again.certificate, issued.certificate);
    EXPECT_EQ(again.until, issued.until);
    const Bytes other = bench.signing_keys.create(bench.entropy.draw<keys::KeyHandle>()).value();
    EXPECT_FALSE(bench.authority->issue(request, other, Sensitive<std::string>("CHAN, Tai Man")));
}

TEST_F(AppSigning, TheAuthorityListsWhatItRevoked) {
    const auto before = bench.authority->revocation_list().value();
    ASSERT_TRUE(bench.authority->revoke(bench.entropy.draw<RequestId>(), issued.serial));
    const auto after = bench.authority->revocation_list().value();
    EXPECT_EQ(after.number, before.number + 1);
    write("list", after.list);
    EXPECT_TRUE(openssl("crl -inform DER -in list -CAfile ca.pem -noout"));
    const auto ca = crypto::Certificate::parse(bench.authority->certificate()).value();
    const auto facts = crypto::read_crl(ca, after.list).value();
    EXPECT_EQ(facts.number, after.number);
    EXPECT_NE(std::find(facts.serials.begin(), facts.serials.end(), issued.serial),
              facts.serials.end());
}

}  // namespace
}  // namespace chopmark
