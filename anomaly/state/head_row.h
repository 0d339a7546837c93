// The one row that the anomaly fold reads for every event: which cut it is in, which findings it
// holds, and how many keys each rule remembers. Plain values.
//
//   head row = "h" → cut:u64 first_finding:u64 next_finding:u64 count:u32 (space:u8 keys:u64
//              next_due:i64)*
#pragma once

#include <map>

#include "events/core/ids.h"
#include "events/core/instant.h"

namespace chopmark::anomaly {

struct SpaceHead {
    std::uint64_t keys = 0;
    Instant next_due;  // no timer of the space is due before it

    static void fields(auto& archive, SpaceHead& row) { archive(row.keys, row.next_due); }
    friend bool operator==(const SpaceHead&, const SpaceHead&) = default;
};

struct Head {
    std::uint64_t cut = 0;
    std::uint64_t first_finding = 1;
    std::uint64_t next_finding = 1;
    std::map<std::uint8_t, SpaceHead> spaces;

    static void fields(auto& archive, Head& row) {
        archive(row.cut, row.first_finding, row.next_finding, row.spaces);
    }
    friend bool operator==(const Head&, const Head&) = default;
};

}  // namespace chopmark::anomaly
