// CRC-32C (Castagnoli; RFC 3720 appendix B.4), as RocksDB guards its write-ahead log with. Pure.
#pragma once

#include "events/core/bytes.h"

namespace chopmark::journal {

/// The checksum of `bytes`, continuing from that of the bytes before them.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0);

}  // namespace chopmark::journal
