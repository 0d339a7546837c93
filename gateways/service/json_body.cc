#include "gateways/service/json_body.h"

#include <set>

#include "events/core/bytes.h"

namespace chopmark::service {
namespace {

Error missing(const char* name) { return Error(json_member, name); }

}  // namespace

Result<Json> parse_object(std::string_view text) {
    bool too_deep = false;
    bool repeated = false;
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
        too_deep = too_deep || depth > static_cast<int>(json_depth);
        if (too_deep) {
            return false;  // keeps nothing more: a body of brackets would become a tree of them
        }
        if (event == Json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == Json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == Json::parse_event_t::key) {
            repeated = !keys.back().insert(parsed.get<std::string>()).second || repeated;
        }
        return true;
    };
    Json object = Json::parse(text, watch, /*allow_exceptions=*/false);
    if (object.is_discarded() || !object.is_object()) {
        return Error(json_malformed, "not one JSON object");
    }
    if (too_deep) {
        return Error(json_malformed, "too deep");
    }
    if (repeated) {
        return Error(json_malformed, "a member is repeated");
    }
    return object;
}

bool has(const Json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && !at->is_null();
}

Result<std::string> text_of(const Json& object, const char* name) {
    const auto at = object.find(name);
    if (at == object.end() || !at->is_string() || at->get_ref<const std::string&>().empty()) {
        return missing(name);
    }
    return at->get<std::string>();
}

Result<std::int64_t> number_of(const Json& object, const char* name) {
    const auto at = object.find(name);
    const bool fits = at != object.end() && at->is_number_integer() &&
                      !(at->is_number_unsigned() && at->get<std::uint64_t>() > INT64_MAX);
    return fits ? Result<std::int64_t>(at->get<std::int64_t>()) : missing(name);
}

Result<bool> flag_of(const Json& object, const char* name) {
    const auto at = object.find(name);
    if (at == object.end() || !at->is_boolean()) {
        return missing(name);
    }
    return at->get<bool>();
}

Result<Json> object_of(const Json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_object() ? Result<Json>(*at) : missing(name);
}

Result<std::vector<std::string>> texts_of(const Json& object, const char* name) {
    const auto at = object.find(name);
    if (at == object.end() || !at->is_array()) {
        return missing(name);
    }
    std::vector<std::string> out;
    for (const Json& one : *at) {
        if (!one.is_string()) {
            return missing(name);
        }
        out.push_back(one.get<std::string>());
    }
    return out;
}

Result<Bytes> bytes_of(const Json& object, const char* name) {
    CHOPMARK_ASSIGN(const std::string text, text_of(object, name));
    auto bytes = from_base64(text);
    return bytes ? Result<Bytes>(*std::move(bytes)) : missing(name);
}

Result<Instant> instant_of(const Json& object, const char* name) {
    constexpr std::int64_t latest_ms = 253'402'300'799'000;  // the end of the year 9999
    CHOPMARK_ASSIGN(const std::int64_t millis, number_of(object, name));
    if (millis < 0 || millis > latest_ms) {
        return missing(name);
    }
    return Instant::from_millis(millis);
}

Result<std::string> text_or_empty(const Json& object, const char* name) {
    if (!has(object, name) || (object[name].is_string() && object[name] == "")) {
        return std::string();
    }
    return text_of(object, name);
}

Result<std::vector<std::string>> texts_or_none(const Json& object, const char* name) {
    return has(object, name) ? texts_of(object, name) : std::vector<std::string>();
}

}  // namespace chopmark::service
