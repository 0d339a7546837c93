// Types of events that came after the first release. Software before them does not know them and
// gives up a partition in which it reads one, so they are written only once TypesActivated names
// them (design-notes A9). Constant data, safe from any thread.
#pragma once

#include <span>

#include "events/record/prelude.h"

namespace chopmark::schema {

/// By ascending number. Whoever adds a type to catalog.def names it here.
std::span<const record::TypeNumber> later_types();

}  // namespace chopmark::schema
