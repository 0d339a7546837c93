// What a query gives of one record: its prelude and the layers that could be opened. Whether the
// personal layer is there, and why not, is said, never guessed from empty fields (design 5: a
// payload may be unreadable only if a receipt or an expiry names its key).
#pragma once

#include "events/record/prelude.h"
#include "events/schema/catalog.h"
#include "events/schema/event.h"

namespace chopmark::projections {

/// Whether a query opens personal boxes. Opening costs about 10 µs a record, and by staff or
/// auditors each opened box is a SubjectAccessed first (design 5): the caller has written it.
enum class Personal : std::uint8_t { leave_sealed, open };

enum class PersonalLayer : std::uint8_t {
    absent,  // the record has none
    sealed,  // not asked for
    opened,
    gone,     // its key was destroyed by a receipt or an expiry
    damaged,  // its key is there and does not open it: a loss to report
};

struct OpenedRecord {
    record::Prelude prelude;
    schema::Event event;  // leaf and link; the personal layer if `personal` says opened
    PersonalLayer personal = PersonalLayer::absent;
};

}  // namespace chopmark::projections
