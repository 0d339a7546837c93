// Any bytes as the layers of an event of any type: refused, or an event that is written, read again
// and shown as JSON without loss or exception.
//
//   input = type:u32 (length:u16 leaf_body) (length:u16 link) personal
#include <google/protobuf/stubs/logging.h>

#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "events/schema/json.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace schema = chopmark::schema;
    // Protobuf says of every refused text that it is none.
    static const auto silenced = google::protobuf::SetLogHandler(nullptr);
    static_cast<void>(silenced);
    chopmark::fuzz::Parts parts(chopmark::fuzz::bytes_of(data, size));
    const chopmark::record::TypeNumber type(parts.integer<std::uint32_t>());
    const chopmark::ByteView leaf = parts.next();
    const chopmark::ByteView link = parts.next();
    const chopmark::ByteView personal = parts.rest();
    const auto event = schema::decode(type, leaf, link, personal);
    if (!event) {
        return 0;
    }
    for (const auto layer : {schema::Layer::leaf, schema::Layer::link, schema::Layer::personal}) {
        static_cast<void>(schema::layer_to_json(*event, layer).dump());
    }
    const auto layers = schema::encode(*event);
    ensure(layers.has_value(), "what was read can be written");
    const auto again =
        schema::decode(schema::type_of(*event), layers->leaf_body, layers->link, layers->personal);
    ensure(again.has_value(), "and read");
    const auto twice = schema::encode(*again);
    ensure(twice && twice->leaf_body == layers->leaf_body && twice->link == layers->link &&
               twice->personal == layers->personal,
           "without loss");
    return 0;
}
