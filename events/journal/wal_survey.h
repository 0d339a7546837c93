// What lies in a write-ahead log file of RocksDB, damage included. RocksDB says only that a log is
// damaged; whether acknowledged batches lie behind the damage – and would be dropped by its more
// lenient recovery modes – nobody but a reader of the whole file can say. Batches are written one
// after another and each is synced before the next starts, so a batch that starts behind damage
// proves that the damage is not an ordinary torn end.
//
//   log      = block*                      ; 32 KiB each, the last may be shorter
//   block    = fragment* zero*             ; fewer than 7 bytes left: zeros
//   fragment = masked_crc32c:u32 length:u16 kind:u8 [log_number:u32] payload
//     little-endian; kinds 1 full, 2 first, 3 middle, 4 last; 5…8 the same with a log number;
//     kind 0 with length 0: nothing was written from here on
//
// (rocksdb/db/log_format.h, 7.8.) No writes; safe on a log that another process has open.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "events/core/bytes.h"
#include "events/core/result.h"

namespace rocksdb {
class FileSystem;
}

namespace chopmark::journal {

/// Smallest key of a column family, by RocksDB's number of it.
using FirstKeys = std::map<std::uint32_t, std::uint64_t>;

struct WalSurvey {
    std::uint64_t number = 0;                      // of the file
    std::uint64_t batches = 0;                     // sound ones before the damage
    std::optional<std::uint64_t> damaged_at;       // byte offset
    std::optional<std::uint64_t> batch_behind_at;  // where a batch starts behind the damage
    FirstKeys keys;                                // of the sound batches; only with keys asked for
    FirstKeys keys_behind;  // of whole batches behind the damage; only with keys asked for
};

/// All log files of a database folder by rising number; none in a folder that is not there.
/// `with_keys` also decodes the batches, which takes a few times longer.
Result<std::vector<WalSurvey>> survey_wals(rocksdb::FileSystem& files, const std::string& folder,
                                           bool with_keys);

}  // namespace chopmark::journal
