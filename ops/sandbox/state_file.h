// Where the sandbox's clients keep what they know between two calls: one JSON file each, mode 0600,
// replaced whole. Keys and tokens of the sandbox lie in them in clear, hence nothing but the
// sandbox may use them. Blocks on the disk; one process at a time.
#pragma once

#include <filesystem>

#include "events/crypto/p256.h"
#include "ops/sandbox/caller.h"

namespace chopmark::sandbox {

/// sandbox.bad_state with the file's name when it is missing or no JSON object.
Result<Json> read_state(const std::filesystem::path& file);
Result<void> write_state(const std::filesystem::path& file, const Json& state);

/// A whole file; sandbox.bad_state.
Result<Bytes> read_file(const std::filesystem::path& file);
Result<void> write_file(const std::filesystem::path& file, ByteView bytes);

/// A scalar in 64 hex characters.
Result<crypto::P256PrivateKey> key_from_hex(std::string_view hex);
std::string key_to_hex(const crypto::P256PrivateKey& key);

}  // namespace chopmark::sandbox
