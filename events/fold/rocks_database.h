// The RocksDB database under RocksRows, which can be closed and opened again while the tables that
// were handed out stay good. Whoever reads or writes holds a Use meanwhile; reopen() waits until
// there is none. Includes RocksDB; for rocks_*.cc only.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "events/fold/gate.h"
#include "events/fold/rocks_rows.h"
#include "events/fold/rocks_words.h"

namespace chopmark::fold {

struct RocksCounters {
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> puts{0};
    std::atomic<std::uint64_t> erasures{0};
    std::atomic<std::uint64_t> gets{0};
    std::atomic<std::uint64_t> scans{0};
    std::atomic<std::uint64_t> loaded{0};
    std::atomic<std::uint64_t> recoveries{0};
};

/// One column family through all lives of the database. Closes its handle, and with the last holder
/// of a dropped table its files go.
class RocksFamily {
  public:
    ~RocksFamily() { unbind(); }
    RocksFamily() = default;
    RocksFamily(const RocksFamily&) = delete;
    RocksFamily& operator=(const RocksFamily&) = delete;

    void bind(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* handle) {
        unbind();
        database_ = &database;
        handle_ = handle;
    }
    void unbind() {
        if (handle_ != nullptr) {
            database_->DestroyColumnFamilyHandle(handle_);
            handle_ = nullptr;
        }
    }
    /// Null when it was dropped in an earlier life.
    [[nodiscard]] rocksdb::ColumnFamilyHandle* handle() const { return handle_; }

  private:
    rocksdb::DB* database_ = nullptr;
    rocksdb::ColumnFamilyHandle* handle_ = nullptr;
};

class RocksRows::Database final : public ReadView,
                                  public std::enable_shared_from_this<RocksRows::Database> {
  public:
    explicit Database(const Options& options);
    ~Database() override;

    /// While it lives the database stays open. Empty when it could not be had.
    class Use {
      public:
        explicit Use(const Database& database);
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        explicit operator bool() const { return database_ != nullptr && database_->db_ != nullptr; }

      private:
        const Database* database_;
    };

    /// Opens what lies in the folder and binds the families of the list.
    Result<void> open();
    Result<void> reopen();

    Result<std::optional<Bytes>> get(const Table& table, ByteView key) const override;
    std::unique_ptr<RowCursor> scan(const Table& table, KeyRange range,
                                    Direction direction) const override;
    /// Of a table that is open now; else fold.rows_unavailable.
    [[nodiscard]] static Result<rocksdb::ColumnFamilyHandle*> handle_of(const Table& table);
    /// The database and a use of it, for what outlives a call; null when it could not be had.
    [[nodiscard]] std::shared_ptr<const void> hold() const;

    std::shared_ptr<RocksFamily> make_family(rocksdb::ColumnFamilyHandle* handle);
    [[nodiscard]] rocksdb::DB& db() const { return *db_; }
    [[nodiscard]] const rocksdb::ColumnFamilyOptions& family() const { return family_; }
    [[nodiscard]] const std::filesystem::path& directory() const { return options_.directory; }

    mutable std::mutex mutex;  // guards families
    std::map<std::string, std::shared_ptr<RocksFamily>, std::less<>> families;
    std::atomic<bool> failed{false};
    mutable Gate gate;
    std::atomic<std::uint64_t> next_file{0};
    mutable RocksCounters count;

  private:
    Result<void> try_disk() const;
    void close();

    const Options options_;
    std::unique_ptr<rocksdb::Env> env_;
    rocksdb::DBOptions base_;
    rocksdb::ColumnFamilyOptions family_;
    std::unique_ptr<rocksdb::DB> db_;
    std::mutex reopening_;
    bool lost_ = false;
    rocksdb::SequenceNumber last_ = 0;             // written when the database was closed
    std::vector<std::weak_ptr<RocksFamily>> all_;  // dropped ones too
};

class RocksTable final : public Table {
  public:
    RocksTable(std::string name, std::shared_ptr<void> database, Gate& gate,
               std::shared_ptr<RocksFamily> family)
        : Table(std::move(name)),
          database_(std::move(database)),
          gate_(gate),
          family_(std::move(family)) {}
    /// Its family may go with it, which a database must not meet while it is being closed.
    ~RocksTable() override {
        const bool entered = gate_.enter(std::chrono::hours(1));
        family_.reset();
        if (entered) {
            gate_.leave();
        }
    }
    [[nodiscard]] rocksdb::ColumnFamilyHandle* handle() const { return family_->handle(); }

  private:
    std::shared_ptr<void> database_;  // closes after the family
    Gate& gate_;                      // of the database
    std::shared_ptr<RocksFamily> family_;
};

/// A cursor over one table; `use` is held for its life.
std::unique_ptr<RowCursor> make_cursor(std::shared_ptr<const void> use, rocksdb::DB& db,
                                       const Table& table, KeyRange range, Direction direction,
                                       const rocksdb::ReadOptions& options);

}  // namespace chopmark::fold
