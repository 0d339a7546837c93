// Keys that sort the newest record first: a forward scan begins with the latest.
//
//   newest_first = (2⁶⁴ − 1 − sequence):u64
#pragma once

#include <limits>

#include "events/core/ids.h"

namespace chopmark::projections {

inline void append_newest_first(Bytes& key, Sequence sequence) {
    append_big_endian(key, std::numeric_limits<std::uint64_t>::max() - sequence.value());
}

/// Of a key that ends so.
inline Sequence sequence_of_newest_first(ByteView key) {
    return Sequence(std::numeric_limits<std::uint64_t>::max() -
                    get_big_endian<std::uint64_t>(key, key.size() - sizeof(std::uint64_t)));
}

}  // namespace chopmark::projections
