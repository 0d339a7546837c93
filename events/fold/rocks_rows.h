// The row store on RocksDB: one column family a table, one write-ahead log, one block cache and one
// bound on memtables for all of them. Opened by point-in-time recovery: rows and their position lie
// in one batch, so whatever prefix of the log a power cut leaves is a state that was; the journal
// refills the rest. That is right here and wrong for the journal (design 3).
//
// One process at a time (fold.rows_locked). A write error makes the store refuse further commits,
// while reads go on; the owner opens it again once the cause is gone.
#pragma once

#include <filesystem>

#include "events/fold/row_store.h"

namespace chopmark::fold {

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

    /// Writes the store as it is now into `directory`, which must not exist: hard links where the
    /// file system allows. A new node starts from it (design 7); RocksRows opens it.
    Result<void> checkpoint(const std::filesystem::path& directory) const;

  private:
    class Database;
    explicit RocksRows(std::shared_ptr<Database> database) : database_(std::move(database)) {}
    std::shared_ptr<Database> database_;
};

}  // namespace chopmark::fold
