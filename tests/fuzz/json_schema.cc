// Any JSON as schema and as value: what the check of schemas lets through can be held against any
// value, and finds the same each time.
//
//   input = schema "\n" value
#include "gateways/http/json_schema.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace http = chopmark::http;
    chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    const auto schema =
        nlohmann::json::parse(chopmark::fuzz::take_until(input, '\n'), nullptr, false);
    const auto value = nlohmann::json::parse(input, nullptr, false);
    if (schema.is_discarded() || value.is_discarded()) {
        return 0;
    }
    const nlohmann::json components = {
        {"Chain", {{"properties", {{"next", {{"$ref", "#/components/schemas/Chain"}}}}}}},
        {"Text", {{"type", "string"}, {"maxLength", 8}}}};
    ensure(http::check_schema(components.at("Chain"), components).has_value());
    if (!http::check_schema(schema, components)) {
        return 0;
    }
    const auto found = http::schema_violations(schema, value, components);
    ensure(found == http::schema_violations(schema, value, components), "the same each time");
    return 0;
}
