// The RocksDB database under the embedded journal: records only, one column family a partition,
// key = sequence. It knows how to open in a given mode, write one synced batch, read, and rebuild
// the head of a partition from what lies in it; what may be accepted is decided above.
//
//   column family "partition-N", N decimal
//   key   = sequence:u64                   value = stored record (events/record/record.h)
//   column family "default": notes, as their writer defines them (mirror.h); else empty
//
// Reading is safe from any thread beside one writer. After a failed write the store is done for:
// it still reads what was there, and is to be closed and opened anew (design 3), never resumed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "events/journal/journal.h"

namespace rocksdb {
class FileSystem;
}

namespace chopmark::journal {

class EmbeddedStore {
  public:
    struct Options {
        std::string path;
        std::shared_ptr<rocksdb::FileSystem> files;  // null: the machine's
        /// One partition's write buffer, bytes; larger ones make larger files and longer recovery.
        std::size_t write_buffer_bytes = 16 << 20;
        /// All write buffers together, bytes: the bound of the journal's memory under load.
        std::size_t write_buffers_bytes = 64 << 20;
        /// Write-ahead logs together, bytes; an idle partition would else pin them for ever.
        std::size_t wal_bytes = 128 << 20;
        std::size_t block_cache_bytes = 16 << 20;
    };
    enum class Mode : std::uint8_t {
        tolerate_tail,  // refuses everything but a cleanly torn end
        point_in_time,  // drops what lies behind damage; only after a trial has allowed it
        trial,          // point-in-time into memory; writes nothing
    };

    /// Opens what is there; `create` makes an empty database first. `failed` is called, from any
    /// thread, when the database fails in the background.
    /// journal.damaged: RocksDB refuses; journal.foreign_log: another number of partitions;
    /// journal.not_ready: an I/O error.
    static Result<std::unique_ptr<EmbeddedStore>> open(
        const Options& options, std::uint16_t citizen_partitions, Mode mode, bool create,
        std::function<void(const std::string&)> failed);
    ~EmbeddedStore();
    EmbeddedStore(const EmbeddedStore&) = delete;
    EmbeddedStore& operator=(const EmbeddedStore&) = delete;

    /// Number of records, by the last key.
    [[nodiscard]] Result<Sequence> end(PartitionId partition) const;
    /// Records below were in sorted files before this opening; the rest came out of the log.
    [[nodiscard]] Sequence settled(PartitionId partition) const;
    /// The oldest log file that recovery needed; known after a trial only.
    [[nodiscard]] std::uint64_t oldest_wal() const;

    /// Records [from, end), at most `budget`; journal.damaged when one is missing or does not
    /// parse.
    [[nodiscard]] Result<std::vector<EntryPtr>> read(PartitionId partition, Sequence from,
                                                     Sequence end, const ReadBudget& budget) const;
    /// The head as it was before record `at`, without walking the partition: the term begins at the
    /// first record that carries it, found by bisection, for terms only rise.
    [[nodiscard]] Result<Head> head_before(PartitionId partition, Sequence at) const;

    enum class Durability : std::uint8_t {
        synced,  // on the disk before it returns
        later,   // in the machine's page cache: survives the process, not the machine
    };
    /// All or nothing.
    Result<void> write(std::span<const EntryPtr> entries,
                       Durability durability = Durability::synced);

    /// A small row beside the records; without a value it is removed.
    struct Note {
        Bytes key;
        std::optional<Bytes> value;
    };
    /// All or nothing; when it returns, the notes and all records written before are on the disk.
    /// Safe beside write().
    Result<void> write_notes(std::span<const Note> notes);
    /// In the order of their keys.
    [[nodiscard]] Result<std::vector<Note>> notes() const;
    /// Sorts what is in memory into files, so that the next start is quick. Best effort.
    void flush();
    /// Writes what is there now into `folder`, which must not exist: hard links where the file
    /// system allows. Safe beside write().
    Result<void> checkpoint(const std::string& folder) const;

  private:
    struct Database;
    explicit EmbeddedStore(std::unique_ptr<Database> database);

    [[nodiscard]] Result<record::Record> record_at(PartitionId partition, Sequence at) const;
    [[nodiscard]] Result<Instant> latest_time_up_to(PartitionId partition, Sequence last) const;
    [[nodiscard]] Result<Sequence> term_start(PartitionId partition, Term term, Sequence end) const;
    [[nodiscard]] Result<std::set<NodeId>> withdrawn_before(PartitionId partition,
                                                            Sequence at) const;
    [[nodiscard]] Result<std::vector<Sequence>> withdrawal_places(PartitionId partition,
                                                                  Sequence before) const;

    std::unique_ptr<Database> database_;
};

/// journal.damaged, naming the place.
Error damaged_at(PartitionId partition, Sequence at, const std::string& what);

}  // namespace chopmark::journal
