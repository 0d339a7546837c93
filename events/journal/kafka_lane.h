// The inner parts of KafkaJournal: one partition, a term that is being opened, and accepted records
// on their way to those who wait for them. For kafka_*.cc only.
#pragma once

#include "events/journal/kafka_journal.h"
#include "events/journal/missing_tail.h"
#include "events/journal/recent_entries.h"

namespace chopmark::journal {

/// How long the reader waits for news before it looks whether it is to stop.
inline constexpr Duration reader_wait = std::chrono::milliseconds(100);

/// A node that told of records which are nowhere else is waited for as long as this after it was
/// heard last, though it says nothing now: then it is gone, or was stopped.
inline constexpr Duration told_wait = std::chrono::seconds(60);

/// A term that is being opened. The outcome is where its first record is to stand.
struct KafkaJournal::Opening {
    Observer* observer;
    TermLifePtr life;
    bool seated = false;  // read as accepted: the outcome follows, however long observers take
    std::optional<Result<record::Placement>> outcome;
};

/// Accepted records and the head behind them. A TermOpened begins a step of its own.
struct KafkaJournal::Step {
    std::vector<EntryPtr> entries;
    Head head;
};

/// Whether a partition may have become another history than the one we read.
enum class Doubt : std::uint8_t {
    none,
    suspected,     // records that fit nowhere: worth a look
    stalled,       // there is more, and nothing comes
    out_of_range,  // the partition ends before the place we read at; nothing more comes
};

struct KafkaJournal::Lane {
    explicit Lane(PartitionId id) : partition(id) {}

    const PartitionId partition;

    // Under `reading`: whoever goes through the topic, almost always the reader.
    std::mutex reading;
    std::optional<AcceptRule> rule;                       // what the topic shows
    std::int64_t offset = 0;                              // to be read next
    Sequence mirrored;                                    // records in the mirror
    std::vector<EntryPtr> known;                          // of the mirror, to compare with
    std::deque<std::pair<std::int64_t, EntryPtr>> ahead;  // taken on delivery, not yet read
    std::optional<Sequence> saved;  // `next` of the last place handed to the caretaker
    bool faulted = false;           // nothing more is taken from the topic
    Doubt doubt = Doubt::none;
    kafka::Deadline doubted_until{};          // not checked again before
    std::optional<Mirror::Place> last_place;  // where topic and mirror agreed last

    Audience audience;
    Followers followers;
    std::mutex opening_terms;  // one open_term at a time

    // Under `mutex`: what callers see.
    mutable std::mutex mutex;
    std::condition_variable changed;
    Head head;                 // what was told: never behind what the topic shows
    Sequence shown;            // records that the topic was seen to have
    std::int64_t read_to = 0;  // offsets below were read
    std::int64_t end_at_start = 0;
    std::optional<Mirror::Place> unsaved;
    SkippedRecords skipped;  // of this life
    RecentEntries recent;
    TermLifePtr life;
    std::deque<QueuedDraft> queue;
    KafkaWriter* writer = nullptr;  // the newest; for step() alone
    std::optional<Opening> opening;
    std::optional<Error> failure;
    bool lasting = false;          // the failure does not end by itself
    std::optional<Error> missing;  // why no term was opened though the topic could be read

    // Of whoever opens a term.
    std::optional<LongerTail> longer;  // a node that told of more than could be had so far
    kafka::Deadline longer_until{};    // it is waited for, though it says nothing now
};

/// Waits for what reading brings: for the reader's thread, or by reading here.
template <class Done>
bool KafkaJournal::await(Lane& lane, std::unique_lock<std::mutex>& lock, kafka::Deadline until,
                         const Done& done) {
    if (options_.own_threads) {
        return lane.changed.wait_until(lock, until, done);
    }
    while (!done() && !passed(until)) {
        lock.unlock();
        read_some(reader_wait);
        lock.lock();
    }
    return done();
}

}  // namespace chopmark::journal
