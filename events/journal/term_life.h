// One producer's life on one partition, shared by the writer that callers hold and the thread that
// appends. Once over it stays over: drafts of a dead life are dropped unseen, and nothing of it can
// be accepted behind a later TermOpened.
#pragma once

#include <atomic>
#include <deque>

#include "events/journal/journal.h"

namespace chopmark::journal {

struct TermLife {
    TermLife(PartitionId in, Term number, const WriterId& id)
        : partition(in), term(number), writer(id) {}

    const PartitionId partition;
    const Term term;
    const WriterId writer;
    std::atomic<bool> over{false};
};
using TermLifePtr = std::shared_ptr<TermLife>;

/// A draft of a caller waiting for its place.
struct QueuedDraft {
    TermLifePtr life;
    record::Record record;
};

/// Takes from the front what goes into one batch: as many as both bounds allow, but one always.
std::vector<QueuedDraft> take_batch(std::deque<QueuedDraft>& queue, std::size_t most_records,
                                    std::size_t most_bytes);

inline constexpr Reason bad_draft{"journal.bad_draft", Kind::internal};

/// Whether the accept rule would take the draft once it has a place: within the limits, a prelude
/// of this partition, no opening record, a sound tail. record.too_large or journal.bad_draft.
Result<void> check_draft(const record::Record& draft, PartitionId partition);

}  // namespace chopmark::journal
