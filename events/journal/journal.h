// The journal port: partitioned, append-only, ordered. Three back ends keep one contract
// (tests/contract/journal_contract.h): memory, embedded (RocksDB) and Kafka.
//
// Acceptance is learned only by reading. A Writer takes drafts and answers nothing about their
// fate; the partition's Observer is told, in order and each exactly once, of every record that the
// accept rule took, own or foreign, TermOpened included. So whoever waits for an outcome settles it
// when it sees the record accepted, or when it sees a later TermOpened accepted: what was not
// accepted before that can never be (design 3, A1).
//
// Threads: all methods may be called from any thread. An Observer is called from one journal thread
// at a time, MUST NOT block and MUST NOT call back into the journal.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "events/journal/accept.h"
#include "events/record/record.h"

namespace chopmark::journal {

inline constexpr Reason busy{"journal.busy", Kind::busy};  // queue full
inline constexpr Reason term_ended{"journal.term_ended", Kind::unavailable};
inline constexpr Reason not_ready{"journal.not_ready", Kind::unavailable};  // disk full, I/O error
inline constexpr Reason beyond_end{"journal.beyond_end", Kind::not_found};
inline constexpr Reason foreign_log{"journal.foreign_log", Kind::conflict};  // other genesis
inline constexpr Reason locked{"journal.locked", Kind::conflict};  // another process has it open
inline constexpr Reason damaged{"journal.damaged", Kind::damaged};

/// An accepted record with its place.
struct Entry {
    PartitionId partition;
    Sequence sequence;
    Digest leaf_hash;
    record::Record record;
};
using EntryPtr = std::shared_ptr<const Entry>;

class Observer {
  public:
    virtual ~Observer() = default;
    /// Accepted records in order, without gap or repetition, starting behind the head at the time
    /// of attaching.
    virtual void accepted(std::span<const EntryPtr> entries) = 0;
    /// The observer's own term ended with an error. Its drafts in flight are not decided by this:
    /// see the head of this file. `error` tells the operator why.
    virtual void term_ended(Term term, const Error& error) = 0;
};

/// The life of one producer on one partition. Destroying it ends the term without ceremony.
class Writer {
  public:
    virtual ~Writer() = default;
    [[nodiscard]] virtual Term term() const = 0;

    /// Takes a sealed record whose prelude holds everything but its Placement. Drafts of one writer
    /// are appended in the order of the calls. journal.busy: not taken, queue full, try again.
    /// journal.term_ended or journal.not_ready: not taken, and never will be by this writer.
    /// record.too_large: not taken.
    virtual Result<void> append(record::Record draft) = 0;
};

/// Ends its subscription when destroyed; on return from the destructor no call is running.
class Subscription {
  public:
    virtual ~Subscription() = default;
};

struct ReadBudget {
    std::size_t records = 1024;
    std::size_t bytes = 4 * 1024 * 1024;  // at least one record is returned all the same
};

/// What a back end counts; all since start.
struct JournalProbe {
    std::uint64_t batches = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t puts = 0;  // rows written, for the row budget
    std::uint64_t skipped = 0;
    std::uint64_t queued = 0;
    std::uint64_t terms_ended = 0;
    bool ready = true;
};

class Journal {
  public:
    virtual ~Journal() = default;

    /// Number of citizen partitions P; partitions are 0 (control) … P.
    [[nodiscard]] virtual std::uint16_t partitions() const = 0;
    [[nodiscard]] virtual Digest genesis_hash() const = 0;

    /// Appends TermOpened and returns once it was read back as accepted. The observer hears of
    /// every record from then on, its own TermOpened first. One writer a partition at a time: an
    /// older writer's term ends.
    virtual Result<std::unique_ptr<Writer>> open_term(PartitionId partition,
                                                      Observer& observer) = 0;

    [[nodiscard]] virtual Result<Head> head(PartitionId partition) const = 0;

    /// Accepted records from `from` on; empty at the end, never beyond the budget.
    [[nodiscard]] virtual Result<std::vector<EntryPtr>> read(PartitionId partition, Sequence from,
                                                             const ReadBudget& budget) const = 0;

    /// Calls `grown(next)` after records were accepted, coalesced; at once if there are records
    /// beyond `from` already. The callback must not block.
    [[nodiscard]] virtual std::unique_ptr<Subscription> follow(
        PartitionId partition, Sequence from, std::function<void(Sequence next)> grown) = 0;

    [[nodiscard]] virtual JournalProbe probe() const = 0;
};

/// One record; journal.beyond_end when there is none.
Result<EntryPtr> read_one(const Journal& journal, PartitionId partition, Sequence at);

/// The first sequence below `end` whose recorded_at is at or after `at`; `end` if there is none.
/// recorded_at never falls within a partition but at a TermOpened (ops/decisions/0006), so this is
/// a binary search; a TermOpened counts with the records behind it.
Result<Sequence> first_recorded_at_or_after(const Journal& journal, PartitionId partition,
                                            Instant at, Sequence end);

}  // namespace chopmark::journal
