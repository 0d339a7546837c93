// RSA where others demand it: wrapping a content key under a relying party's public key (PKCS#1
// v1.5, design 8), and the citizens' RSA-2048 signing keys and their certificates. Generating a key
// takes about 0.3 s: never on an executor. Safe from any thread.
#pragma once

#include "events/core/bytes.h"
#include "events/crypto/digest.h"
#include "events/crypto/pkey.h"
#include "events/crypto/secret.h"

namespace chopmark::crypto {

inline constexpr unsigned rsa_bits = 2048;

/// Not as long as the key allows, or the padding is wrong; deliberately nothing more exact.
inline constexpr Reason rsa_failed{"crypto.rsa_failed", Kind::invalid};

/// An RSA public key of 2048 to 4096 bits from SubjectPublicKeyInfo DER; else crypto.bad_key.
class RsaPublicKey {
  public:
    static Result<RsaPublicKey> from_spki(ByteView der);

    [[nodiscard]] Bytes spki() const;
    /// RSAES-PKCS1-v1_5 (RFC 8017 section 7.2).
    [[nodiscard]] Result<Bytes> encrypt(ByteView secret) const;
    /// RSASSA-PKCS1-v1_5 with SHA-256 over the message.
    [[nodiscard]] bool verify_sha256(ByteView message, ByteView signature) const;
    /// As RsaPrivateKey::sign_unhashed made it.
    [[nodiscard]] bool verify_unhashed(ByteView content, ByteView signature) const;
    [[nodiscard]] evp_pkey_st* loaded() const { return key_.get(); }

  private:
    explicit RsaPublicKey(Pkey key) : key_(std::move(key)) {}
    Pkey key_;
};

class RsaPrivateKey {
  public:
    /// Draws from OpenSSL's generator: no seed replays a key.
    static RsaPrivateKey generate(unsigned bits = rsa_bits);
    /// Unencrypted PKCS#8 DER; crypto.bad_key for anything else.
    static Result<RsaPrivateKey> from_pkcs8(const SecretBytes& der);

    [[nodiscard]] SecretBytes pkcs8() const;
    [[nodiscard]] RsaPublicKey public_key() const;
    /// SHA256withRSA: PKCS#1 v1.5 over the DigestInfo of SHA-256(message).
    [[nodiscard]] Bytes sign_sha256(ByteView message) const;
    /// The same, for whoever has the digest only.
    [[nodiscard]] Bytes sign_sha256_digest(const Digest& digest) const;
    /// NONEwithRSA: PKCS#1 v1.5 padding around the content as it is, no DigestInfo (what Java's
    /// name means). crypto.rsa_failed when the content is too long.
    [[nodiscard]] Result<Bytes> sign_unhashed(ByteView content) const;
    /// crypto.rsa_failed for any kind of bad input. An answer that depends on it MUST NOT be timed
    /// by strangers (Bleichenbacher); the platform itself never decrypts, only sample RPs do.
    [[nodiscard]] Result<SecretBytes> decrypt(ByteView wrapped) const;
    [[nodiscard]] evp_pkey_st* loaded() const { return key_.get(); }

  private:
    explicit RsaPrivateKey(Pkey key) : key_(std::move(key)) {}
    Pkey key_;
};

}  // namespace chopmark::crypto
