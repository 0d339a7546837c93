// Ed25519 (RFC 8032), for nodes, signers and witnesses. Deterministic: the same key and message
// give the same signature. Safe from any thread.
#pragma once

#include "events/core/bytes.h"
#include "events/crypto/pkey.h"
#include "events/crypto/secret.h"

namespace chopmark::crypto {

inline constexpr std::size_t ed25519_public_bytes = 32;
inline constexpr std::size_t ed25519_signature_bytes = 64;

class Ed25519PrivateKey {
  public:
    /// The seed is the RFC's 32-byte private key; any 32 bytes are one.
    explicit Ed25519PrivateKey(const Secret32& seed);
    /// Unencrypted PKCS#8 in PEM, as TLS libraries read it; crypto.bad_key for anything else.
    static Result<Ed25519PrivateKey> from_pem(ByteView pem);

    [[nodiscard]] const ByteArray<ed25519_public_bytes>& public_key() const { return public_key_; }
    /// 64 bytes.
    [[nodiscard]] Bytes sign(ByteView message) const;
    [[nodiscard]] SecretBytes pem() const;
    [[nodiscard]] evp_pkey_st* loaded() const { return key_.get(); }

  private:
    Pkey key_;
    ByteArray<ed25519_public_bytes> public_key_{};
};

/// The loaded key of 32 bytes, for certificates; crypto.bad_key for another length.
Result<Pkey> load_ed25519(ByteView public_key);

/// False for a key or signature of another length, too.
bool ed25519_verify(ByteView public_key, ByteView message, ByteView signature);

}  // namespace chopmark::crypto
