#include "tests/support/journal_drafts.h"

#include "events/crypto/digest.h"

namespace chopmark::test {

record::Record draft(PartitionId partition, std::string_view text, record::TypeNumber type) {
    record::Record out;
    out.link_box = "link of " + std::string(text);
    out.personal_box = "personal of " + std::string(text);
    record::Prelude prelude;
    prelude.type = type;
    prelude.partition = partition;
    prelude.recorded_at = Instant::from_seconds(1'800'000'000);
    prelude.event_id = EventId(to_array<EventId::size>(crypto::sha256(text).bytes()));
    prelude.link_digest = record::box_digest(out.link_box);
    prelude.personal_digest = record::box_digest(out.personal_box);
    out.leaf = encode(prelude) + std::string(text);
    return out;
}

std::string body_of(const record::Record& record) {
    return record.leaf.substr(record::prelude_bytes);
}

record::Record placed(record::Record record, const record::Placement& placement) {
    record::place(record.leaf, placement);
    return record;
}

record::Placement behind(const journal::Head& head) {
    return {head.next, head.term, head.writer, head.previous};
}

WriterId writer_named(std::string_view name) {
    return WriterId(to_array<WriterId::size>(crypto::sha256(name).bytes()));
}

journal::Founding founding_of(std::string_view text, std::uint16_t partitions) {
    return {crypto::sha256(text), Bytes(text), partitions};
}

}  // namespace chopmark::test
