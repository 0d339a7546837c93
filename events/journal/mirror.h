// A node's own copy of the journal's topic (design 3, design-notes A11): every accepted record byte
// for byte as the embedded journal would store it, and beside it where in the topic it was read.
// Records are written before anybody hears of them, and synced by group: synced() says up to where.
// What a power cut takes from its end is read from the topic again; what a broken topic lost is
// appended from here again. Positions are sequences; offsets are only an index into one topic.
//
//   note: key = partition:u16 next:u64     value = offset:u64
//     the record `next`-1 lay at `offset`-1 of the topic's partition; the newest and some older
//     ones
//
// Reading, synced() and sync() are safe from any thread; write() and reopen() exclude each other.
// After a failed write the mirror still reads what was there; reopen() is the way on.
#pragma once

#include <mutex>
#include <shared_mutex>

#include "events/journal/embedded_store.h"
#include "events/journal/opening_records.h"

namespace chopmark::journal {

class Mirror {
  public:
    struct Options {
        EmbeddedStore::Options store;
        /// Older places kept for a topic that lost its end: one in so many records.
        std::uint64_t place_every_records = 4096;
    };
    /// Where reading may go on: the record before `next` lay directly before `offset`.
    struct Place {
        PartitionId partition;
        Sequence next;
        std::int64_t offset = 0;
    };

    /// Makes an empty one when the folder is new. Takes the ends through the accept rule, as the
    /// embedded journal does: journal.damaged, journal.foreign_log, journal.locked,
    /// journal.not_ready. `authority` must outlive the mirror.
    static Result<std::unique_ptr<Mirror>> open(const Options& options, const Digest& genesis_hash,
                                                std::uint16_t partitions,
                                                const TermAuthority& authority);

    /// The heads as they were found at the opening, by partition.
    [[nodiscard]] const std::vector<Head>& heads() const { return heads_; }
    /// Known places of a partition, newest first.
    [[nodiscard]] std::vector<Place> places(PartitionId partition) const;
    /// The head in front of a place, so that the accept rule can go on there.
    [[nodiscard]] Result<Head> head_before(PartitionId partition, Sequence at) const;

    [[nodiscard]] Result<std::vector<EntryPtr>> read(PartitionId partition, Sequence from,
                                                     Sequence end, const ReadBudget& budget) const;
    /// Not synced. Rows that are there already are written over by the same bytes.
    Result<void> write(std::span<const EntryPtr> entries);
    /// Remembers the places, and makes all that was written before durable.
    Result<void> sync(std::span<const Place> places);
    /// Records below are on the disk.
    [[nodiscard]] Sequence synced(PartitionId partition) const;
    /// Closes the store and opens it again, after a failure; journal.damaged when it came back with
    /// less than was told: then only a new start, which reads the topic again, helps.
    Result<void> reopen();
    /// Sorts what is in memory into files, so that the next start is quick.
    void flush();
    /// All that was written before the call, and perhaps more, into `folder`, which must not exist.
    /// Not synced.
    Result<void> checkpoint(const std::string& folder) const;

  private:
    struct Standing {
        std::vector<Place> places;  // rising
        Sequence written;
        Sequence synced;
    };

    Mirror(const Options& options, std::uint16_t partitions);
    Result<void> open_store();
    Result<void> read_places();
    void remember(std::vector<Place>& known, const Place& place,
                  std::vector<EmbeddedStore::Note>& notes) const;

    const Options options_;
    const std::uint16_t partitions_;
    std::vector<Head> heads_;

    mutable std::shared_mutex store_mutex_;  // shared to use the store, alone to reopen it
    std::unique_ptr<EmbeddedStore> store_;
    std::mutex write_mutex_;
    std::mutex sync_mutex_;
    mutable std::mutex mutex_;  // the standings
    std::vector<Standing> standings_;
};

}  // namespace chopmark::journal
