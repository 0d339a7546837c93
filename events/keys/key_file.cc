#include "events/keys/key_file.h"

#include <algorithm>
#include <charconv>

#include "events/crypto/aead.h"
#include "events/crypto/digest.h"
#include "events/keys/byte_reader.h"

namespace chopmark::keys {
namespace {

constexpr std::string_view prefix = "keys.";
constexpr ByteView magic = "CHPK";
constexpr std::uint16_t format = 1;

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

Result<crypto::SecretBytes> open(EpochStore& store, Epoch epoch, ByteView stored) {
    ByteReader in(stored);
    const bool ours = in.take(magic.size()) == magic && in.integer<std::uint16_t>() == format &&
                      in.integer<std::uint64_t>() == epoch.value();
    const ByteView wrapped = in.take(wrapped_bytes);
    const ByteView additional = stored.substr(0, stored.size() - in.rest().size());
    const auto nonce = to_array<12>(in.take(12));
    if (!ours || !in.good()) {
        return Error(bad_key_file, "not a key file of epoch " + std::to_string(epoch.value()));
    }
    const auto data_key = store.unwrap(epoch, wrapped);
    if (!data_key) {
        return data_key.error() == bad_wrapping ? Error(bad_key_file, "wrapped by another key")
                                                : data_key.error();
    }
    auto material = crypto::aead_open(*data_key, nonce, additional, in.rest());
    if (!material) {
        return Error(bad_key_file, "changed");
    }
    return crypto::SecretBytes(*std::move(material));
}

Result<crypto::SecretBytes> read(const Folder& folder, EpochStore& store, Epoch epoch) {
    CHOPMARK_ASSIGN(const Bytes stored, folder.read(name_of(epoch)));
    return open(store, epoch, stored);
}

}  // namespace

Result<void> write_key_file(Folder& folder, EpochStore& store, Entropy& entropy, Epoch epoch,
                            const KeyMaterial& material) {
    CHOPMARK_TRY(store.create(epoch));
    crypto::Secret32 data_key;
    entropy.fill(data_key.writable());
    CHOPMARK_ASSIGN(const Bytes wrapped, store.wrap(epoch, data_key));
    Bytes stored(magic);
    append_big_endian(stored, format);
    append_big_endian(stored, epoch.value());
    stored.append(wrapped);
    crypto::AeadNonce nonce{};
    entropy.fill(nonce);
    const crypto::SecretBytes plain = material.encode();
    const Bytes sealed = crypto::aead_seal(data_key, nonce, stored, plain.reveal());
    stored.append(view(nonce)).append(sealed);
    CHOPMARK_TRY(replace(folder, name_of(epoch), stored));
    CHOPMARK_ASSIGN(const auto read_back, read(folder, store, epoch));
    if (!crypto::equal_constant_time(read_back.reveal(), plain.reveal())) {
        return Error(bad_key_file, "read back differs from what was written");
    }
    return {};
}

Result<KeyMaterial> read_key_file(const Folder& folder, EpochStore& store, Epoch epoch) {
    CHOPMARK_ASSIGN(const auto plain, read(folder, store, epoch));
    auto material = KeyMaterial::decode(plain.reveal());
    if (!material) {
        return Error(bad_key_file, material.error().detail);
    }
    return *std::move(material);
}

Result<std::vector<Epoch>> list_key_files(const Folder& folder) {
    CHOPMARK_ASSIGN(const auto names, folder.list());
    std::vector<Epoch> out;
    for (const std::string& name : names) {
        if (const auto epoch = epoch_of(name)) {
            out.push_back(*epoch);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

Result<void> remove_key_file(Folder& folder, Epoch epoch) { return folder.remove(name_of(epoch)); }

}  // namespace chopmark::keys
