// ECDSA with P-256 and SHA-256 (FIPS 186-4): the keys of phones, terminals, staff and operators.
// A public key is stored as its raw uncompressed point, never as SPKI, whose decoding costs more
// than the verification. Signatures come in two forms: DER (phones, OpenSSL) and raw r ‖ s
// (WebCrypto, JWS). ECDSA signatures can be malleated: never use one as an identifier.
#pragma once

#include <memory>

#include "events/core/entropy.h"
#include "events/crypto/pkey.h"
#include "events/crypto/secret.h"

namespace chopmark::crypto {

/// 0x04 ‖ x:32 ‖ y:32 (SEC 1, 2.3.3).
using P256Point = OpaqueId<struct P256PointTag, 65>;

inline constexpr std::size_t p256_raw_signature_bytes = 64;

/// The key of a point, or crypto.bad_key when it is not on the curve.
Result<Pkey> load_p256(const P256Point& point);
/// The point of a key given as SubjectPublicKeyInfo DER, for what comes from outside.
Result<P256Point> p256_point_from_spki(ByteView spki);
/// SubjectPublicKeyInfo DER, for certificates and tools of others: 26 fixed bytes and the point.
Bytes p256_spki(const P256Point& point);

/// Nothing unless the input is exactly one signature of that form with r and s in range of 32
/// bytes.
std::optional<Bytes> p256_raw_to_der(ByteView signature);
std::optional<Bytes> p256_der_to_raw(ByteView signature);

struct P256Options {
    /// Loaded keys kept, about 3 KB each; a miss costs 30 µs where a verification costs 100.
    std::size_t cached_keys = 16'384;
};

struct P256Probe {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
};

/// Verifies by point, keeping the most recently used keys loaded. Safe from any thread.
class P256Verifier {
  public:
    explicit P256Verifier(const P256Options& options = {});
    ~P256Verifier();
    P256Verifier(const P256Verifier&) = delete;
    P256Verifier& operator=(const P256Verifier&) = delete;

    /// False for a bad point and for a signature that is malformed, too.
    [[nodiscard]] bool verify_der(const P256Point& point, ByteView message,
                                  ByteView signature) const;
    [[nodiscard]] bool verify_raw(const P256Point& point, ByteView message,
                                  ByteView signature) const;
    [[nodiscard]] P256Probe probe() const;

  private:
    class Cache;
    std::unique_ptr<Cache> cache_;
};

/// Signs; for the simulated phone and terminal, staff tools and tests. Signatures are randomised.
class P256PrivateKey {
  public:
    static P256PrivateKey generate(Entropy& entropy);
    /// crypto.bad_key unless 0 < scalar < group order.
    static Result<P256PrivateKey> from_scalar(const Secret32& scalar);

    [[nodiscard]] const P256Point& point() const { return point_; }
    [[nodiscard]] const Secret32& scalar() const { return scalar_; }
    [[nodiscard]] Bytes sign_der(ByteView message) const;
    [[nodiscard]] Bytes sign_raw(ByteView message) const;
    [[nodiscard]] evp_pkey_st* loaded() const { return key_.get(); }

  private:
    P256PrivateKey(const Secret32& scalar, const P256Point& point, Pkey key);
    Secret32 scalar_;
    P256Point point_;
    Pkey key_;
};

}  // namespace chopmark::crypto
