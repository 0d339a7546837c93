// AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags. A nonce MUST NOT be used twice
// under one key. GCM does not commit to its key: who needs that keeps a commitment beside the box
// (keys/sealing.h). Contexts are pooled per thread; a thread's context holds its last key until its
// next use. Safe from any thread.
#pragma once

#include "events/core/result.h"
#include "events/crypto/secret.h"

namespace chopmark::crypto {

inline constexpr std::size_t aead_tag_bytes = 16;
using AeadNonce = ByteArray<12>;

/// Key, nonce, additional data or bytes are not those of sealing; which, nobody can tell.
inline constexpr Reason not_authentic{"crypto.not_authentic", Kind::damaged};

/// ciphertext ‖ tag, plaintext.size() + 16 bytes.
Bytes aead_seal(const Secret32& key, const AeadNonce& nonce, ByteView additional,
                ByteView plaintext);
/// The plaintext, or crypto.not_authentic.
Result<Bytes> aead_open(const Secret32& key, const AeadNonce& nonce, ByteView additional,
                        ByteView sealed);

}  // namespace chopmark::crypto
