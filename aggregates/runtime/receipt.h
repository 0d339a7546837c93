// How a command ended, as its caller learns it. A Receipt exists only for a record that was
// accepted; answers are rendered from the event in it, never stored (design 3).
#pragma once

#include <functional>
#include <memory>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/schema/catalog.h"

namespace chopmark::runtime {

inline constexpr Reason executor_busy{"executor.busy", Kind::busy};
inline constexpr Reason not_serving{"executor.not_serving", Kind::unavailable};
inline constexpr Reason basis_stale{"executor.basis_stale", Kind::busy};
inline constexpr Reason term_lost{"executor.term_lost", Kind::busy};  // certainly not recorded

struct Receipt {
    PartitionId partition;
    Sequence sequence;
    EventId event_id;
    Instant recorded_at;
    std::shared_ptr<const schema::Event> event;
    bool replayed = false;  // the command had been recorded before
};

/// Called exactly once, on the executor's strand; MUST NOT block.
using Answer = std::function<void(Result<Receipt>)>;

}  // namespace chopmark::runtime
