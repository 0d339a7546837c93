#include "events/fold/rocks_rows.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "events/core/ensure.h"
#include "events/fold/rocks_words.h"
#include "events/fold/row_batch.h"

namespace chopmark::fold {
namespace {

/// Where files of a load lie until they are taken over; emptied when the store is opened.
constexpr std::string_view loading_folder = "loading";
constexpr std::uint64_t loaded_file_bytes = 64 * 1024 * 1024;

struct Counters {
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> puts{0};
    std::atomic<std::uint64_t> erasures{0};
    std::atomic<std::uint64_t> gets{0};
    std::atomic<std::uint64_t> scans{0};
    std::atomic<std::uint64_t> loaded{0};
};

/// Closes its handle, and with the last holder of a dropped table its files go.
class Family {
  public:
    Family(rocksdb::DB& database, rocksdb::ColumnFamilyHandle& handle)
        : database_(&database), handle_(&handle) {}
    ~Family() { database_->DestroyColumnFamilyHandle(handle_); }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    [[nodiscard]] rocksdb::ColumnFamilyHandle* handle() const { return handle_; }

  private:
    rocksdb::DB* database_;
    rocksdb::ColumnFamilyHandle* handle_;
};

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

}  // namespace

class RocksRows::Database final : public ReadView, public std::enable_shared_from_this<Database> {
  public:
    Database(std::filesystem::path at, rocksdb::ColumnFamilyOptions options)
        : directory(std::move(at)), family(std::move(options)) {}
    ~Database() override {
        families.clear();
        if (db != nullptr) {
            // Rows that are only buffered are folded again; an error here loses nothing else.
            static_cast<void>(db->Close());
        }
    }

    Result<std::optional<Bytes>> get(const Table& table, ByteView key) const override;
    std::unique_ptr<RowCursor> scan(const Table& table, KeyRange range,
                                    Direction direction) const override;

    std::filesystem::path directory;
    rocksdb::ColumnFamilyOptions family;
    std::unique_ptr<rocksdb::DB> db;
    mutable std::mutex mutex;  // guards families
    std::map<std::string, std::shared_ptr<Family>, std::less<>> families;
    std::atomic<bool> failed{false};
    std::atomic<std::uint64_t> next_file{0};
    mutable Counters count;
};

namespace {

class RocksTable final : public Table {
  public:
    RocksTable(std::string name, std::shared_ptr<void> database, std::shared_ptr<Family> family)
        : Table(std::move(name)), database_(std::move(database)), family_(std::move(family)) {}
    [[nodiscard]] rocksdb::ColumnFamilyHandle* handle() const { return family_->handle(); }

  private:
    std::shared_ptr<void> database_;  // closes after the family
    std::shared_ptr<Family> family_;
};

rocksdb::ColumnFamilyHandle* handle_of(const Table& table) {
    return static_cast<const RocksTable&>(table).handle();
}

class Cursor final : public RowCursor {
  public:
    Cursor(std::shared_ptr<const void> database, rocksdb::DB& db, const Table& table,
           KeyRange range, Direction direction, rocksdb::ReadOptions options)
        : database_(std::move(database)),
          range_(std::move(range)),
          begin_(slice(range_.begin)),
          end_(slice(range_.end)),
          direction_(direction) {
        options.iterate_lower_bound = &begin_;
        if (!range_.end.empty()) {
            options.iterate_upper_bound = &end_;
        }
        rows_.reset(db.NewIterator(options, handle_of(table)));
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
    std::shared_ptr<const void> database_;
    KeyRange range_;
    rocksdb::Slice begin_;
    rocksdb::Slice end_;
    Direction direction_;
    bool empty_ = false;
    std::unique_ptr<rocksdb::Iterator> rows_;
};

Result<std::optional<Bytes>> get_row(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                     const Table& table, ByteView key) {
    Bytes value;
    const auto status = db.Get(options, handle_of(table), slice(key), &value);
    if (status.IsNotFound()) {
        return std::optional<Bytes>();
    }
    CHOPMARK_TRY(result_of(status));
    return std::optional<Bytes>(std::move(value));
}

class Snapshot final : public ReadView {
  public:
    Snapshot(std::shared_ptr<const void> database, rocksdb::DB& db, Counters& count)
        : database_(std::move(database)), db_(&db), count_(&count) {
        options_.snapshot = db.GetSnapshot();
    }
    ~Snapshot() override { db_->ReleaseSnapshot(options_.snapshot); }
    Result<std::optional<Bytes>> get(const Table& table, ByteView key) const override {
        ++count_->gets;
        return get_row(*db_, options_, table, key);
    }
    std::unique_ptr<RowCursor> scan(const Table& table, KeyRange range,
                                    Direction direction) const override {
        ++count_->scans;
        return std::make_unique<Cursor>(database_, *db_, table, std::move(range), direction,
                                        options_);
    }

  private:
    std::shared_ptr<const void> database_;
    rocksdb::DB* db_;
    Counters* count_;
    rocksdb::ReadOptions options_;
};

/// What the runs of one load share.
struct Loading {
    std::shared_ptr<void> database;
    rocksdb::DB* db = nullptr;
    rocksdb::Options options;
    TablePtr table;
    std::filesystem::path folder;
    std::atomic<std::uint64_t>* next_file = nullptr;
    std::atomic<std::uint64_t>* loaded = nullptr;
    std::mutex mutex;
    std::vector<std::string> made;      // every file, so that none is left behind
    std::vector<std::string> finished;  // those of finished runs

    std::string new_file() {
        auto path = (folder / (std::to_string(next_file->fetch_add(1)) + ".sst")).string();
        const std::lock_guard lock(mutex);
        made.push_back(path);
        return path;
    }
    ~Loading() {
        for (const std::string& path : made) {
            std::error_code ignored;  // taken over by the database, or emptied at the next start
            std::filesystem::remove(path, ignored);
        }
    }
};

class Run final : public SortedRun {
  public:
    explicit Run(std::shared_ptr<Loading> loading) : loading_(std::move(loading)) {}

    Result<void> add(ByteView key, ByteView value) override {
        if (writer_ == nullptr) {
            // Otherwise the first key of a file would be compared with nothing.
            if (!files_.empty() && key <= last_) {
                return rows_unsorted;
            }
            CHOPMARK_TRY(begin_file());
        }
        const auto status = writer_->Put(slice(key), slice(value));
        if (status.IsInvalidArgument()) {
            return Error(rows_unsorted, status.ToString());
        }
        CHOPMARK_TRY(result_of(status));
        ++rows_;
        if (writer_->FileSize() >= loaded_file_bytes) {
            last_ = key;
            return end_file();
        }
        return {};
    }
    Result<void> finish() override {
        if (writer_ != nullptr) {
            CHOPMARK_TRY(end_file());
        }
        const std::lock_guard lock(loading_->mutex);
        loading_->finished.insert(loading_->finished.end(), files_.begin(), files_.end());
        *loading_->loaded += rows_;
        return {};
    }

  private:
    Result<void> begin_file() {
        writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), loading_->options,
                                                           handle_of(*loading_->table),
                                                           /*invalidate_page_cache=*/false);
        files_.push_back(loading_->new_file());
        return result_of(writer_->Open(files_.back()));
    }
    Result<void> end_file() {
        const auto status = writer_->Finish();
        writer_.reset();
        return result_of(status);
    }

    std::shared_ptr<Loading> loading_;
    std::unique_ptr<rocksdb::SstFileWriter> writer_;
    std::vector<std::string> files_;
    Bytes last_;
    std::uint64_t rows_ = 0;
};

class Load final : public TableLoad {
  public:
    explicit Load(std::shared_ptr<Loading> loading) : loading_(std::move(loading)) {}

    Result<std::unique_ptr<SortedRun>> begin_run() override {
        return std::unique_ptr<SortedRun>(std::make_unique<Run>(loading_));
    }
    Result<void> finish() override {
        const std::lock_guard lock(loading_->mutex);
        if (loading_->finished.empty()) {
            return {};
        }
        rocksdb::IngestExternalFileOptions options;
        options.move_files = true;
        options.write_global_seqno = false;
        return result_of(loading_->db->IngestExternalFile(handle_of(*loading_->table),
                                                          loading_->finished, options));
    }

  private:
    std::shared_ptr<Loading> loading_;
};

}  // namespace

Result<std::optional<Bytes>> RocksRows::Database::get(const Table& table, ByteView key) const {
    ++count.gets;
    return get_row(*db, rocksdb::ReadOptions(), table, key);
}

std::unique_ptr<RowCursor> RocksRows::Database::scan(const Table& table, KeyRange range,
                                                     Direction direction) const {
    ++count.scans;
    return std::make_unique<Cursor>(shared_from_this(), *db, table, std::move(range), direction,
                                    rocksdb::ReadOptions());
}

Result<std::unique_ptr<RocksRows>> RocksRows::open_store(const Options& options) {
    std::error_code failed;
    std::filesystem::remove_all(options.directory / loading_folder, failed);
    std::filesystem::create_directories(options.directory / loading_folder, failed);
    if (failed) {
        return Error(rows_unavailable, options.directory.string() + ": " + failed.message());
    }
    const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
    rocksdb::DBOptions base;
    base.create_if_missing = true;
    base.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    base.write_buffer_manager =
        std::make_shared<rocksdb::WriteBufferManager>(options.write_buffers_bytes);
    base.max_total_wal_size = options.log_bytes;
    base.max_background_jobs = options.background_jobs;
    base.max_open_files = options.open_files;
    base.keep_log_file_num = 4;
    const auto family = family_options(options, cache);

    const std::string path = options.directory.string();
    std::vector<std::string> names;
    // Fails when there is no database yet; Open below tells that from damage.
    if (!rocksdb::DB::ListColumnFamilies(base, path, &names).ok() || names.empty()) {
        names = {rocksdb::kDefaultColumnFamilyName};
    }
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const std::string& name : names) {
        descriptors.emplace_back(name, family);
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    CHOPMARK_TRY(result_of(rocksdb::DB::Open(base, path, descriptors, &handles, &db)));
    auto database = std::make_shared<Database>(options.directory, family);
    database->db.reset(db);
    for (std::size_t i = 0; i < names.size(); ++i) {
        database->families.emplace(names[i], std::make_shared<Family>(*db, *handles[i]));
    }
    return std::unique_ptr<RocksRows>(new RocksRows(std::move(database)));
}

RocksRows::~RocksRows() = default;

Result<TablePtr> RocksRows::open(std::string_view name) {
    ensure(name != rocksdb::kDefaultColumnFamilyName, "the default family holds no rows");
    const std::lock_guard lock(database_->mutex);
    auto found = database_->families.find(name);
    if (found == database_->families.end()) {
        rocksdb::ColumnFamilyHandle* handle = nullptr;
        CHOPMARK_TRY(result_of(
            database_->db->CreateColumnFamily(database_->family, std::string(name), &handle)));
        found = database_->families
                    .emplace(std::string(name), std::make_shared<Family>(*database_->db, *handle))
                    .first;
    }
    return TablePtr(std::make_shared<RocksTable>(std::string(name), database_, found->second));
}

Result<void> RocksRows::drop(const TablePtr& table) {
    const std::lock_guard lock(database_->mutex);
    const auto found = database_->families.find(table->name());
    if (found == database_->families.end() || found->second->handle() != handle_of(*table)) {
        return {};
    }
    CHOPMARK_TRY(result_of(database_->db->DropColumnFamily(handle_of(*table))));
    database_->families.erase(found);
    return {};
}

std::vector<std::string> RocksRows::tables() const {
    const std::lock_guard lock(database_->mutex);
    std::vector<std::string> names;
    for (const auto& [name, family] : database_->families) {
        if (name != rocksdb::kDefaultColumnFamilyName) {
            names.push_back(name);
        }
    }
    return names;
}

const ReadView& RocksRows::latest() const { return *database_; }

std::unique_ptr<ReadView> RocksRows::snapshot() const {
    return std::make_unique<Snapshot>(database_, *database_->db, database_->count);
}

Result<void> RocksRows::commit(std::span<const RowBatch* const> batches, Durability durability) {
    if (database_->failed) {
        return Error(rows_unavailable, "an earlier write failed");
    }
    rocksdb::WriteBatch writes;
    std::uint64_t puts = 0;
    std::uint64_t erasures = 0;
    for (const RowBatch* batch : batches) {
        auto* const family = handle_of(batch->table());
        // Row by row and not by DeleteRange, whose tombstones slow every later read and are wrong
        // after a read error in 7.8.
        for (const KeyRange& range : batch->erased()) {
            const auto rows = database_->scan(batch->table(), range, Direction::forward);
            for (; rows->valid(); rows->next(), ++erasures) {
                CHOPMARK_TRY(result_of(writes.Delete(family, slice(rows->key()))));
            }
            CHOPMARK_TRY(rows->status());
        }
        for (const auto& [key, value] : batch->rows()) {
            if (value) {
                ++puts;
                CHOPMARK_TRY(result_of(writes.Put(family, slice(key), slice(*value))));
            } else {
                ++erasures;
                CHOPMARK_TRY(result_of(writes.Delete(family, slice(key))));
            }
        }
    }
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::synced;
    if (const auto status = database_->db->Write(options, &writes); !status.ok()) {
        // A later commit must not go through when this one may not have.
        database_->failed = true;
        return error_of(status);
    }
    ++database_->count.commits;
    database_->count.puts += puts;
    database_->count.erasures += erasures;
    return {};
}

Result<std::unique_ptr<TableLoad>> RocksRows::load(const TablePtr& table) {
    auto loading = std::make_shared<Loading>();
    loading->database = database_;
    loading->db = database_->db.get();
    loading->options = rocksdb::Options(rocksdb::DBOptions(), database_->family);
    loading->table = table;
    loading->folder = database_->directory / loading_folder;
    loading->next_file = &database_->next_file;
    loading->loaded = &database_->count.loaded;
    return std::unique_ptr<TableLoad>(std::make_unique<Load>(std::move(loading)));
}

Result<void> RocksRows::scrub(const Table& table, const KeyRange& range) {
    // Every table is flushed, or the log files that hold the old rows would stay.
    std::vector<std::shared_ptr<Family>> families;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    {
        const std::lock_guard lock(database_->mutex);
        for (const auto& [name, family] : database_->families) {
            families.push_back(family);
            handles.push_back(family->handle());
        }
    }
    CHOPMARK_TRY(result_of(database_->db->Flush(rocksdb::FlushOptions(), handles)));
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    const rocksdb::Slice begin = slice(range.begin);
    const rocksdb::Slice end = slice(range.end);
    return result_of(database_->db->CompactRange(options, handle_of(table),
                                                 range.begin.empty() ? nullptr : &begin,
                                                 range.end.empty() ? nullptr : &end));
}

RowsProbe RocksRows::probe() const {
    const Counters& count = database_->count;
    return {count.commits, count.puts,   count.erasures,    count.gets,
            count.scans,   count.loaded, !database_->failed};
}

Result<void> RocksRows::checkpoint(const std::filesystem::path& directory) const {
    rocksdb::Checkpoint* made = nullptr;
    CHOPMARK_TRY(result_of(rocksdb::Checkpoint::Create(database_->db.get(), &made)));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    return result_of(checkpoint->CreateCheckpoint(directory.string()));
}

}  // namespace chopmark::fold
