// The inner parts of MemoryJournal: what wakes its stepper, a term that is being opened, and one
// partition. For memory.cc only.
#pragma once

#include "events/journal/memory.h"

namespace chopmark::journal {

/// Wakes the stepper; outlives the journal in the log's hands.
struct MemoryJournal::Bell {
    std::mutex mutex;
    std::condition_variable rung_changed;
    bool rung = false;
    bool stop = false;
    std::function<void()> wake;

    void ring() {
        {
            const std::lock_guard lock(mutex);
            rung = true;
        }
        rung_changed.notify_one();
        if (wake) {
            wake();
        }
    }
    /// False when it is time to stop.
    bool wait() {
        std::unique_lock lock(mutex);
        rung_changed.wait(lock, [this] { return rung || stop; });
        rung = false;
        return !stop;
    }
};

/// A term that is being opened. The life is there once TermOpened was sent, the outcome once it was
/// read back, as accepted or not.
struct MemoryJournal::Opening {
    Observer* observer;
    TermLifePtr life;
    std::optional<Result<void>> outcome;

    [[nodiscard]] bool sent_by(const WriterId& writer) const {
        return life && !outcome && life->writer == writer;
    }
};

/// One partition. Above the line the stepper's own, below it under mutex_.
struct MemoryJournal::Lane {
    Lane(PartitionId id, const Founding& founding, const Surroundings& surroundings)
        : partition(id), rule(id, founding.hash, surroundings.authority) {}

    const PartitionId partition;
    AcceptRule rule;
    std::size_t offset = 0;     // in the log; skipped records count
    std::size_t in_flight = 0;  // records sent and not yet read back
    bool foreign_opening = false;

    Audience audience;
    Followers followers;

    std::vector<EntryPtr> entries;
    SkippedRecords skipped;
    Head head;
    TermLifePtr life;
    std::deque<QueuedDraft> queue;
    std::optional<Opening> opening;
};

}  // namespace chopmark::journal
