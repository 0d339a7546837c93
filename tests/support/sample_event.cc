#include "tests/support/sample_event.h"

#include <google/protobuf/descriptor.h>

#include <memory>

#include "events/core/ensure.h"
#include "events/schema/event.h"

namespace chopmark::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Not UTF-8, so that a bytes field that becomes a string is noticed.
std::string sample_bytes(const FieldDescriptor& field) { return "\xff" + field.name(); }

void set(Message& message, const FieldDescriptor& field) {
    const auto& reflection = *message.GetReflection();
    const auto number = static_cast<unsigned>(field.number());
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_UINT32:
            return reflection.SetUInt32(&message, &field, 70'000 + number);
        case FieldDescriptor::CPPTYPE_UINT64:
            return reflection.SetUInt64(&message, &field, (1ULL << 33) + number);
        case FieldDescriptor::CPPTYPE_INT64:
            return reflection.SetInt64(&message, &field, 1'700'000'000'000'000 + number);
        case FieldDescriptor::CPPTYPE_BOOL:
            return reflection.SetBool(&message, &field, true);
        case FieldDescriptor::CPPTYPE_ENUM:
            return reflection.SetEnum(&message, &field, field.enum_type()->value(1));
        case FieldDescriptor::CPPTYPE_STRING:
            return reflection.SetString(
                &message, &field,
                field.type() == FieldDescriptor::TYPE_BYTES ? sample_bytes(field) : field.name());
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return fill(*reflection.MutableMessage(&message, &field));
        default:
            ensure(false);  // the schema has no other types; SchemaCatalog tests say so
    }
}

void add(Message& message, const FieldDescriptor& field, unsigned place) {
    const auto& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_UINT32:
            return reflection.AddUInt32(&message, &field, 70'000 + place);
        case FieldDescriptor::CPPTYPE_ENUM:
            return reflection.AddEnum(&message, &field, field.enum_type()->value(1));
        case FieldDescriptor::CPPTYPE_STRING: {
            const auto base =
                field.type() == FieldDescriptor::TYPE_BYTES ? sample_bytes(field) : field.name();
            return reflection.AddString(&message, &field, base + std::to_string(place));
        }
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return fill(*reflection.AddMessage(&message, &field));
        default:
            ensure(false);
    }
}

}  // namespace

void fill(Message& message) {
    const auto& descriptor = *message.GetDescriptor();
    for (int i = 0; i < descriptor.field_count(); ++i) {
        const auto& field = *descriptor.field(i);
        if (field.is_repeated()) {
            add(message, field, 1);
            add(message, field, 2);
        } else {
            set(message, field);
        }
    }
}

const Message& message_of(const schema::Event& event) {
    return std::visit([](const auto& message) -> const Message& { return message; }, event);
}

schema::Event sample_event(const schema::EventInfo& info) {
    // An event with empty layers is a valid one: decode gives the message, reflection fills it.
    auto event = schema::decode(info.type, {}, ByteView(), ByteView());
    ensure(event.has_value());
    std::visit([](auto& message) { fill(message); }, *event);
    return *std::move(event);
}

}  // namespace chopmark::test
