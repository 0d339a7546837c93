#include "events/keys/secret_rows.h"

#include <rocksdb/db.h>

#include "events/crypto/aead.h"

namespace chopmark::keys {
namespace {

constexpr std::size_t nonce_bytes = 12;

rocksdb::Slice slice(ByteView bytes) { return {bytes.data(), bytes.size()}; }

Error error_of(const rocksdb::Status& status) {
    return {status.IsCorruption() ? rows_damaged : rows_failed, status.ToString()};
}

Bytes additional(ByteView row) { return Bytes("chopmark/secret-row/1").append(row); }

rocksdb::Options database_options() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = 4 * 1024 * 1024;
    options.compression = rocksdb::kNoCompression;  // ciphertext
    options.max_open_files = 64;
    options.keep_log_file_num = 2;
    // The default would drop acknowledged rows behind a torn page without a word.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.avoid_flush_during_recovery = false;
    // A recycled log keeps old rows in its tail.
    options.recycle_log_file_num = 0;
    return options;
}

}  // namespace

class RocksSecretRows::Database {
  public:
    Database(std::unique_ptr<rocksdb::DB> database, const crypto::Secret32& key, Entropy& entropy)
        : database_(std::move(database)), key_(key), entropy_(entropy) {
        synced_.sync = true;
    }

    Result<void> put(ByteView row, ByteView secret) {
        crypto::AeadNonce nonce{};
        entropy_.fill(nonce);
        const Bytes value =
            Bytes(view(nonce)).append(crypto::aead_seal(key_, nonce, additional(row), secret));
        return result_of(database_->Put(synced_, slice(row), slice(value)));
    }

    Result<std::optional<crypto::SecretBytes>> get(ByteView row) const {
        std::string value;
        const auto status = database_->Get(rocksdb::ReadOptions(), slice(row), &value);
        if (status.IsNotFound()) {
            return std::optional<crypto::SecretBytes>();
        }
        if (!status.ok()) {
            return error_of(status);
        }
        if (value.size() < nonce_bytes) {
            return rows_damaged;
        }
        auto secret =
            crypto::aead_open(key_, to_array<nonce_bytes>(ByteView(value).substr(0, nonce_bytes)),
                              additional(row), ByteView(value).substr(nonce_bytes));
        if (!secret) {
            return rows_damaged;
        }
        return std::optional(crypto::SecretBytes(*std::move(secret)));
    }

    // The row lies in the log, in memory and in table files: the flush ends the log and the
    // memory, the compaction rewrites every table file that may hold the row.
    Result<void> erase(ByteView row) {
        const rocksdb::Slice key = slice(row);
        CHOPMARK_TRY(result_of(database_->Delete(synced_, key)));
        CHOPMARK_TRY(result_of(database_->Flush(rocksdb::FlushOptions())));
        rocksdb::CompactRangeOptions range;
        range.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
        return result_of(database_->CompactRange(range, &key, &key));
    }

  private:
    static Result<void> result_of(const rocksdb::Status& status) {
        return status.ok() ? Result<void>() : error_of(status);
    }

    std::unique_ptr<rocksdb::DB> database_;
    crypto::Secret32 key_;
    Entropy& entropy_;
    rocksdb::WriteOptions synced_;
};

RocksSecretRows::RocksSecretRows(std::unique_ptr<Database> database)
    : database_(std::move(database)) {}
RocksSecretRows::~RocksSecretRows() = default;

Result<std::unique_ptr<RocksSecretRows>> RocksSecretRows::open(const std::string& folder,
                                                               const crypto::Secret32& storage_key,
                                                               Entropy& entropy) {
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(database_options(), folder, &opened);
    if (!status.ok()) {
        return error_of(status);
    }
    return std::unique_ptr<RocksSecretRows>(new RocksSecretRows(
        std::make_unique<Database>(std::unique_ptr<rocksdb::DB>(opened), storage_key, entropy)));
}

Result<void> RocksSecretRows::put(ByteView row, ByteView secret) {
    return database_->put(row, secret);
}

Result<std::optional<crypto::SecretBytes>> RocksSecretRows::get(ByteView row) const {
    return database_->get(row);
}

Result<void> RocksSecretRows::erase(ByteView row) { return database_->erase(row); }

Result<void> MemorySecretRows::put(ByteView row, ByteView secret) {
    const std::lock_guard lock(mutex_);
    rows_.insert_or_assign(Bytes(row), crypto::SecretBytes(Bytes(secret)));
    return {};
}

Result<std::optional<crypto::SecretBytes>> MemorySecretRows::get(ByteView row) const {
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find(row);
    return found == rows_.end() ? std::optional<crypto::SecretBytes>()
                                : std::optional(found->second);
}

Result<void> MemorySecretRows::erase(ByteView row) {
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find(row);
    if (found != rows_.end()) {
        rows_.erase(found);
    }
    return {};
}

}  // namespace chopmark::keys
