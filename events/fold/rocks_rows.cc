#include "events/fold/rocks_rows.h"

#include <rocksdb/sst_file_writer.h>
#include <rocksdb/utilities/checkpoint.h>

#include <mutex>

#include "events/core/ensure.h"
#include "events/fold/rocks_database.h"
#include "events/fold/row_batch.h"

namespace chopmark::fold {
namespace {

/// Where files of a load lie until they are taken over; emptied when the store is opened.
constexpr std::string_view loading_folder = "loading";
constexpr std::uint64_t loaded_file_bytes = 64 * 1024 * 1024;

/// What the runs of one load share.
struct Loading {
    std::shared_ptr<void> database;
    std::function<Result<void>(const std::vector<std::string>&)> ingest;
    rocksdb::Options options;
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
        // Of no family in particular: the database may be opened again before they are taken over.
        writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), loading_->options,
                                                           /*column_family=*/nullptr,
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
        return loading_->ingest(loading_->finished);
    }

  private:
    std::shared_ptr<Loading> loading_;
};

}  // namespace

/// Holds the database open for its life.
class RocksRows::Snapshot final : public ReadView {
  public:
    explicit Snapshot(std::shared_ptr<Database> database)
        : database_(std::move(database)), use_(*database_) {
        if (use_) {
            options_.snapshot = database_->db().GetSnapshot();
        }
    }
    ~Snapshot() override {
        if (use_) {
            database_->db().ReleaseSnapshot(options_.snapshot);
        }
    }
    Result<std::optional<Bytes>> get(const Table& table, ByteView key) const override {
        ++database_->count.gets;
        if (!use_) {
            return rows_unavailable;
        }
        CHOPMARK_ASSIGN(auto* const family, Database::handle_of(table));
        Bytes value;
        const auto status = database_->db().Get(options_, family, slice(key), &value);
        if (status.IsNotFound()) {
            return std::optional<Bytes>();
        }
        CHOPMARK_TRY(result_of(status));
        return std::optional<Bytes>(std::move(value));
    }
    std::unique_ptr<RowCursor> scan(const Table& table, KeyRange range,
                                    Direction direction) const override {
        auto held = use_ ? database_->hold() : nullptr;
        if (held == nullptr) {
            return database_->scan(table, std::move(range), direction);  // says why not
        }
        ++database_->count.scans;
        return make_cursor(std::move(held), database_->db(), table, std::move(range), direction,
                           options_);
    }

  private:
    std::shared_ptr<Database> database_;
    Database::Use use_;
    rocksdb::ReadOptions options_;
};

Result<std::unique_ptr<RocksRows>> RocksRows::open_store(const Options& options) {
    std::error_code failed;
    std::filesystem::remove_all(options.directory / loading_folder, failed);
    std::filesystem::create_directories(options.directory / loading_folder, failed);
    if (failed) {
        return Error(rows_unavailable, options.directory.string() + ": " + failed.message());
    }
    auto database = std::make_shared<Database>(options);
    CHOPMARK_TRY(database->open());
    return std::unique_ptr<RocksRows>(new RocksRows(std::move(database)));
}

RocksRows::~RocksRows() = default;

Result<TablePtr> RocksRows::open(std::string_view name) {
    ensure(name != rocksdb::kDefaultColumnFamilyName, "the default family holds no rows");
    const Database::Use use(*database_);
    if (!use) {
        return rows_unavailable;
    }
    const std::lock_guard lock(database_->mutex);
    auto found = database_->families.find(name);
    if (found == database_->families.end()) {
        rocksdb::ColumnFamilyHandle* handle = nullptr;
        CHOPMARK_TRY(result_of(
            database_->db().CreateColumnFamily(database_->family(), std::string(name), &handle)));
        found =
            database_->families.emplace(std::string(name), database_->make_family(handle)).first;
    }
    return TablePtr(
        std::make_shared<RocksTable>(std::string(name), database_, database_->gate, found->second));
}

Result<void> RocksRows::drop(const TablePtr& table) {
    const Database::Use use(*database_);
    if (!use) {
        return rows_unavailable;
    }
    CHOPMARK_ASSIGN(auto* const handle, Database::handle_of(*table));
    const std::lock_guard lock(database_->mutex);
    const auto found = database_->families.find(table->name());
    if (found == database_->families.end() || found->second->handle() != handle) {
        return {};
    }
    CHOPMARK_TRY(result_of(database_->db().DropColumnFamily(handle)));
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
    return std::make_unique<Snapshot>(database_);
}

Result<void> RocksRows::commit(std::span<const RowBatch* const> batches, Durability durability) {
    if (database_->failed) {
        return Error(rows_unavailable, "an earlier write failed");
    }
    const Database::Use use(*database_);
    if (!use) {
        return rows_unavailable;
    }
    rocksdb::WriteBatch writes;
    std::uint64_t puts = 0;
    std::uint64_t erasures = 0;
    for (const RowBatch* batch : batches) {
        CHOPMARK_ASSIGN(auto* const family, Database::handle_of(batch->table()));
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
    if (const auto status = database_->db().Write(options, &writes); !status.ok()) {
        // A later commit must not go through when this one may not have.
        database_->failed = true;
        return error_of(status);
    }
    ++database_->count.commits;
    database_->count.puts += puts;
    database_->count.erasures += erasures;
    return {};
}

Result<void> RocksRows::ingest(Database& database, const Table& table,
                               const std::vector<std::string>& files) {
    const Database::Use use(database);
    if (!use) {
        return rows_unavailable;
    }
    CHOPMARK_ASSIGN(auto* const family, Database::handle_of(table));
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;
    return result_of(database.db().IngestExternalFile(family, files, options));
}

Result<std::unique_ptr<TableLoad>> RocksRows::load(const TablePtr& table) {
    auto loading = std::make_shared<Loading>();
    loading->database = database_;
    loading->options = rocksdb::Options(rocksdb::DBOptions(), database_->family());
    loading->ingest = [database = database_.get(), table](const std::vector<std::string>& files) {
        return ingest(*database, *table, files);
    };
    loading->folder = database_->directory() / loading_folder;
    loading->next_file = &database_->next_file;
    loading->loaded = &database_->count.loaded;
    return std::unique_ptr<TableLoad>(std::make_unique<Load>(std::move(loading)));
}

Result<void> RocksRows::scrub(const Table& table, const KeyRange& range) {
    const Database::Use use(*database_);
    if (!use) {
        return rows_unavailable;
    }
    CHOPMARK_ASSIGN(auto* const scrubbed, Database::handle_of(table));
    // Every table is flushed, or the log files that hold the old rows would stay.
    std::vector<std::shared_ptr<RocksFamily>> families;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    {
        const std::lock_guard lock(database_->mutex);
        for (const auto& [name, family] : database_->families) {
            families.push_back(family);
            handles.push_back(family->handle());
        }
    }
    CHOPMARK_TRY(result_of(database_->db().Flush(rocksdb::FlushOptions(), handles)));
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    const rocksdb::Slice begin = slice(range.begin);
    const rocksdb::Slice end = slice(range.end);
    return result_of(database_->db().CompactRange(options, scrubbed,
                                                  range.begin.empty() ? nullptr : &begin,
                                                  range.end.empty() ? nullptr : &end));
}

RowsProbe RocksRows::probe() const {
    const RocksCounters& count = database_->count;
    return {count.commits, count.puts,   count.erasures,    count.gets,
            count.scans,   count.loaded, !database_->failed};
}

Result<void> RocksRows::recover() { return database_->reopen(); }

std::uint64_t RocksRows::recoveries() const { return database_->count.recoveries; }

Result<void> RocksRows::checkpoint(const std::filesystem::path& directory) const {
    const Database::Use use(*database_);
    if (!use) {
        return rows_unavailable;
    }
    rocksdb::Checkpoint* made = nullptr;
    CHOPMARK_TRY(result_of(rocksdb::Checkpoint::Create(&database_->db(), &made)));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    return result_of(checkpoint->CreateCheckpoint(directory.string()));
}

}  // namespace chopmark::fold
