#include "events/schema/later_types.h"

namespace chopmark::schema {

std::span<const record::TypeNumber> later_types() { return {}; }

}  // namespace chopmark::schema
