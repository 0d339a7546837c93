// Any bytes as what others made with their own tools – certificates, revocation lists, public keys,
// signatures: refused, or read whole, and what has one encoding keeps it.
#include "events/crypto/crl.h"
#include "events/crypto/p256.h"
#include "events/crypto/rsa.h"
#include "events/keys/node_ca.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ByteView;
using chopmark::ensure;
namespace crypto = chopmark::crypto;

void look_at(const crypto::Certificate& certificate) {
    static_cast<void>(certificate.common_name());
    static_cast<void>(certificate.dns_names());
    static_cast<void>(certificate.serial());
    static_cast<void>(certificate.is_authority());
    static_cast<void>(certificate.not_after());
    static_cast<void>(certificate.spki());
    const bool own = certificate.issued_by(certificate);
    const auto ca = chopmark::keys::NodeCa::from_certificate(certificate.der());
    if (ca) {
        ensure(own && certificate.is_authority() && certificate.ed25519_key(),
               "a node CA is self-signed by Ed25519");
        ensure(!ca->node_of(certificate.der()), "and no node");
    }
}

void check_signature(ByteView input) {
    if (const auto raw = crypto::p256_der_to_raw(input)) {
        const auto der = crypto::p256_raw_to_der(*raw);
        ensure(raw->size() == crypto::p256_raw_signature_bytes && der, "r and s in range");
        ensure(crypto::p256_der_to_raw(*der) == raw, "both forms say the same");
    }
    if (const auto der = crypto::p256_raw_to_der(input)) {
        ensure(crypto::p256_der_to_raw(*der) == input, "both forms say the same");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = chopmark::fuzz::bytes_of(data, size);
    if (const auto certificate = crypto::Certificate::parse(input)) {
        ensure(certificate->der() == input, "the bytes given are the bytes kept");
        look_at(*certificate);
        static_cast<void>(crypto::read_crl(*certificate, input));
    }
    if (const auto certificate = crypto::Certificate::from_pem(input)) {
        look_at(*certificate);
        const auto again = crypto::Certificate::from_pem(certificate->pem());
        ensure(again && again->der() == certificate->der(), "written as PEM it is the same");
    }
    if (const auto lists = crypto::RevocationLists::read(input, 4)) {
        static_cast<void>(lists->next_update());
    }
    if (const auto key = crypto::RsaPublicKey::from_spki(input)) {
        const auto again = crypto::RsaPublicKey::from_spki(key->spki());
        ensure(again && again->spki() == key->spki(), "one encoding");
        static_cast<void>(key->verify_sha256("message", input));
    }
    if (const auto point = crypto::p256_point_from_spki(input)) {
        ensure(crypto::load_p256(*point).has_value(), "a key lies on its curve");
        ensure(crypto::p256_point_from_spki(crypto::p256_spki(*point)) == *point);
    }
    check_signature(input);
    return 0;
}
