// What an event has before it has a place in the journal: its id and its time. Both are in the
// prelude; the executor sets them, deadlines and ages are judged by them.
#pragma once

#include "events/core/ids.h"
#include "events/core/instant.h"

namespace chopmark::record {

struct Stamp {
    EventId event_id;
    Instant recorded_at;

    friend bool operator==(const Stamp&, const Stamp&) = default;
};

}  // namespace chopmark::record
