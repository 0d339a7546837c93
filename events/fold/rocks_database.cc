#include "events/fold/rocks_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

namespace chopmark::fold {
namespace {

/// How long a reader waits for a database that is being opened again.
constexpr std::chrono::milliseconds reopening_patience{5000};
/// What try_disk() writes: more than one page, so that a disk with a few bytes left is full.
constexpr std::size_t trial_bytes = 64 * 1024;

rocksdb::ColumnFamilyOptions family_options(const RocksRows::Options& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    // Indexes and filters are in the cache too, so that its size bounds them.
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_size = 8 * 1024;
    table.format_version = 5;
    table.checksum = rocksdb::kXXH3;
    rocksdb::ColumnFamilyOptions family;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    family.write_buffer_size = std::max<std::size_t>(options.write_buffers_bytes / 4, 1024 * 1024);
    // More than two can reorder updates after a failed flush in 7.8.
    family.max_write_buffer_number = 2;
    // Dozens of tables, most of them idle: a megabyte each would be most of the budget.
    family.arena_block_size = 256 * 1024;
    family.level_compaction_dynamic_level_bytes = true;
    // Most of a row is a sealed box.
    family.compression = rocksdb::kNoCompression;
    return family;
}

class Cursor final : public RowCursor {
  public:
    Cursor(std::shared_ptr<const void> use, rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
           KeyRange range, Direction direction, rocksdb::ReadOptions options)
        : use_(std::move(use)),
          range_(std::move(range)),
          begin_(slice(range_.begin)),
          end_(slice(range_.end)),
          direction_(direction) {
        options.iterate_lower_bound = &begin_;
        if (!range_.end.empty()) {
            options.iterate_upper_bound = &end_;
        }
        rows_.reset(db.NewIterator(options, family));
        if (!range_.end.empty() && range_.end <= range_.begin) {
            empty_ = true;
        } else if (direction_ == Direction::forward) {
            rows_->SeekToFirst();
        } else {
            rows_->SeekToLast();
        }
    }
    bool valid() const override { return !empty_ && rows_->Valid(); }
    ByteView key() const override { return view(rows_->key()); }
    ByteView value() const override { return view(rows_->value()); }
    void next() override {
        if (direction_ == Direction::forward) {
            rows_->Next();
        } else {
            rows_->Prev();
        }
    }
    Result<void> status() const override { return result_of(rows_->status()); }

  private:
    std::shared_ptr<const void> use_;  // released last
    KeyRange range_;
    rocksdb::Slice begin_;
    rocksdb::Slice end_;
    Direction direction_;
    bool empty_ = false;
    std::unique_ptr<rocksdb::Iterator> rows_;
};

/// Of a table or a database that is not there now.
class NoCursor final : public RowCursor {
  public:
    explicit NoCursor(Error error) : error_(std::move(error)) {}
    bool valid() const override { return false; }
    ByteView key() const override { return {}; }
    ByteView value() const override { return {}; }
    void next() override {}
    Result<void> status() const override { return error_; }

  private:
    Error error_;
};

}  // namespace

std::unique_ptr<RowCursor> make_cursor(std::shared_ptr<const void> use, rocksdb::DB& db,
                                       const Table& table, KeyRange range, Direction direction,
                                       const rocksdb::ReadOptions& options) {
    auto* const family = static_cast<const RocksTable&>(table).handle();
    if (family == nullptr) {
        return std::make_unique<NoCursor>(Error(rows_unavailable, table.name()));
    }
    return std::make_unique<Cursor>(std::move(use), db, family, std::move(range), direction,
                                    options);
}

RocksRows::Database::Use::Use(const Database& database)
    : database_(database.gate.enter(reopening_patience) ? &database : nullptr) {}

RocksRows::Database::Use::~Use() {
    if (database_ != nullptr) {
        database_->gate.leave();
    }
}

RocksRows::Database::Database(const Options& options)
    : options_(options),
      env_(
          rocksdb::NewCompositeEnv(options.files ? options.files : rocksdb::FileSystem::Default())),
      family_(family_options(options, rocksdb::NewLRUCache(options.block_cache_bytes))) {
    base_.create_if_missing = true;
    base_.env = env_.get();
    base_.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    base_.write_buffer_manager =
        std::make_shared<rocksdb::WriteBufferManager>(options.write_buffers_bytes);
    base_.max_total_wal_size = options.log_bytes;
    base_.max_background_jobs = options.background_jobs;
    base_.max_open_files = options.open_files;
    base_.keep_log_file_num = 4;
    // Its own resuming after a full disk races with ours, and see recover().
    base_.max_bgerror_resume_count = 0;
}

RocksRows::Database::~Database() {
    families.clear();
    close();
}

Result<void> RocksRows::Database::open() {
    const std::string path = options_.directory.string();
    std::vector<std::string> names;
    // Fails when there is no database yet; Open below tells that from damage.
    if (!rocksdb::DB::ListColumnFamilies(base_, path, &names).ok() || names.empty()) {
        names = {rocksdb::kDefaultColumnFamilyName};
    }
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const std::string& name : names) {
        descriptors.emplace_back(name, family_);
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    CHOPMARK_TRY(result_of(rocksdb::DB::Open(base_, path, descriptors, &handles, &opened)));
    db_.reset(opened);
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (const auto known = families.find(names[i]); known != families.end()) {
            known->second->bind(*db_, handles[i]);
        } else {
            families.emplace(names[i], make_family(handles[i]));
        }
    }
    return {};
}

std::shared_ptr<RocksFamily> RocksRows::Database::make_family(rocksdb::ColumnFamilyHandle* handle) {
    auto family = std::make_shared<RocksFamily>();
    family->bind(*db_, handle);
    std::erase_if(all_, [](const auto& other) { return other.expired(); });
    all_.push_back(family);
    return family;
}

void RocksRows::Database::close() {
    if (db_ == nullptr) {
        return;
    }
    last_ = db_->GetLatestSequenceNumber();
    for (const auto& one : all_) {
        if (const auto family = one.lock()) {
            family->unbind();
        }
    }
    // Rows that are only buffered lie in the log; what an error here loses is folded again.
    static_cast<void>(db_->Close());
    db_.reset();
}

/// Whether the cause is gone, before anything is closed: a database that does not open again
/// answers no query either.
Result<void> RocksRows::Database::try_disk() const {
    const std::string path = (options_.directory / "trial").string();
    std::unique_ptr<rocksdb::WritableFile> file;
    CHOPMARK_TRY(result_of(env_->NewWritableFile(path, &file, rocksdb::EnvOptions())));
    const Bytes filling(trial_bytes, '\0');
    auto status = file->Append(slice(filling));
    status = status.ok() ? file->Sync() : status;
    const auto closed = file->Close();
    const auto removed = env_->DeleteFile(path);
    CHOPMARK_TRY(result_of(status));
    CHOPMARK_TRY(result_of(closed));
    return result_of(removed);
}

Result<void> RocksRows::Database::reopen() {
    const std::lock_guard one_at_a_time(reopening_);
    if (!failed && db_ != nullptr) {
        return {};
    }
    if (lost_) {
        return rows_lost;
    }
    CHOPMARK_TRY(try_disk());
    if (!gate.close(options_.drain)) {
        gate.open();
        return Error(rows_unavailable, "rows are being read");
    }
    close();
    const auto opened = open();
    if (opened) {
        // A write that was reported as failed may be there; one that was reported as done must be.
        lost_ = db_->GetLatestSequenceNumber() < last_;
        failed = lost_;
        count.recoveries += lost_ ? 0 : 1;
    }
    gate.open();
    CHOPMARK_TRY(opened);
    return lost_ ? Result<void>(rows_lost) : Result<void>();
}

Result<rocksdb::ColumnFamilyHandle*> RocksRows::Database::handle_of(const Table& table) {
    auto* const handle = static_cast<const RocksTable&>(table).handle();
    if (handle == nullptr) {
        return Error(rows_unavailable, table.name());
    }
    return handle;
}

Result<std::optional<Bytes>> RocksRows::Database::get(const Table& table, ByteView key) const {
    ++count.gets;
    const Use use(*this);
    if (!use) {
        return rows_unavailable;
    }
    CHOPMARK_ASSIGN(auto* const family, handle_of(table));
    Bytes value;
    const auto status = db_->Get(rocksdb::ReadOptions(), family, slice(key), &value);
    if (status.IsNotFound()) {
        return std::optional<Bytes>();
    }
    CHOPMARK_TRY(result_of(status));
    return std::optional<Bytes>(std::move(value));
}

std::unique_ptr<RowCursor> RocksRows::Database::scan(const Table& table, KeyRange range,
                                                     Direction direction) const {
    ++count.scans;
    auto held = hold();
    if (held == nullptr) {
        return std::make_unique<NoCursor>(Error(rows_unavailable));
    }
    return make_cursor(std::move(held), *db_, table, std::move(range), direction,
                       rocksdb::ReadOptions());
}

std::shared_ptr<const void> RocksRows::Database::hold() const {
    struct Held {
        explicit Held(std::shared_ptr<const Database> with)
            : database(std::move(with)), use(*database) {}
        std::shared_ptr<const Database> database;
        Use use;
    };
    auto held = std::make_shared<const Held>(shared_from_this());
    return held->use ? held : nullptr;
}

}  // namespace chopmark::fold
