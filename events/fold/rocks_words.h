// Bytes and outcomes between our words and RocksDB's. Includes RocksDB; for rocks_*.cc only.
#pragma once

#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include "events/fold/row_store.h"

namespace chopmark::fold {

inline rocksdb::Slice slice(ByteView bytes) { return {bytes.data(), bytes.size()}; }
inline ByteView view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

inline Error error_of(const rocksdb::Status& status) {
    if (status.IsCorruption()) {
        return {rows_damaged, status.ToString()};
    }
    if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
        return {rows_locked, status.ToString()};
    }
    return {rows_unavailable, status.ToString()};
}

inline Result<void> result_of(const rocksdb::Status& status) {
    return status.ok() ? Result<void>() : error_of(status);
}

}  // namespace chopmark::fold
