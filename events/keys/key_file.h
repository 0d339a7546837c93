// The sealed file that holds a node's key material. A data key drawn for this one file seals it;
// the epoch's key, which never leaves its store, wraps the data key. So destroying the epoch's key
// destroys the file wherever copies of it lie. Files of several epochs stand side by side until the
// older epochs are destroyed: a new file proves itself before the old one goes.
//
//   name     = "keys." epoch in decimal
//   key_file = "CHPK" format:u16 epoch:u64 wrapped_data_key:60 nonce:12 sealed
//   sealed   = AES-256-GCM(data_key, nonce, aad = all bytes before nonce, material)
#pragma once

#include "events/keys/epoch_store.h"
#include "events/keys/folder.h"
#include "events/keys/key_material.h"

namespace chopmark::keys {

inline constexpr Reason bad_key_file{"keys.bad_key_file", Kind::damaged};

/// Makes the epoch's key if there is none, writes the file durably, reads it back, opens it and
/// compares. Every step may be repeated after a crash.
Result<void> write_key_file(Folder& folder, EpochStore& store, Entropy& entropy, Epoch epoch,
                            const KeyMaterial& material);

/// keys.no_file, keys.no_epoch (destroyed), keys.store_failed, or keys.bad_key_file.
Result<KeyMaterial> read_key_file(const Folder& folder, EpochStore& store, Epoch epoch);

/// The epochs whose files are in the folder, ascending.
Result<std::vector<Epoch>> list_key_files(const Folder& folder);
/// No error when there is none; durable after folder.sync().
Result<void> remove_key_file(Folder& folder, Epoch epoch);

}  // namespace chopmark::keys
