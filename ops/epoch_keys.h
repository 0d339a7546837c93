// Where a data folder's epoch keys are: in files beside it, which the sandbox alone may do, or in a
// PKCS#11 token that the folder names. Said once, before a deployment is founded or joined, so that
// whoever opens the folder later – daemon, key port, tool – finds them without being told.
//
//   DIR/epochs/token.json   {"module", "token", "pin_file", "key_label"}; the PIN itself is not
//   there
#pragma once

#include <memory>
#include <optional>

#include "events/core/entropy.h"
#include "events/keys/environment.h"
#include "events/keys/epoch_store.h"
#include "events/keys/folder.h"
#include "ops/config/config.h"
#include "ops/data_folder.h"

namespace chopmark::ops {

/// The folder has its epoch keys elsewhere than is asked for.
inline constexpr Reason other_epoch_place{"founding.other_epoch_keys", Kind::conflict};
inline constexpr Reason bad_pin_file{"founding.bad_pin_file", Kind::invalid};

/// Before there are keys; does nothing where it was said already. founding.other_epoch_keys.
Result<void> place_epoch_keys(const DataFolder& folder, const config::KeyConfig& keys);
/// founding.other_epoch_keys unless the folder's keys are where the configuration says.
Result<void> check_epoch_keys(const DataFolder& folder, const config::KeyConfig& keys);

struct EpochKeys {
    std::unique_ptr<keys::Folder> files;  // null: they are in a token
    std::unique_ptr<keys::EpochStore> store;
};
/// founding.bad_pin_file, keys.store_failed with the token's code, keys.sandbox_only. `entropy`
/// must outlive the store.
Result<EpochKeys> open_epoch_keys(const DataFolder& folder, keys::Environment environment,
                                  Entropy& entropy);

}  // namespace chopmark::ops
