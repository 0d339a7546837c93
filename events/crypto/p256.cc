#include "events/crypto/p256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "events/core/ensure.h"
#include "events/crypto/digest.h"
#include "events/crypto/p256_cache.h"

namespace chopmark::crypto {
namespace {

template <class T, void (*release)(T*)>
struct Release {
    void operator()(T* object) const { release(object); }
};
using Params = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM, OSSL_PARAM_free>>;
using ParamBuild = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BIGNUM, BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Release<EC_GROUP, EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Release<EC_POINT, EC_POINT_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG, ECDSA_SIG_free>>;

// The fixed head of every P-256 SubjectPublicKeyInfo (RFC 5480): SEQUENCE, id-ecPublicKey,
// prime256v1, BIT STRING of 65 bytes.
constexpr unsigned char spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

const EC_GROUP* curve() {
    static const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    ensure(group != nullptr, "P-256 is available");
    return group.get();
}

// `scalar` may be null: a public key.
Result<Pkey> load(const P256Point& point, const BIGNUM* scalar) {
    const ParamBuild build(OSSL_PARAM_BLD_new());
    ensure(build != nullptr && OSSL_PARAM_BLD_push_utf8_string(
                                   build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1);
    ensure(OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                            point.bytes().data(), P256Point::size) == 1);
    ensure(scalar == nullptr ||
           OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1);
    const Params params(OSSL_PARAM_BLD_to_param(build.get()));
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    ensure(params != nullptr && context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
    EVP_PKEY* loaded = nullptr;
    const int selection = scalar == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
    // Checks that the point is on the curve; P-256 has cofactor 1, so that is all there is.
    if (point.array()[0] != 0x04 ||
        EVP_PKEY_fromdata(context.get(), &loaded, selection, params.get()) != 1) {
        clear_openssl_errors();
        return Error(bad_key, "not a point of P-256");
    }
    return Pkey(loaded);
}

bool verify_digest(evp_pkey_st* key, const Digest& digest, ByteView der) {
    const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    ensure(context != nullptr && EVP_PKEY_verify_init(context.get()) == 1);
    const bool good = EVP_PKEY_verify(context.get(), raw(der), der.size(), digest.array().data(),
                                      Digest::size) == 1;
    clear_openssl_errors();
    return good;
}

}  // namespace

Result<Pkey> load_p256(const P256Point& point) { return load(point, nullptr); }

Result<P256Point> p256_point_from_spki(ByteView spki) {
    const ByteView head(reinterpret_cast<const char*>(spki_head), sizeof spki_head);
    const auto point =
        spki.starts_with(head) ? P256Point::from_bytes(spki.substr(head.size())) : std::nullopt;
    if (!point) {
        return Error(bad_key, "not the SubjectPublicKeyInfo of an uncompressed P-256 point");
    }
    CHOPMARK_TRY(load_p256(*point));
    return *point;
}

Bytes p256_spki(const P256Point& point) {
    Bytes out(reinterpret_cast<const char*>(spki_head), sizeof spki_head);
    return out.append(point.bytes());
}

std::optional<Bytes> p256_raw_to_der(ByteView signature) {
    if (signature.size() != p256_raw_signature_bytes) {
        return std::nullopt;
    }
    BIGNUM* const r = BN_bin2bn(raw(signature), 32, nullptr);
    BIGNUM* const s = BN_bin2bn(raw(signature) + 32, 32, nullptr);
    const Signature parsed(ECDSA_SIG_new());
    ensure(parsed != nullptr && r != nullptr && s != nullptr);
    ensure(ECDSA_SIG_set0(parsed.get(), r, s) == 1);
    unsigned char* der = nullptr;
    const int length = i2d_ECDSA_SIG(parsed.get(), &der);
    ensure(length > 0, "memory for a signature");
    Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return out;
}

std::optional<Bytes> p256_der_to_raw(ByteView signature) {
    const unsigned char* at = raw(signature);
    const Signature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(signature.size())));
    clear_openssl_errors();
    if (parsed == nullptr || at != raw(signature) + signature.size()) {
        return std::nullopt;
    }
    Bytes out(p256_raw_signature_bytes, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    if (BN_is_negative(ECDSA_SIG_get0_r(parsed.get())) != 0 ||
        BN_is_negative(ECDSA_SIG_get0_s(parsed.get())) != 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), bytes, 32) != 32 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), bytes + 32, 32) != 32) {
        clear_openssl_errors();
        return std::nullopt;
    }
    return out;
}

P256Verifier::P256Verifier(const P256Options& options)
    : cache_(std::make_unique<Cache>(options.cached_keys)) {}
P256Verifier::~P256Verifier() = default;

bool P256Verifier::verify_der(const P256Point& point, ByteView message, ByteView signature) const {
    const auto key = cache_->get(point);
    return key != nullptr && verify_digest(key.get(), sha256(message), signature);
}

bool P256Verifier::verify_raw(const P256Point& point, ByteView message, ByteView signature) const {
    const auto der = p256_raw_to_der(signature);
    return der && verify_der(point, message, *der);
}

P256Probe P256Verifier::probe() const { return cache_->probe(); }

P256PrivateKey::P256PrivateKey(const Secret32& scalar, const P256Point& point, Pkey key)
    : scalar_(scalar), point_(point), key_(std::move(key)) {}

P256PrivateKey P256PrivateKey::generate(Entropy& entropy) {
    Secret32 scalar;
    // A draw is out of range with probability 2⁻³².
    for (;;) {
        entropy.fill(scalar.writable());
        if (auto key = from_scalar(scalar)) {
            return *std::move(key);
        }
    }
}

Result<P256PrivateKey> P256PrivateKey::from_scalar(const Secret32& scalar) {
    const Number number(BN_secure_new());
    ensure(number != nullptr &&
           BN_bin2bn(raw(scalar.reveal()), Secret32::size, number.get()) != nullptr);
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    if (BN_is_zero(number.get()) != 0 || BN_cmp(number.get(), EC_GROUP_get0_order(curve())) >= 0) {
        return Error(bad_key, "scalar out of range");
    }
    const Point product(EC_POINT_new(curve()));
    ByteArray<P256Point::size> encoded{};
    ensure(product != nullptr &&
           EC_POINT_mul(curve(), product.get(), number.get(), nullptr, nullptr, nullptr) == 1);
    ensure(EC_POINT_point2oct(curve(), product.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                              encoded.size(), nullptr) == encoded.size());
    CHOPMARK_ASSIGN(Pkey key, load(P256Point(encoded), number.get()));
    return P256PrivateKey(scalar, P256Point(encoded), std::move(key));
}

Bytes P256PrivateKey::sign_der(ByteView message) const {
    const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    ensure(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
    const Digest digest = sha256(message);
    Bytes out(80, '\0');
    std::size_t length = out.size();
    ensure(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                         digest.array().data(), Digest::size) == 1);
    out.resize(length);
    return out;
}

Bytes P256PrivateKey::sign_raw(ByteView message) const {
    const auto signature = p256_der_to_raw(sign_der(message));
    ensure(signature.has_value());
    return *signature;
}

}  // namespace chopmark::crypto
