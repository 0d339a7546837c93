// The end of a partition as one node tells it another. Not the wire of commands, whose bytes change
// with every version: nodes of different versions have to be able to say what they have, and
// records are the same for all. Decoders return nothing unless the bytes are exactly one message
// within the bounds of journal/peer_tails.h. Pure; any thread.
//
//   question = partition:u16 from:u64 at_most:u32
//   page     = end:u64 previous:32 count:u32 (length:u32 record)^count
#pragma once

#include <optional>

#include "events/journal/peer_tails.h"

namespace chopmark::node {

struct TailQuestion {
    PartitionId partition;
    Sequence from;
    std::uint32_t at_most = 0;  // records
    friend bool operator==(const TailQuestion&, const TailQuestion&) = default;
};

Bytes encode(const TailQuestion& question);
std::optional<TailQuestion> decode_tail_question(ByteView bytes);

Bytes encode(const journal::TailPage& page);
std::optional<journal::TailPage> decode_tail_page(ByteView bytes);

}  // namespace chopmark::node
