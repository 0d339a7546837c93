// Profile and e-ME fields in the shapes of the wire (facts/iamsmart-api.md 6.2), and the values
// that a consent pinned. Opening them is for the pool.
#pragma once

#include <nlohmann/json.hpp>

#include "gateways/rp/ports.h"
#include "projections/eme_view/query.h"

namespace chopmark::rp {

/// Adds the field beside businessID and state, flat. A value that lives in the blob store is left
/// out: it is not in any record.
void add_field(nlohmann::ordered_json& content, const eme_view::Value& value);

eme_view::Pin pin_of(const schema::FieldSource& source);
/// Adds the fields that these pins of the account name. What eme_view::read_values says.
Result<void> add_values(nlohmann::ordered_json& content, const Ports& ports,
                        const AccountId& account, std::span<const eme_view::Pin> pins);

}  // namespace chopmark::rp
