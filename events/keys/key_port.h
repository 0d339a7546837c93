// The port to the citizens' signing keys, which no record may hold, even sealed (design 12).
// A key is made durable before the record that tells of it. On one node keys live in a store of
// their own (LocalKeyPort over SecretRows), beside the verifiers of passwords
// (events/keys/password_store.h); a cluster has one `chopmark keyport` process or an HSM behind the
// same port. Safe from any thread; making and using keys takes from half a millisecond to half a
// second: only in a pool.
#pragma once

#include <memory>
#include <string>

#include "events/core/ids.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"

namespace chopmark::keys {

/// Names a signing key in its port; drawn by whoever asks for the key, so that asking again after a
/// crash yields the same key.
using KeyHandle = OpaqueId<struct KeyHandleTag, 16>;

inline constexpr Reason no_signing_key{"keyport.no_key", Kind::not_found};
/// The handle's key was destroyed; the handle is never used again.
inline constexpr Reason signing_key_destroyed{"keyport.destroyed", Kind::expired};
/// The content does not fit the scheme.
inline constexpr Reason bad_content{"keyport.bad_content", Kind::invalid};

enum class SigningScheme : std::uint8_t {
    sha256_rsa,         // PKCS#1 v1.5 over SHA-256 of the content (CMS attributes of a PDF)
    sha256_rsa_digest,  // the same, the content being the 32-byte digest (SHA256withRSA of a hash)
    bare_rsa,           // PKCS#1 v1.5 padding around the content (NONEwithRSA)
};

class KeyPort {
  public:
    virtual ~KeyPort() = default;
    /// Makes an RSA-2048 key, durably, unless the handle has one; its SubjectPublicKeyInfo.
    virtual Result<Bytes> create(const KeyHandle& handle) = 0;
    /// SubjectPublicKeyInfo DER.
    [[nodiscard]] virtual Result<Bytes> public_key(const KeyHandle& handle) = 0;
    [[nodiscard]] virtual Result<Bytes> sign(const KeyHandle& handle, SigningScheme scheme,
                                             ByteView content) = 0;
    /// Durable on return; the key's remnants are gone from the store. No error when there is none.
    virtual Result<void> destroy(const KeyHandle& handle) = 0;
};

}  // namespace chopmark::keys
