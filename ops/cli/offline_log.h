// A stopped node's log, or a copy of it, as the tool's commands look at it: the genesis it stands
// on, the CA that its terms are proved by, its records, and – if they are there – its keys. Nothing
// in the folder is changed: keys are opened on a copy of their files in memory, and a token is only
// looked at, for opening a key ring in place clears away what a crash left behind.
#pragma once

#include <memory>
#include <optional>

#include "events/crypto/system_entropy.h"
#include "events/journal/reader.h"
#include "events/keys/genesis.h"
#include "events/keys/node_ca.h"
#include "ops/data_folder.h"

namespace chopmark::cli {

/// The log stands on another genesis than the one that was asked for.
inline constexpr Reason other_genesis{"log.other_genesis", Kind::damaged};
inline constexpr Reason no_keys{"log.no_keys", Kind::not_found};

struct OfflineLog {
    keys::Genesis genesis;
    keys::NodeCa ca;
    std::unique_ptr<journal::OfflineReader> reader;
};

/// The genesis is the folder's document or, in a bare copy of the journal, that of control's record
/// 0; `pinned` is the hash that the caller knows it by. log.other_genesis, journal.locked,
/// journal.damaged, journal.not_ready.
Result<OfflineLog> open_offline_log(const ops::DataFolder& folder,
                                    const std::optional<Digest>& pinned);

/// Of the stored record that a log begins with; `otherwise` if it is none of that kind.
Result<keys::Genesis> genesis_in_record(ByteView stored, Error otherwise);

class OfflineKeys {
  public:
    /// log.no_keys when there are none, keys.sandbox_only where keys may not lie in files.
    static Result<std::unique_ptr<OfflineKeys>> open(const ops::DataFolder& folder,
                                                     const keys::Genesis& genesis);
    [[nodiscard]] const keys::KeyRing& ring() const { return *ring_; }

  private:
    OfflineKeys() = default;
    Result<keys::EpochStore*> open_epochs(const ops::DataFolder& folder,
                                          keys::Environment environment);

    crypto::SystemEntropy entropy_;
    keys::MemoryFolder key_files_;
    keys::MemoryFolder epoch_files_;
    std::unique_ptr<keys::EpochStore> epochs_;
    std::unique_ptr<keys::KeyRing> ring_;
};

}  // namespace chopmark::cli
