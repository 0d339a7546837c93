// A layer of an event as JSON, for consoles, exports and the tool: bytes as lower-case hexadecimal,
// enumerations by name, integers (also the *_us instants) as numbers, fields that are absent or
// zero left out. Made by reflection, so a new event needs no line here. The personal layer is
// personal data: who asks for it MUST have recorded why, and MUST NOT log what comes back. Pure,
// safe from any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "events/schema/catalog.h"

namespace chopmark::schema {

enum class Layer : std::uint8_t { leaf, link, personal };

/// An object; empty for a layer that the event does not have or that was not opened.
nlohmann::ordered_json layer_to_json(const Event& event, Layer layer);

}  // namespace chopmark::schema
