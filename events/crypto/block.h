// One AES-256 block (FIPS 197) without a mode: a keyed permutation of 16 bytes, for bearer values
// (keys/bearer.h), where every plaintext is different. Not a way to encrypt anything longer.
// Contexts are pooled per thread. Safe from any thread.
#pragma once

#include "events/crypto/secret.h"

namespace chopmark::crypto {

using Block = ByteArray<16>;

Block encrypt_block(const Secret32& key, const Block& block);
Block decrypt_block(const Secret32& key, const Block& block);

}  // namespace chopmark::crypto
