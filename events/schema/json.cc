#include "events/schema/json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "events/schema/event.h"

namespace chopmark::schema {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::ordered_json;

ordered_json message_to_json(const Message& message);

ordered_json text_or_hex(const FieldDescriptor& field, const std::string& bytes) {
    return field.type() == FieldDescriptor::TYPE_BYTES ? to_hex(bytes) : bytes;
}

ordered_json enum_to_json(const FieldDescriptor& field, int number) {
    const auto* value = field.enum_type()->FindValueByNumber(number);
    // A newer version of the software may have written a number that this one cannot name.
    return value != nullptr ? ordered_json(value->name()) : ordered_json(number);
}

ordered_json single_to_json(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    std::string scratch;
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return reflection.GetInt32(message, &field);
        case FieldDescriptor::CPPTYPE_INT64:
            return reflection.GetInt64(message, &field);
        case FieldDescriptor::CPPTYPE_UINT32:
            return reflection.GetUInt32(message, &field);
        case FieldDescriptor::CPPTYPE_UINT64:
            return reflection.GetUInt64(message, &field);
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return reflection.GetDouble(message, &field);
        case FieldDescriptor::CPPTYPE_FLOAT:
            return reflection.GetFloat(message, &field);
        case FieldDescriptor::CPPTYPE_BOOL:
            return reflection.GetBool(message, &field);
        case FieldDescriptor::CPPTYPE_ENUM:
            return enum_to_json(field, reflection.GetEnumValue(message, &field));
        case FieldDescriptor::CPPTYPE_STRING:
            return text_or_hex(field, reflection.GetStringReference(message, &field, &scratch));
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return message_to_json(reflection.GetMessage(message, &field));
    }
    return {};
}

ordered_json element_to_json(const Message& message, const FieldDescriptor& field, int at) {
    const Reflection& reflection = *message.GetReflection();
    std::string scratch;
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return reflection.GetRepeatedInt32(message, &field, at);
        case FieldDescriptor::CPPTYPE_INT64:
            return reflection.GetRepeatedInt64(message, &field, at);
        case FieldDescriptor::CPPTYPE_UINT32:
            return reflection.GetRepeatedUInt32(message, &field, at);
        case FieldDescriptor::CPPTYPE_UINT64:
            return reflection.GetRepeatedUInt64(message, &field, at);
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return reflection.GetRepeatedDouble(message, &field, at);
        case FieldDescriptor::CPPTYPE_FLOAT:
            return reflection.GetRepeatedFloat(message, &field, at);
        case FieldDescriptor::CPPTYPE_BOOL:
            return reflection.GetRepeatedBool(message, &field, at);
        case FieldDescriptor::CPPTYPE_ENUM:
            return enum_to_json(field, reflection.GetRepeatedEnumValue(message, &field, at));
        case FieldDescriptor::CPPTYPE_STRING:
            return text_or_hex(
                field, reflection.GetRepeatedStringReference(message, &field, at, &scratch));
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return message_to_json(reflection.GetRepeatedMessage(message, &field, at));
    }
    return {};
}

ordered_json message_to_json(const Message& message) {
    ordered_json out = ordered_json::object();
    std::vector<const FieldDescriptor*> present;
    message.GetReflection()->ListFields(message, &present);
    for (const auto* field : present) {
        if (!field->is_repeated()) {
            out[field->name()] = single_to_json(message, *field);
            continue;
        }
        ordered_json list = ordered_json::array();
        const int size = message.GetReflection()->FieldSize(message, field);
        for (int at = 0; at < size; ++at) {
            list.push_back(element_to_json(message, *field, at));
        }
        out[field->name()] = std::move(list);
    }
    return out;
}

}  // namespace

ordered_json layer_to_json(const Event& event, Layer layer) {
    return std::visit(
        [layer](const auto& message) {
            switch (layer) {
                case Layer::leaf:
                    return message_to_json(message.leaf());
                case Layer::link:
                    return message_to_json(message.link());
                case Layer::personal:
                    return message_to_json(message.personal());
            }
            return ordered_json::object();
        },
        event);
}

}  // namespace chopmark::schema
