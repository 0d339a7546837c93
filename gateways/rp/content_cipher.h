// The cipher of requests, answers and callbacks (facts/iamsmart-api.md 4.4): AES-256-GCM without
// additional data. Deterministic for a given IV; safe from any thread.
//
//   text  = Base64(iv_length:u32 iv ciphertext tag:16)     ; big-endian, iv_length 12 and no other
#pragma once

#include <string>

#include "events/core/result.h"
#include "events/crypto/aead.h"
#include "gateways/rp/codes.h"

namespace chopmark::rp {

struct SealedContent {
    crypto::AeadNonce iv{};
    Bytes sealed;  // ciphertext ‖ tag
};

std::string seal_content(const crypto::Secret32& key, const crypto::AeadNonce& iv,
                         ByteView plaintext);

/// rp.content_undecryptable for what no key could open: not Base64, too short, another IV length.
Result<SealedContent> parse_content(std::string_view text);
/// crypto.not_authentic under any key but the right one.
Result<Bytes> open_content(const crypto::Secret32& key, const SealedContent& content);

}  // namespace chopmark::rp
