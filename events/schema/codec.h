// Events to and from the bytes of their three layers (design 4). What encode gives, decode takes,
// and the bytes of an event are the same on every machine – but stored bytes are never serialised
// again: hash, sign and compare what is stored. Sealing is in events/keys, the prelude in
// events/record. Pure, safe from any thread.
#pragma once

#include <optional>

#include "events/core/result.h"
#include "events/schema/catalog.h"
#include "events/schema/upcast.h"

namespace chopmark::schema {

/// A newer version of the software wrote it: the fold stops, the node gives up ownership.
inline constexpr Reason unknown_type{"schema.unknown_type", Kind::conflict};
inline constexpr Reason bad_body{"schema.bad_body", Kind::damaged};
/// A text field of an event to be written is not UTF-8.
inline constexpr Reason not_text{"schema.not_text", Kind::invalid};

/// The plain layers; a box of an empty layer is absent.
struct Layers {
    Bytes leaf_body;  // what follows the prelude
    Bytes link;
    Bytes personal;
};

/// schema.not_text for an event that could not be read back.
Result<Layers> encode(const Event& event);
/// The leaf body alone, for a leaf that was completed after its boxes were sealed.
Result<Bytes> encode_leaf(const Event& event);

/// The layers as opened; nothing for a box that was not, and then has_link() or has_personal() is
/// false. A retired type comes back as its successor, so type_of() may differ from the prelude.
Result<Event> decode(record::TypeNumber type, ByteView leaf_body, std::optional<ByteView> link,
                     std::optional<ByteView> personal,
                     const Upcasters& upcasters = Upcasters::current());

/// Adds the link layer to an event of its own type that was decoded without it: what decode() of
/// both gives. For who needs the leaf to find the key of the link box.
Result<void> decode_link(Event& event, ByteView link);

record::TypeNumber type_of(const Event& event);
const EventInfo& info_of(const Event& event);

LeafHead& head(Event& event);
const LeafHead& head(const Event& event);
LinkHead& link_head(Event& event);
const LinkHead& link_head(const Event& event);

}  // namespace chopmark::schema
