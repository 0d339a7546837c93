#include "ops/figures/plain_record.h"

namespace chopmark::figures {

record::Record record_of_600_bytes(PartitionId partition, unsigned client, Instant at) {
    constexpr std::size_t link_bytes = 128;
    constexpr std::size_t personal_bytes = 256;
    record::Record out;
    out.link_box = Bytes(link_bytes, 'l');
    out.personal_box = Bytes(personal_bytes, 'p');
    record::Prelude prelude;
    prelude.type = record::TypeNumber(0x0301);
    prelude.partition = partition;
    prelude.recorded_at = at;
    Bytes id(EventId::size, '\0');
    put_big_endian(id.data(), client);
    prelude.event_id = *EventId::from_bytes(id);
    prelude.link_digest = record::box_digest(out.link_box);
    prelude.personal_digest = record::box_digest(out.personal_box);
    out.leaf = encode(prelude);
    out.leaf.resize(600 - link_bytes - personal_bytes, 'b');
    return out;
}

void name_client(record::Record& draft, unsigned client) {
    constexpr std::size_t event_id_at = 84;  // events/record/prelude.h
    put_big_endian(draft.leaf.data() + event_id_at, client);
}

unsigned client_of(const journal::Entry& entry) {
    return get_big_endian<std::uint32_t>(
        record::decode_prelude(entry.record.leaf)->event_id.bytes());
}

}  // namespace chopmark::figures
