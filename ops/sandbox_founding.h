// Founds a sandbox: keys and authorities in files, and a first operator whose private key lies
// beside them for the tool to sign in with. Nothing of it is fit for real data, and every other
// environment refuses it.
//
//   DIR/sandbox/first_operator.key   64 hex digits, the P-256 scalar; readable by the owner alone
#pragma once

#include "ops/founding.h"

namespace chopmark::ops {

/// Idempotent. founding.other_deployment when the folder is of something else,
/// founding.other_epoch_keys when its keys are not where `keys` says.
Result<void> found_sandbox(const DataFolder& folder, std::uint16_t partitions, const Clock& clock,
                           Entropy& entropy, const config::KeyConfig& keys = {});

/// The key that found_sandbox left; keys.no_file without one.
Result<crypto::P256PrivateKey> sandbox_operator_key(const DataFolder& folder);

}  // namespace chopmark::ops
