#include "events/journal/reader.h"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

namespace chopmark::journal {
namespace {

constexpr std::string_view family_prefix = "partition-";
constexpr std::size_t readahead_bytes = 1 << 20;
constexpr std::size_t block_cache_open_files = 1024;

/// RocksDB would begin a log of its own in the folder that is only looked at.
class SilentLogger final : public rocksdb::Logger {
  public:
    using rocksdb::Logger::Logv;
    void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

std::optional<std::uint16_t> partition_of_family(std::string_view name) {
    if (!name.starts_with(family_prefix)) {
        return std::nullopt;
    }
    name.remove_prefix(family_prefix.size());
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) {
        return std::nullopt;
    }
    return number;
}

Error error_of(const rocksdb::Status& status) {
    return {status.IsCorruption() ? damaged : not_ready, status.ToString()};
}

/// Whether another process holds the journal's lock; asking takes and makes nothing.
bool held_by_another(const std::string& folder) {
    const int file = ::open((folder + "/JOURNAL_LOCK").c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    const bool held = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ::close(file);
    return held;
}

std::optional<Sequence> sequence_of(const rocksdb::Slice& key) {
    if (key.size() != sizeof(std::uint64_t)) {
        return std::nullopt;
    }
    return Sequence(get_big_endian<std::uint64_t>({key.data(), key.size()}));
}

}  // namespace

struct OfflineReader::Database {
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    std::vector<rocksdb::ColumnFamilyHandle*> partitions;  // by number
    std::unique_ptr<rocksdb::DB> db;

    ~Database() {
        if (db) {
            for (auto* handle : handles) {
                db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
            }
            db->Close().PermitUncheckedError();
        }
    }
};

class OfflineReader::Cursor final : public RecordCursor {
  public:
    Cursor(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, Sequence from)
        : db_(db), family_(family), at_(from) {
        seek(true);
        settle();
    }

    [[nodiscard]] bool valid() const override { return rows_->Valid() && !bad_key_; }
    [[nodiscard]] Sequence sequence() const override { return at_; }
    [[nodiscard]] ByteView stored() const override {
        return {rows_->value().data(), rows_->value().size()};
    }
    void next() override {
        at_ = Sequence(at_.value() + 1);
        rows_->Next();
        settle();
    }
    [[nodiscard]] Result<void> status() const override {
        return damage_ ? Result<void>(*damage_) : Result<void>();
    }

  private:
    void seek(bool verify_checksums) {
        rocksdb::ReadOptions options;
        options.verify_checksums = verify_checksums;
        options.fill_cache = false;
        options.readahead_size = readahead_bytes;
        rows_.reset(db_.NewIterator(options, family_));
        std::array<char, sizeof(std::uint64_t)> key{};
        put_big_endian(key.data(), at_.value());
        rows_->Seek({key.data(), key.size()});
    }

    /// At a block that fails its checksum: once more, without asking for it.
    void settle() {
        if (!rows_->Valid() && !rows_->status().ok()) {
            const bool first = !damage_;
            damage_ = Error(damaged, "at or behind sequence " + std::to_string(at_.value()) + ": " +
                                         rows_->status().ToString());
            if (first) {
                seek(false);
            }
        }
        if (rows_->Valid()) {
            const auto sequence = sequence_of(rows_->key());
            bad_key_ = !sequence;
            at_ = sequence.value_or(at_);
            if (bad_key_) {
                damage_ = Error(damaged, "behind sequence " + std::to_string(at_.value()) +
                                             ": a key that is no sequence");
            }
        }
    }

    rocksdb::DB& db_;
    rocksdb::ColumnFamilyHandle* family_;
    Sequence at_;
    std::unique_ptr<rocksdb::Iterator> rows_;
    std::optional<Error> damage_;
    bool bad_key_ = false;
};

Result<Bytes> stored_at(const RecordSource& source, PartitionId partition, Sequence at) {
    const auto cursor = source.walk(partition, at);
    if (cursor->valid() && cursor->sequence() == at) {
        return Bytes(cursor->stored());
    }
    CHOPMARK_TRY(cursor->status());
    return beyond_end;
}

Result<std::unique_ptr<OfflineReader>> OfflineReader::open(const std::string& folder) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder + "/CURRENT", ignored)) {
        return Error(not_ready, "no journal in " + folder);
    }
    if (held_by_another(folder)) {
        return Error(locked, "a node is running on " + folder + ": stop it, or look at a copy");
    }
    rocksdb::DBOptions options;
    options.info_log = std::make_shared<SilentLogger>();
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.max_open_files = block_cache_open_files;
    // As the store writes: RocksDB 7.8.3 aborts a reader that does not, where log files are named.
    options.track_and_verify_wals_in_manifest = true;
    std::vector<std::string> names;
    if (const auto listed = rocksdb::DB::ListColumnFamilies(options, folder, &names);
        !listed.ok()) {
        return error_of(listed);
    }
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    families.reserve(names.size());
    for (const auto& name : names) {
        families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    auto database = std::make_unique<Database>();
    rocksdb::DB* opened = nullptr;
    const auto status =
        rocksdb::DB::OpenForReadOnly(options, folder, families, &database->handles, &opened);
    if (!status.ok()) {
        return error_of(status);
    }
    database->db.reset(opened);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto number = partition_of_family(names[i]);
        if (!number) {
            continue;
        }
        const std::size_t needed = std::size_t{*number} + 1;
        database->partitions.resize(std::max(database->partitions.size(), needed));
        database->partitions[*number] = database->handles[i];
    }
    const auto& all = database->partitions;
    if (all.empty() || std::find(all.begin(), all.end(), nullptr) != all.end()) {
        return Error(damaged, "a partition's column family is missing");
    }
    return std::unique_ptr<OfflineReader>(new OfflineReader(std::move(database)));
}

OfflineReader::OfflineReader(std::unique_ptr<Database> database) : database_(std::move(database)) {}

OfflineReader::~OfflineReader() = default;

std::uint16_t OfflineReader::partitions() const {
    return static_cast<std::uint16_t>(database_->partitions.size() - 1);
}

Result<Sequence> OfflineReader::end(PartitionId partition) const {
    const std::unique_ptr<rocksdb::Iterator> rows(
        database_->db->NewIterator({}, database_->partitions.at(partition.value())));
    rows->SeekToLast();
    if (!rows->Valid()) {
        return rows->status().ok() ? Result<Sequence>(Sequence(0)) : error_of(rows->status());
    }
    const auto last = sequence_of(rows->key());
    return last ? Result<Sequence>(Sequence(last->value() + 1))
                : Error(damaged, "a key that is no sequence");
}

std::unique_ptr<RecordCursor> OfflineReader::walk(PartitionId partition, Sequence from) const {
    return std::make_unique<Cursor>(*database_->db, database_->partitions.at(partition.value()),
                                    from);
}

}  // namespace chopmark::journal
