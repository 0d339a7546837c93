#include "tests/support/plain_vault.h"

#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::test {
namespace {

constexpr Reason erased{"keys.erased", Kind::expired};

std::optional<ByteView> layer(const Bytes& box) {
    return box.empty() ? std::nullopt : std::optional<ByteView>(box);
}

Result<schema::Event> decode(const record::Record& record, bool link, bool personal) {
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(record.leaf));
    return schema::decode(prelude.type, ByteView(record.leaf).substr(record::prelude_bytes),
                          link ? layer(record.link_box) : std::nullopt,
                          personal ? layer(record.personal_box) : std::nullopt);
}

}  // namespace

Result<record::Record> PlainVault::seal(schema::Event& event, const keys::Sealing& sealing) const {
    schema::LeafHead& head = schema::head(event);
    if (head.retention() == schema::RETENTION_UNSPECIFIED) {
        head.set_retention(schema::info_of(event).retention);
    }
    CHOPMARK_ASSIGN(schema::Layers layers, schema::encode(event));
    record::Prelude prelude;
    prelude.type = schema::type_of(event);
    prelude.partition = sealing.partition;
    prelude.recorded_at = sealing.stamp.recorded_at;
    prelude.event_id = sealing.stamp.event_id;
    prelude.link_digest = record::box_digest(layers.link);
    prelude.personal_digest = record::box_digest(layers.personal);
    record::Record out{record::encode(prelude) + layers.leaf_body, std::move(layers.link),
                       std::move(layers.personal)};
    CHOPMARK_TRY(record::check_limits(out));
    return out;
}

Result<schema::Event> PlainVault::open(const record::Record& record) const {
    return decode(record, true, false);
}

Result<schema::Event> PlainVault::open_leaf(const record::Record& record) const {
    return decode(record, false, false);
}

Result<schema::Event> PlainVault::open_personal(const record::Record& record) const {
    CHOPMARK_ASSIGN(schema::Event event, decode(record, true, true));
    if (erased_.contains(KeyIndex(schema::link_head(event).key_index()))) {
        return erased;
    }
    return event;
}

}  // namespace chopmark::test
