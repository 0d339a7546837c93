// SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104) over one or several parts, as if concatenated.
// Contexts are pooled per thread and algorithms fetched once: a one-shot call costs twice as much.
// Safe from any thread; no allocation after a thread's first call.
#pragma once

#include <initializer_list>

#include "events/core/ids.h"

namespace chopmark::crypto {

Digest sha256(ByteView bytes);
Digest sha256(std::initializer_list<ByteView> parts);

Digest hmac_sha256(ByteView key, ByteView message);
Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

/// Compares in time that depends on the lengths only.
bool equal_constant_time(ByteView a, ByteView b);

}  // namespace chopmark::crypto
