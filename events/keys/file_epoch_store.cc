#include "events/keys/file_epoch_store.h"

#include <algorithm>
#include <charconv>

#include "events/crypto/aead.h"

namespace chopmark::keys {
namespace {

constexpr std::string_view prefix = "epoch.";

std::string name_of(Epoch epoch) { return std::string(prefix) + std::to_string(epoch.value()); }

std::optional<Epoch> epoch_of(std::string_view name) {
    if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.begin(), name.end(), number);
    if (error != std::errc() || end != name.end()) {
        return std::nullopt;
    }
    return Epoch(number);
}

}  // namespace

Result<FileEpochStore> FileEpochStore::open(Folder& folder, Entropy& entropy,
                                            Environment environment) {
    CHOPMARK_TRY(require_sandbox(environment, "epoch keys in files"));
    return FileEpochStore(folder, entropy);
}

Result<crypto::Secret32> FileEpochStore::load(Epoch epoch) {
    auto bytes = folder_->read(name_of(epoch));
    if (!bytes) {
        return bytes.error() == no_file ? Error(no_epoch, std::to_string(epoch.value()))
                                        : bytes.error();
    }
    if (bytes->size() != crypto::Secret32::size) {
        return Error(store_failed, "epoch key file of another length");
    }
    const auto key = crypto::Secret32::from(*bytes);
    crypto::wipe(*bytes);
    return key;
}

Result<void> FileEpochStore::create(Epoch epoch) {
    const auto there = load(epoch);
    if (there || !(there.error() == no_epoch)) {
        return there ? Result<void>() : there.error();
    }
    crypto::Secret32 key;
    entropy_->fill(key.writable());
    return replace(*folder_, name_of(epoch), key.reveal());
}

Result<Bytes> FileEpochStore::wrap(Epoch epoch, const crypto::Secret32& data_key) {
    CHOPMARK_ASSIGN(const auto key, load(epoch));
    crypto::AeadNonce nonce{};
    entropy_->fill(nonce);
    return Bytes(view(nonce))
        .append(crypto::aead_seal(key, nonce, wrapping_additional(epoch), data_key.reveal()));
}

Result<crypto::Secret32> FileEpochStore::unwrap(Epoch epoch, ByteView wrapped) {
    CHOPMARK_ASSIGN(const auto key, load(epoch));
    if (wrapped.size() != wrapped_bytes) {
        return bad_wrapping;
    }
    auto opened = crypto::aead_open(key, to_array<12>(wrapped.substr(0, 12)),
                                    wrapping_additional(epoch), wrapped.substr(12));
    if (!opened) {
        return bad_wrapping;
    }
    const auto data_key = crypto::Secret32::from(*opened);
    crypto::wipe(*opened);
    return data_key;
}

Result<void> FileEpochStore::destroy(Epoch epoch) {
    const auto there = load(epoch);
    if (!there && there.error() == no_epoch) {
        return {};
    }
    CHOPMARK_TRY(folder_->write(name_of(epoch), Bytes(crypto::Secret32::size, '\0')));
    CHOPMARK_TRY(folder_->remove(name_of(epoch)));
    return folder_->sync();
}

Result<std::vector<Epoch>> FileEpochStore::list() {
    CHOPMARK_ASSIGN(const auto names, folder_->list());
    std::vector<Epoch> out;
    for (const std::string& name : names) {
        if (const auto epoch = epoch_of(name)) {
            out.push_back(*epoch);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace chopmark::keys
