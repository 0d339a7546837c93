#include "ops/sandbox_founding.h"

#include "events/keys/folder.h"
#include "events/schema/genesis.pb.h"

namespace chopmark::ops {
namespace {

constexpr const char* key_file = "first_operator.key";

std::filesystem::path sandbox_folder(const DataFolder& folder) { return folder.root() / "sandbox"; }

}  // namespace

Result<crypto::P256PrivateKey> sandbox_operator_key(const DataFolder& folder) {
    CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(sandbox_folder(folder)));
    CHOPMARK_ASSIGN(const Bytes text, there.read(key_file));
    const auto scalar = from_hex(std::string_view(text).substr(0, 64));
    if (!scalar || scalar->size() != 32) {
        return Error(crypto::bad_key, "the sandbox's operator key");
    }
    return crypto::P256PrivateKey::from_scalar(crypto::Secret32::from(*scalar));
}

Result<void> found_sandbox(const DataFolder& folder, std::uint16_t partitions, const Clock& clock,
                           Entropy& entropy, const config::KeyConfig& keys) {
    std::error_code code;
    if (!std::filesystem::exists(sandbox_folder(folder) / key_file, code) &&
        std::filesystem::exists(folder.root(), code) &&
        !std::filesystem::is_empty(folder.root(), code)) {
        return Error(other_deployment, folder.root().string() + " is not empty and no sandbox");
    }
    auto known = sandbox_operator_key(folder);
    if (!known && !(known.error() == keys::no_file)) {
        return known.error();
    }
    const crypto::P256PrivateKey key =
        known ? *std::move(known) : crypto::P256PrivateKey::generate(entropy);
    CHOPMARK_ASSIGN(auto there, keys::DiskFolder::open(sandbox_folder(folder)));
    CHOPMARK_TRY(keys::replace(there, key_file, to_hex(key.scalar().reveal()) + "\n"));
    CHOPMARK_TRY(place_epoch_keys(folder, keys));
    CHOPMARK_TRY(
        found_data_folder(folder, schema::SANDBOX, partitions, key.point(), clock, entropy));
    return {};
}

}  // namespace chopmark::ops
