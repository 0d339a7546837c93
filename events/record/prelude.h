// The fixed head of every leaf (design 4, 12): what the accept rule reads, and all it reads besides
// the fixed tails of three record types. Big-endian, 164 bytes, frozen; a golden test holds it.
//
//   prelude = magic:4 format:u16 type:u32 partition:u16 sequence:u64 term:u64 writer:16 previous:32
//             recorded_at:u64 event_id:16 link_digest:32 personal_digest:32
//
// recorded_at is in microseconds UTC. `previous` is the RFC 6962 leaf hash of the record before it.
// An absent box has a digest of 32 zero bytes.
#pragma once

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"

namespace chopmark::record {

inline constexpr std::size_t prelude_bytes = 164;
inline constexpr ByteView magic = "CHPM";
inline constexpr std::uint16_t format = 1;

/// Number of an event type; family blocks of 256. The names are in events/schema.
using TypeNumber = NumberId<struct TypeNumberTag, std::uint32_t>;

struct Prelude {
    TypeNumber type;
    PartitionId partition;
    Sequence sequence;
    Term term;
    WriterId writer;
    Digest previous;
    Instant recorded_at;
    EventId event_id;
    Digest link_digest;
    Digest personal_digest;

    friend bool operator==(const Prelude&, const Prelude&) = default;
};

inline constexpr Reason not_a_record{"record.not_a_record", Kind::invalid};

/// Exactly prelude_bytes.
Bytes encode(const Prelude& prelude);

/// Reads the first prelude_bytes of a leaf. Refuses a short leaf, another magic and another format
/// with record.not_a_record; judges nothing else.
Result<Prelude> decode_prelude(ByteView leaf);

/// Where a record stands: the four fields that only the committer knows.
struct Placement {
    Sequence sequence;
    Term term;
    WriterId writer;
    Digest previous;
};

/// Writes the placement into an encoded leaf in place; the leaf MUST hold a prelude.
void place(Bytes& leaf, const Placement& placement);

}  // namespace chopmark::record
