// Any bytes as the JSON body of a call: what is let through is one object within the depth, without
// a member twice, and says the same when written and read again; members come out as what they are.
#include "gateways/service/json_body.h"

#include <algorithm>

#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ensure;
namespace service = chopmark::service;
using service::Json;

std::size_t depth_of(const Json& value) {
    std::size_t deepest = 0;
    if (value.is_structured()) {
        for (const Json& inner : value) {
            deepest = std::max(deepest, depth_of(inner) + 1);
        }
    }
    return deepest;
}

void read_member(const Json& object, const char* name) {
    if (const auto text = service::text_of(object, name)) {
        ensure(!text->empty() && object.at(name) == *text, "a text is what stands there");
    }
    if (const auto bytes = service::bytes_of(object, name)) {
        ensure(chopmark::to_base64(*bytes) == object.at(name), "Base64 has one spelling");
    }
    if (const auto id = service::id_of<chopmark::EventId>(object, name)) {
        ensure(object.at(name).get_ref<const std::string&>().size() == 32);
    }
    if (const auto at = service::instant_of(object, name)) {
        ensure(at->millis() == object.at(name), "an instant is its milliseconds");
    }
    if (const auto number = service::number_of(object, name)) {
        ensure(*number == object.at(name), "a number is what stands there");
    }
    if (const auto texts = service::texts_of(object, name)) {
        ensure(texts->size() == object.at(name).size());
    }
    static_cast<void>(service::flag_of(object, name));
    static_cast<void>(service::object_of(object, name));
    static_cast<void>(service::text_or_empty(object, name));
    static_cast<void>(service::texts_or_none(object, name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto object = service::parse_object(chopmark::fuzz::bytes_of(data, size));
    if (!object) {
        return 0;
    }
    ensure(object->is_object() && depth_of(*object) <= service::json_depth + 1,
           "an object within the depth");
    const auto again = service::parse_object(object->dump());
    ensure(again && *again == *object, "written and read again it is the same");
    for (const auto& member : object->items()) {
        read_member(*object, member.key().c_str());
    }
    read_member(*object, "absent");
    return 0;
}
