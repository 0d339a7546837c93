// SHA-512 (FIPS 180-4) and MD5 (RFC 1321), for values whose recipe others have fixed: the
// identification code of a signature. Nothing here protects anything; what has to be safe is made
// with events/crypto/digest.h. Safe from any thread.
#pragma once

#include <initializer_list>

#include "events/core/bytes.h"

namespace chopmark::crypto {

/// Over the parts as if concatenated.
ByteArray<64> sha512(std::initializer_list<ByteView> parts);
ByteArray<16> md5(std::initializer_list<ByteView> parts);

}  // namespace chopmark::crypto
