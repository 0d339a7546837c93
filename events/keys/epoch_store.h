// The port to where epoch keys live. An epoch key is an AES-256 key that never leaves its store; it
// wraps the data key of one key file (key_file.h), so that destroying it makes that file, and every
// copy and remnant of it on any disk, unreadable. Two adapters keep one contract
// (tests/contract/keys_epoch_store.cc): Pkcs11EpochStore, and FileEpochStore for the sandbox.
// Calls may come from any thread, one at a time.
#pragma once

#include <vector>

#include "events/core/ids.h"
#include "events/core/result.h"
#include "events/crypto/secret.h"

namespace chopmark::keys {

using Epoch = NumberId<struct EpochTag, std::uint64_t>;

/// There is no key of that epoch: never made, or destroyed.
inline constexpr Reason no_epoch{"keys.no_epoch", Kind::not_found};
/// The store does not work; nothing is known about the key.
inline constexpr Reason store_failed{"keys.store_failed", Kind::unavailable};
/// The wrapped key was not made by this epoch key, or was changed.
inline constexpr Reason bad_wrapping{"keys.bad_wrapping", Kind::damaged};

class EpochStore {
  public:
    virtual ~EpochStore() = default;
    /// Draws the epoch's key, durably; keeps the one that is there already.
    virtual Result<void> create(Epoch epoch) = 0;
    virtual Result<Bytes> wrap(Epoch epoch, const crypto::Secret32& data_key) = 0;
    virtual Result<crypto::Secret32> unwrap(Epoch epoch, ByteView wrapped) = 0;
    /// Durable on return. No error when there is none.
    virtual Result<void> destroy(Epoch epoch) = 0;
    /// Ascending.
    virtual Result<std::vector<Epoch>> list() = 0;
};

// wrapped = nonce:12 AES-256-GCM(epoch_key, nonce, aad, data_key)
// aad     = "chopmark/epoch/1" ‖ epoch:u64
Bytes wrapping_additional(Epoch epoch);
inline constexpr std::size_t wrapped_bytes = 12 + 32 + 16;

}  // namespace chopmark::keys
