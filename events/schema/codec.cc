#include "events/schema/codec.h"

#include <google/protobuf/arena.h>

#include <array>

#include "events/schema/event.h"

namespace chopmark::schema {
namespace {

using google::protobuf::MessageLite;

/// The layers of an event without its type, so that only the table below is made per message.
struct ReadLayers {
    const MessageLite* leaf;
    const MessageLite* link;
    const MessageLite* personal;
};
struct NewLayers {
    MessageLite* leaf;
    MessageLite* link;      // null: not wanted
    MessageLite* personal;  // null: not wanted
};

template <class Message>
ReadLayers layers_of(const Event& event) {
    const auto& message = *std::get_if<Message>(&event);
    return {&message.leaf(), &message.link(), &message.personal()};
}

template <class Message>
NewLayers make(Event& event, bool link, bool personal) {
    auto& message = event.emplace<Message>();
    return {message.mutable_leaf(), link ? message.mutable_link() : nullptr,
            personal ? message.mutable_personal() : nullptr};
}

template <class Message>
MessageLite* link_of(Event& event) {
    return std::get_if<Message>(&event)->mutable_link();
}

struct Shape {
    ReadLayers (*layers_of)(const Event& event);
    NewLayers (*make)(Event& event, bool link, bool personal);
    MessageLite* (*link_of)(Event& event);
};

/// By place in catalog.def, which is the place in Event and in all_events() too.
constexpr std::array shapes{
#define CHOPMARK_EVENT(message, number, version, retention) \
    Shape{&layers_of<message>, &make<message>, &link_of<message>},
#include "events/schema/catalog.def"
#undef CHOPMARK_EVENT
};

bool parse(MessageLite& layer, ByteView bytes) {
    return layer.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// Protobuf writes text that is not UTF-8 but refuses to read it, and an accepted record that
/// nobody can read would stop every fold: so the bytes are read back here.
class Writer {
  public:
    bool write(const MessageLite& layer, Bytes& out) {
        return layer.SerializeToString(&out) && parse(*layer.New(&arena_), out);
    }

  private:
    // On the stack, as most events fit: reading back would cost more than writing otherwise.
    std::array<char, 4096> first_block_;
    google::protobuf::Arena arena_{first_block_.data(), first_block_.size()};
};

}  // namespace

Result<Layers> encode(const Event& event) {
    const auto from = shapes.at(event.index()).layers_of(event);
    Layers layers;
    Writer writer;
    if (!writer.write(*from.leaf, layers.leaf_body) || !writer.write(*from.link, layers.link) ||
        !writer.write(*from.personal, layers.personal)) {
        return Error(not_text, std::string(info_of(event).name));
    }
    return layers;
}

Result<Bytes> encode_leaf(const Event& event) {
    Bytes leaf;
    if (Writer writer; !writer.write(*shapes.at(event.index()).layers_of(event).leaf, leaf)) {
        return Error(not_text, std::string(info_of(event).name));
    }
    return leaf;
}

Result<Event> decode(record::TypeNumber type, ByteView leaf_body, std::optional<ByteView> link,
                     std::optional<ByteView> personal, const Upcasters& upcasters) {
    if (upcasters.knows(type)) {
        CHOPMARK_ASSIGN(
            const auto raised,
            upcasters.raise({type, Bytes(leaf_body),
                             link ? std::optional<Bytes>(*link) : std::nullopt,
                             personal ? std::optional<Bytes>(*personal) : std::nullopt}));
        return decode(raised.type, raised.leaf_body, raised.link, raised.personal, upcasters);
    }
    const EventInfo* info = find_event(type);
    if (info == nullptr) {
        return Error(unknown_type, std::to_string(type.value()));
    }
    Event event;
    const auto& shape = shapes.at(static_cast<std::size_t>(info - all_events().data()));
    const auto into = shape.make(event, link.has_value(), personal.has_value());
    if (!parse(*into.leaf, leaf_body) || (link && !parse(*into.link, *link)) ||
        (personal && !parse(*into.personal, *personal))) {
        return Error(bad_body, std::string(info->name));
    }
    return event;
}

Result<void> decode_link(Event& event, ByteView link) {
    if (!parse(*shapes.at(event.index()).link_of(event), link)) {
        return Error(bad_body, std::string(info_of(event).name));
    }
    return {};
}

const EventInfo& info_of(const Event& event) { return all_events()[event.index()]; }
record::TypeNumber type_of(const Event& event) { return info_of(event).type; }

LeafHead& head(Event& event) {
    return std::visit(
        [](auto& message) -> LeafHead& { return *message.mutable_leaf()->mutable_head(); }, event);
}
const LeafHead& head(const Event& event) {
    return std::visit([](const auto& message) -> const LeafHead& { return message.leaf().head(); },
                      event);
}
LinkHead& link_head(Event& event) {
    return std::visit(
        [](auto& message) -> LinkHead& { return *message.mutable_link()->mutable_head(); }, event);
}
const LinkHead& link_head(const Event& event) {
    return std::visit([](const auto& message) -> const LinkHead& { return message.link().head(); },
                      event);
}

}  // namespace chopmark::schema
