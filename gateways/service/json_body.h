// JSON as it comes from clients: UTF-8 without exception, no key twice, bounded in depth and size;
// and its members by name and type, with an error that names the member. nlohmann parses, this
// holds it to our rules. Pure; safe from any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"

namespace chopmark::service {

using Json = nlohmann::json;

inline constexpr Reason json_malformed{"json.malformed", Kind::invalid};
/// The detail is the member's name.
inline constexpr Reason json_member{"json.member", Kind::invalid};
inline constexpr std::size_t json_depth = 16;

/// One JSON object and nothing after it; `text` is already within the route's body limit.
Result<Json> parse_object(std::string_view text);

/// A member that must be there and of that type, else json.member. Texts are not empty.
Result<std::string> text_of(const Json& object, const char* name);
Result<std::int64_t> number_of(const Json& object, const char* name);
Result<bool> flag_of(const Json& object, const char* name);
Result<Json> object_of(const Json& object, const char* name);
Result<std::vector<std::string>> texts_of(const Json& object, const char* name);
/// Standard Base64 with padding.
Result<Bytes> bytes_of(const Json& object, const char* name);
Result<Instant> instant_of(const Json& object, const char* name);  // ms since 1970
template <class Id>
Result<Id> id_of(const Json& object, const char* name) {  // lower-case hex
    CHOPMARK_ASSIGN(const std::string text, text_of(object, name));
    const auto id = Id::from_hex(text);
    return id ? Result<Id>(*id) : Result<Id>(Error(json_member, name));
}
/// What may be absent or null: then empty, zero or false.
Result<std::string> text_or_empty(const Json& object, const char* name);
Result<std::vector<std::string>> texts_or_none(const Json& object, const char* name);
[[nodiscard]] bool has(const Json& object, const char* name);

}  // namespace chopmark::service
