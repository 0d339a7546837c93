#include "gateways/http/json_schema.h"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>

namespace chopmark::http {
namespace {

using Json = nlohmann::json;

constexpr std::string_view ref_prefix = "#/components/schemas/";
constexpr int deepest = 64;  // schemas refer to themselves; values end

constexpr std::array<std::string_view, 7> types = {"null",   "boolean", "object", "array",
                                                   "number", "string",  "integer"};
constexpr std::array<std::string_view, 5> annotations = {"description", "title", "format",
                                                         "examples", "contentEncoding"};
constexpr std::array<std::string_view, 4> counts = {"minItems", "maxItems", "minLength",
                                                    "maxLength"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

const Json* resolve(const std::string& ref, const Json& components) {
    if (!ref.starts_with(ref_prefix)) {
        return nullptr;
    }
    const auto found = components.find(ref.substr(ref_prefix.size()));
    return found == components.end() ? nullptr : &*found;
}

Error invalid(const std::string& what) { return Error(schema_invalid, what); }

bool is_pattern(const std::string& text) {
    try {
        const std::regex tried(text, std::regex::ECMAScript);
        return true;
    } catch (const std::regex_error&) {
        return false;
    }
}

Result<void> check_at(const Json& schema, const Json& components, int depth);

Result<void> check_type(const Json& type) {
    const Json list = type.is_array() ? type : Json::array({type});
    for (const Json& name : list) {
        if (!name.is_string() || !contains(types, name.get<std::string>())) {
            return invalid("type " + name.dump());
        }
    }
    return {};
}

Result<void> check_keyword(const std::string& key, const Json& value, const Json& components,
                           int depth) {
    if (key == "$ref") {
        const bool known = value.is_string() && resolve(value.get<std::string>(), components);
        return known ? Result<void>() : invalid("$ref " + value.dump());
    }
    if (key == "type") {
        return check_type(value);
    }
    if (key == "properties") {
        for (const auto& property : value.items()) {
            CHOPMARK_TRY(check_at(property.value(), components, depth + 1));
        }
        return value.is_object() ? Result<void>() : invalid("properties");
    }
    if (key == "items" || (key == "additionalProperties" && !value.is_boolean())) {
        return check_at(value, components, depth + 1);
    }
    if (key == "oneOf" || key == "anyOf") {
        for (const Json& branch : value) {
            CHOPMARK_TRY(check_at(branch, components, depth + 1));
        }
        return value.is_array() && !value.empty() ? Result<void>() : invalid(key);
    }
    if (key == "pattern") {
        const bool sound = value.is_string() && is_pattern(value.get<std::string>());
        return sound ? Result<void>() : invalid("pattern");
    }
    if (key == "required") {
        const bool names = value.is_array() &&
                           std::all_of(value.begin(), value.end(), std::mem_fn(&Json::is_string));
        return names ? Result<void>() : invalid(key);
    }
    if (key == "enum") {
        return value.is_array() ? Result<void>() : invalid(key);
    }
    if (key == "minimum" || key == "maximum") {
        return value.is_number() ? Result<void>() : invalid(key);
    }
    if (contains(counts, key)) {
        return value.is_number_unsigned() ? Result<void>() : invalid(key);
    }
    const bool known = key == "const" || key == "additionalProperties" ||
                       contains(annotations, std::string_view(key));
    return known ? Result<void>() : invalid("unknown keyword " + key);
}

Result<void> check_at(const Json& schema, const Json& components, int depth) {
    if (!schema.is_object() || depth > deepest) {
        return invalid("a schema is an object, and not endless");
    }
    for (const auto& entry : schema.items()) {
        CHOPMARK_TRY(check_keyword(entry.key(), entry.value(), components, depth));
    }
    return {};
}

bool is_of_type(const Json& value, const std::string& type) {
    if (type == "integer") {
        return value.is_number_integer();
    }
    if (type == "number") {
        return value.is_number();
    }
    if (type == "null") {
        return value.is_null();
    }
    if (type == "boolean") {
        return value.is_boolean();
    }
    if (type == "object") {
        return value.is_object();
    }
    return type == "array" ? value.is_array() : value.is_string();
}

/// Characters, not bytes.
std::size_t length_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

class Validation {
  public:
    explicit Validation(const Json& components) : components_(components) {}

    void check(const Json& schema, const Json& value, const std::string& at, int depth) {
        if (depth > deepest) {
            note(at, "too deep");
            return;
        }
        if (schema.contains("$ref")) {
            const Json* target = resolve(schema.at("$ref").get<std::string>(), components_);
            if (target != nullptr) {
                check(*target, value, at, depth + 1);
            }
        }
        check_value(schema, value, at);
        if (value.is_object()) {
            check_object(schema, value, at, depth);
        } else if (value.is_array()) {
            check_array(schema, value, at, depth);
        } else if (value.is_string()) {
            check_string(schema, value.get_ref<const std::string&>(), at);
        } else if (value.is_number()) {
            check_number(schema, value, at);
        }
        check_branches(schema, value, at, depth);
    }

    std::vector<std::string> found;

  private:
    void note(const std::string& at, const std::string& what) {
        found.push_back((at.empty() ? "/" : at) + ": " + what);
    }

    void check_value(const Json& schema, const Json& value, const std::string& at) {
        if (schema.contains("type")) {
            const Json& type = schema.at("type");
            const Json list = type.is_array() ? type : Json::array({type});
            const bool fits = std::any_of(list.begin(), list.end(), [&](const Json& name) {
                return is_of_type(value, name.get<std::string>());
            });
            if (!fits) {
                note(at, "is not of type " + type.dump());
            }
        }
        if (schema.contains("const") && schema.at("const") != value) {
            note(at, "is not the constant");
        }
        if (schema.contains("enum")) {
            const Json& allowed = schema.at("enum");
            if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
                note(at, "is none of the enumerated");
            }
        }
    }

    void check_object(const Json& schema, const Json& value, const std::string& at, int depth) {
        if (schema.contains("required")) {
            for (const Json& name : schema.at("required")) {
                if (!value.contains(name.get<std::string>())) {
                    note(at, "lacks " + name.dump());
                }
            }
        }
        const Json none = Json::object();
        const Json& properties = schema.contains("properties") ? schema.at("properties") : none;
        for (const auto& entry : value.items()) {
            const std::string inner = at + "/" + entry.key();
            if (properties.contains(entry.key())) {
                check(properties.at(entry.key()), entry.value(), inner, depth + 1);
            } else if (schema.contains("additionalProperties")) {
                const Json& others = schema.at("additionalProperties");
                if (others.is_object()) {
                    check(others, entry.value(), inner, depth + 1);
                } else if (others == false) {
                    note(inner, "is not in the schema");
                }
            }
        }
    }

    void check_array(const Json& schema, const Json& value, const std::string& at, int depth) {
        check_count(schema, "minItems", "maxItems", value.size(), at);
        if (schema.contains("items")) {
            for (std::size_t i = 0; i < value.size(); ++i) {
                check(schema.at("items"), value[i], at + "/" + std::to_string(i), depth + 1);
            }
        }
    }

    void check_string(const Json& schema, const std::string& value, const std::string& at) {
        check_count(schema, "minLength", "maxLength", length_of(value), at);
        if (schema.contains("pattern") &&
            !std::regex_search(value, std::regex(schema.at("pattern").get<std::string>()))) {
            note(at, "does not match the pattern");
        }
    }

    void check_number(const Json& schema, const Json& value, const std::string& at) {
        const double number = value.get<double>();
        if (schema.contains("minimum") && number < schema.at("minimum").get<double>()) {
            note(at, "is below the minimum");
        }
        if (schema.contains("maximum") && number > schema.at("maximum").get<double>()) {
            note(at, "is above the maximum");
        }
    }

    void check_count(const Json& schema, const char* least, const char* most, std::size_t count,
                     const std::string& at) {
        if (schema.contains(least) && count < schema.at(least).get<std::size_t>()) {
            note(at, std::string("is below ") + least);
        }
        if (schema.contains(most) && count > schema.at(most).get<std::size_t>()) {
            note(at, std::string("is above ") + most);
        }
    }

    void check_branches(const Json& schema, const Json& value, const std::string& at, int depth) {
        for (const char* key : {"oneOf", "anyOf"}) {
            if (!schema.contains(key)) {
                continue;
            }
            std::size_t fitting = 0;
            for (const Json& branch : schema.at(key)) {
                Validation inner(components_);
                inner.check(branch, value, at, depth + 1);
                fitting += inner.found.empty() ? 1 : 0;
            }
            if (fitting == 0 || (fitting > 1 && key == std::string_view("oneOf"))) {
                note(at, std::string("fits ") + std::to_string(fitting) + " branches of " + key);
            }
        }
    }

    const Json& components_;
};

}  // namespace

Result<void> check_schema(const Json& schema, const Json& components) {
    return check_at(schema, components, 0);
}

std::vector<std::string> schema_violations(const Json& schema, const Json& value,
                                           const Json& components) {
    Validation validation(components);
    validation.check(schema, value, "", 0);
    return std::move(validation.found);
}

}  // namespace chopmark::http
