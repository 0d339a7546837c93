#include "events/schema/later_types.h"

#include <array>

namespace chopmark::schema {

// Builds that a test makes as if they were of two releases: this type came with the later one.
#ifdef CHOPMARK_LATER_TYPE
constexpr std::array later{record::TypeNumber(CHOPMARK_LATER_TYPE)};
#else
constexpr std::array<record::TypeNumber, 0> later{};
#endif

std::span<const record::TypeNumber> later_types() { return later; }

}  // namespace chopmark::schema
