// What RocksDB tells a journal while it opens and runs: failures in the background, records that
// recovery brought out of the log, the oldest log file needed. Includes RocksDB; for
// embedded_store.cc only.
#pragma once

#include <rocksdb/listener.h>
#include <rocksdb/wal_filter.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace chopmark::journal {

/// Hears of failures in the background, and of how much recovery brought out of the log.
class Listener final : public rocksdb::EventListener {
  public:
    explicit Listener(std::function<void(const std::string&)> failed)
        : failed_(std::move(failed)) {}

    void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                           rocksdb::Status* status) override {
        if (failed_) {
            failed_(status->ToString());
        }
    }
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*status*/,
                              bool* automatic) override {
        *automatic = false;
    }
    void OnTableFileCreated(const rocksdb::TableFileCreationInfo& info) override {
        if (info.reason == rocksdb::TableFileCreationReason::kRecovery && info.status.ok()) {
            const std::lock_guard lock(mutex_);
            recovered_[info.cf_name] += info.table_properties.num_entries;
        }
    }
    std::uint64_t recovered(const std::string& family) {
        const std::lock_guard lock(mutex_);
        return recovered_[family];
    }

  private:
    const std::function<void(const std::string&)> failed_;
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> recovered_;
};

/// Only listens: which log files recovery needs.
class OldestWal final : public rocksdb::WalFilter {
  public:
    void ColumnFamilyLogNumberMap(const std::map<std::uint32_t, std::uint64_t>& numbers,
                                  const std::map<std::string, std::uint32_t>& /*ids*/) override {
        for (const auto& [family, number] : numbers) {
            oldest_ = std::min(oldest_, number);
        }
    }
    [[nodiscard]] const char* Name() const override { return "chopmark.oldest_wal"; }
    [[nodiscard]] std::uint64_t oldest() const { return oldest_ == ~0ULL ? 0 : oldest_; }

  private:
    std::uint64_t oldest_ = ~0ULL;
};

}  // namespace chopmark::journal
