#include "events/keys/key_vault.h"

#include "events/keys/period.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::keys {
namespace {

/// The inner box of an event that has one, or null.
schema::InnerBox* inner_box(schema::Event& event) {
    return std::visit(
        []<class E>(E& one) -> schema::InnerBox* {
            if constexpr (requires { one.mutable_personal()->mutable_delivery(); }) {
                return one.personal().has_delivery() ? one.mutable_personal()->mutable_delivery()
                                                     : nullptr;
            } else {
                return nullptr;
            }
        },
        event);
}

std::optional<KeyIndex> person(KeyIndex index) {
    return index == KeyIndex() ? std::nullopt : std::optional(index);
}

ByteView body_of(const record::Record& record) {
    return ByteView(record.leaf).substr(record::prelude_bytes);
}

BoxPlace place_of(const schema::LeafHead& head, const EventId& event) {
    return {head.retention(), Period(head.period()), event};
}

struct Opened {
    record::Prelude prelude;
    schema::Event event;
};

Result<Opened> open_leaf_of(const record::Record& record) {
    CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(record.leaf));
    CHOPMARK_ASSIGN(schema::Event event,
                    schema::decode(prelude.type, body_of(record), std::nullopt, std::nullopt));
    return Opened{prelude, std::move(event)};
}

Result<Bytes> link_of(const KeyRing& ring, const Opened& opened, const record::Record& record) {
    if (record.link_box.empty()) {
        return Bytes();
    }
    return ring.open_link(place_of(schema::head(opened.event), opened.prelude.event_id),
                          record.link_box);
}

}  // namespace

Result<record::Record> KeyVault::seal(schema::Event& event, const Sealing& sealing) const {
    schema::LeafHead& head = schema::head(event);
    if (head.retention() == schema::RETENTION_UNSPECIFIED) {
        head.set_retention(schema::info_of(event).retention);
    }
    head.set_period(period_at(head.retention(), sealing.stamp.recorded_at).value());
    const EventId& id = sealing.stamp.event_id;
    if (schema::InnerBox* inner = inner_box(event)) {
        CHOPMARK_ASSIGN(Bytes sealed,
                        ring_.seal_inner(schema::DELIVERY, sealing.stamp.recorded_at, id,
                                         person(sealing.key_index), inner->box()));
        inner->set_period(period_at(schema::DELIVERY, sealing.stamp.recorded_at).value());
        inner->set_box(std::move(sealed));
    }
    CHOPMARK_ASSIGN(schema::Layers layers, schema::encode(event));
    const BoxPlace place = place_of(head, id);
    record::Record out;
    if (!layers.personal.empty()) {
        CHOPMARK_ASSIGN(SealedBox sealed,
                        ring_.seal_personal(place, person(sealing.key_index), layers.personal));
        head.set_key_commitment(sealed.commitment.to_bytes());
        out.personal_box = std::move(sealed.box);
        CHOPMARK_ASSIGN(layers.leaf_body, schema::encode_leaf(event));
    }
    if (!layers.link.empty()) {
        CHOPMARK_ASSIGN(out.link_box, ring_.seal_link(place, layers.link));
    }
    record::Prelude prelude;
    prelude.type = schema::type_of(event);
    prelude.partition = sealing.partition;
    prelude.recorded_at = sealing.stamp.recorded_at;
    prelude.event_id = id;
    prelude.link_digest = record::box_digest(out.link_box);
    prelude.personal_digest = record::box_digest(out.personal_box);
    out.leaf = record::encode(prelude) + layers.leaf_body;
    CHOPMARK_TRY(record::check_limits(out));
    return out;
}

Result<schema::Event> KeyVault::open_leaf(const record::Record& record) const {
    CHOPMARK_ASSIGN(Opened opened, open_leaf_of(record));
    return std::move(opened.event);
}

Result<schema::Event> KeyVault::open(const record::Record& record) const {
    CHOPMARK_ASSIGN(Opened opened, open_leaf_of(record));
    CHOPMARK_ASSIGN(const Bytes link, link_of(ring_, opened, record));
    // A retired type is raised from all its layers at once.
    if (schema::type_of(opened.event) != opened.prelude.type) {
        return schema::decode(opened.prelude.type, body_of(record), link, std::nullopt);
    }
    CHOPMARK_TRY(schema::decode_link(opened.event, link));
    return std::move(opened.event);
}

Result<schema::Event> KeyVault::open_personal(const record::Record& record) const {
    CHOPMARK_ASSIGN(const Opened opened, open_leaf_of(record));
    CHOPMARK_ASSIGN(const Bytes link, link_of(ring_, opened, record));
    if (record.personal_box.empty()) {
        return schema::decode(opened.prelude.type, body_of(record), link, std::nullopt);
    }
    CHOPMARK_ASSIGN(const schema::Event linked,
                    schema::decode(opened.prelude.type, body_of(record), link, std::nullopt));
    const auto index = person(KeyIndex(schema::link_head(linked).key_index()));
    const schema::LeafHead& head = schema::head(opened.event);
    const auto commitment = Digest::from_bytes(head.key_commitment());
    if (!commitment) {
        return mismatch;
    }
    const EventId& id = opened.prelude.event_id;
    CHOPMARK_ASSIGN(
        const Sensitive<Bytes> content,
        ring_.open_personal(place_of(head, id), index, *commitment, record.personal_box));
    CHOPMARK_ASSIGN(schema::Event event,
                    schema::decode(opened.prelude.type, body_of(record), link, content.reveal()));
    if (schema::InnerBox* inner = inner_box(event)) {
        const auto plain = ring_.open_inner(schema::DELIVERY, id, index, inner->box());
        if (plain) {
            inner->set_box(plain->reveal());
        } else if (plain.error() == expired || plain.error() == erased) {
            inner->clear_box();
        } else {
            return plain.error();
        }
    }
    return event;
}

}  // namespace chopmark::keys
