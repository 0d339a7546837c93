// The part of JSON Schema (draft 2020-12) that our tables use, so that what /openapi.json promises
// can be held against what the routes answer. A keyword it does not know is refused, not ignored: a
// schema that looks strict and checks nothing is worse than none. Pure.
//
// Known: $ref (to #/components/schemas/…), type, enum, const, properties, required,
// additionalProperties, items, minItems, maxItems, minLength, maxLength, pattern (ECMAScript),
// minimum, maximum, oneOf, anyOf; and, without effect, description, title, format, examples,
// contentEncoding.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "events/core/result.h"

namespace chopmark::http {

inline constexpr Reason schema_invalid{"http.schema_invalid", Kind::internal};

/// `components` is the document's #/components/schemas.
Result<void> check_schema(const nlohmann::json& schema, const nlohmann::json& components);

/// What in `value` contradicts `schema`, each as "/path/in/value: what"; empty: nothing. The schema
/// has passed check_schema. Values are not repeated, for they may be personal data.
std::vector<std::string> schema_violations(const nlohmann::json& schema,
                                           const nlohmann::json& value,
                                           const nlohmann::json& components);

}  // namespace chopmark::http
