// Profile and e-ME fields in the shapes of the wire (facts/iamsmart-api.md 6.2). Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "projections/eme_view/query.h"

namespace chopmark::rp {

/// Adds the field beside businessID and state, flat. A value that lives in the blob store is left
/// out: it is not in any record.
void add_field(nlohmann::ordered_json& content, const eme_view::Value& value);

}  // namespace chopmark::rp
