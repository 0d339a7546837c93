#include "events/record/prelude.h"

#include <cstring>

#include "events/core/ensure.h"

namespace chopmark::record {
namespace {

// Offsets of the fields, in the order of the grammar in the header.
constexpr std::size_t at_format = 4;
constexpr std::size_t at_type = 6;
constexpr std::size_t at_partition = 10;
constexpr std::size_t at_sequence = 12;
constexpr std::size_t at_term = 20;
constexpr std::size_t at_writer = 28;
constexpr std::size_t at_previous = 44;
constexpr std::size_t at_recorded_at = 76;
constexpr std::size_t at_event_id = 84;
constexpr std::size_t at_link_digest = 100;
constexpr std::size_t at_personal_digest = 132;
static_assert(at_personal_digest + Digest::size == prelude_bytes);

template <class Id>
void put_id(Bytes& leaf, std::size_t at, const Id& id) {
    const ByteView bytes = id.bytes();
    leaf.replace(at, bytes.size(), bytes);
}

template <class Id>
Id get_id(ByteView leaf, std::size_t at) {
    // decode_prelude() has seen that the leaf is long enough; a fold asks for five of each record.
    ByteArray<Id::size> bytes;
    std::memcpy(bytes.data(), leaf.data() + at, bytes.size());
    return Id(bytes);
}

}  // namespace

Bytes encode(const Prelude& prelude) {
    Bytes leaf(prelude_bytes, '\0');
    leaf.replace(0, magic.size(), magic);
    put_big_endian(leaf.data() + at_format, format);
    put_big_endian(leaf.data() + at_type, prelude.type.value());
    put_big_endian(leaf.data() + at_partition, prelude.partition.value());
    place(leaf, {prelude.sequence, prelude.term, prelude.writer, prelude.previous});
    put_big_endian(leaf.data() + at_recorded_at,
                   static_cast<std::uint64_t>(prelude.recorded_at.micros()));
    put_id(leaf, at_event_id, prelude.event_id);
    put_id(leaf, at_link_digest, prelude.link_digest);
    put_id(leaf, at_personal_digest, prelude.personal_digest);
    return leaf;
}

Result<Prelude> decode_prelude(ByteView leaf) {
    if (leaf.size() < prelude_bytes) {
        return Error(not_a_record, "shorter than a prelude");
    }
    if (leaf.substr(0, magic.size()) != magic) {
        return Error(not_a_record, "foreign magic");
    }
    if (get_big_endian<std::uint16_t>(leaf, at_format) != format) {
        return Error(not_a_record, "unknown format");
    }
    Prelude out;
    out.type = TypeNumber(get_big_endian<std::uint32_t>(leaf, at_type));
    out.partition = PartitionId(get_big_endian<std::uint16_t>(leaf, at_partition));
    out.sequence = Sequence(get_big_endian<std::uint64_t>(leaf, at_sequence));
    out.term = Term(get_big_endian<std::uint64_t>(leaf, at_term));
    out.writer = get_id<WriterId>(leaf, at_writer);
    out.previous = get_id<Digest>(leaf, at_previous);
    out.recorded_at = Instant::from_micros(
        static_cast<std::int64_t>(get_big_endian<std::uint64_t>(leaf, at_recorded_at)));
    out.event_id = get_id<EventId>(leaf, at_event_id);
    out.link_digest = get_id<Digest>(leaf, at_link_digest);
    out.personal_digest = get_id<Digest>(leaf, at_personal_digest);
    return out;
}

void place(Bytes& leaf, const Placement& placement) {
    ensure(leaf.size() >= prelude_bytes, "a leaf holds a prelude");
    put_big_endian(leaf.data() + at_sequence, placement.sequence.value());
    put_big_endian(leaf.data() + at_term, placement.term.value());
    put_id(leaf, at_writer, placement.writer);
    put_id(leaf, at_previous, placement.previous);
}

}  // namespace chopmark::record
