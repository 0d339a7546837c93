// The known word nearest to a mistyped one, by the number of letters to insert, delete, replace or
// swap (Damerau 1964, restricted: no letter is edited twice). Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace chopmark::config {

std::size_t edit_distance(std::string_view a, std::string_view b);

/// Nothing if even the nearest differs in more than a third of the word. Of equals, the first.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

}  // namespace chopmark::config
