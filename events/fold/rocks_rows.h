// The row store on RocksDB: one column family a table, one write-ahead log, one block cache and one
// bound on memtables for all of them. Opened by point-in-time recovery: rows and their position lie
// in one batch, so whatever prefix of the log a power cut leaves is a state that was; the journal
// refills the rest. That is right here and wrong for the journal (design 3).
//
// One process at a time (fold.rows_locked). A write error makes the store refuse further commits,
// while reads go on; recover() opens it again once the cause is gone. What failed may have been
// written all the same, rows and position together: whoever commits MUST read its position back
// after a failed commit before it goes on, or write the same rows again.
#pragma once

#include <chrono>
#include <filesystem>

#include "events/fold/row_store.h"

namespace rocksdb {
class FileSystem;
}

namespace chopmark::fold {

/// The store lacks rows that it had reported as committed; only a new start folds them again.
inline constexpr Reason rows_lost{"fold.rows_lost", Kind::damaged};

class RocksRows final : public RowStore {
  public:
    struct Options {
        std::filesystem::path directory;
        /// Memtables of all tables together. More: fewer, larger flushes; less: less memory.
        std::size_t write_buffers_bytes = 96 * 1024 * 1024;
        /// Blocks, indexes and filters of all tables. Less: point reads go to the disk.
        std::size_t block_cache_bytes = 64 * 1024 * 1024;
        /// A longer log makes restarts slower; a shorter one flushes idle tables more often.
        std::size_t log_bytes = 256 * 1024 * 1024;
        /// Threads for flushes and compactions.
        int background_jobs = 2;
        /// File handles kept open.
        int open_files = 512;
        /// How long recover() waits for reads to end before it gives up until the next time; new
        /// ones wait meanwhile.
        std::chrono::milliseconds drain{500};
        std::shared_ptr<rocksdb::FileSystem> files{};  // null: the machine's
    };

    static Result<std::unique_ptr<RocksRows>> open_store(const Options& options);
    ~RocksRows() override;

    Result<TablePtr> open(std::string_view name) override;
    Result<void> drop(const TablePtr& table) override;
    [[nodiscard]] std::vector<std::string> tables() const override;
    [[nodiscard]] const ReadView& latest() const override;
    [[nodiscard]] std::unique_ptr<ReadView> snapshot() const override;
    Result<void> commit(std::span<const RowBatch* const> batches, Durability durability) override;
    Result<std::unique_ptr<TableLoad>> load(const TablePtr& table) override;
    Result<void> scrub(const Table& table, const KeyRange& range) override;
    [[nodiscard]] RowsProbe probe() const override;

    /// After a failed write: closes the database and opens it again – never RocksDB's own resuming,
    /// which may bring a write back that was reported as failed. Nothing when all is well.
    /// fold.rows_unavailable while the cause persists or somebody reads: try again, nothing has
    /// changed. fold.rows_lost: see there. Tables stay good; cursors and snapshots end before.
    Result<void> recover();
    /// Times that recover() opened the database again.
    [[nodiscard]] std::uint64_t recoveries() const;

    /// Writes the store as it is now into `directory`, which must not exist: hard links where the
    /// file system allows. A new node starts from it (design 7); RocksRows opens it.
    Result<void> checkpoint(const std::filesystem::path& directory) const;

  private:
    class Database;
    class Snapshot;
    static Result<void> ingest(Database& database, const Table& table,
                               const std::vector<std::string>& files);
    explicit RocksRows(std::shared_ptr<Database> database) : database_(std::move(database)) {}
    std::shared_ptr<Database> database_;
};

}  // namespace chopmark::fold
