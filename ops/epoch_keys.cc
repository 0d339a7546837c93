#include "ops/epoch_keys.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "events/crypto/system_entropy.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/pkcs11_epoch_store.h"
#include "gateways/service/json_body.h"
#include "ops/secret_file.h"

namespace chopmark::ops {
namespace {

using service::Json;

constexpr const char* token_file = "token.json";

Json place_of(const config::KeyConfig& keys) {
    return {{"module", keys.pkcs11_module},
            {"token", keys.pkcs11_token},
            {"pin_file", keys.pkcs11_pin_file},
            {"key_label", keys.pkcs11_key_label}};
}

/// Null: in files.
Result<Json> read_place(const keys::Folder& there) {
    const auto text = there.read(token_file);
    if (!text) {
        return text.error() == keys::no_file ? Result<Json>(Json()) : text.error();
    }
    return service::parse_object(*text);
}

Result<std::unique_ptr<keys::EpochStore>> open_token(const Json& place, Entropy& entropy) {
    keys::Pkcs11Options options;
    CHOPMARK_ASSIGN(options.module, service::text_of(place, "module"));
    CHOPMARK_ASSIGN(options.token, service::text_of(place, "token"));
    CHOPMARK_ASSIGN(options.key_label, service::text_of(place, "key_label"));
    CHOPMARK_ASSIGN(const std::string pin_file, service::text_of(place, "pin_file"));
    CHOPMARK_ASSIGN(std::string pin, read_secret_line(pin_file, bad_pin_file));
    options.pin = crypto::SecretBytes(std::move(pin));
    CHOPMARK_ASSIGN(auto store, keys::Pkcs11EpochStore::open(std::move(options), entropy));
    return std::unique_ptr<keys::EpochStore>(std::move(store));
}

bool is_token(const config::KeyConfig& keys) {
    return keys.epoch_keys == config::EpochKeys::pkcs11;
}

}  // namespace

Result<void> place_epoch_keys(const DataFolder& folder, const config::KeyConfig& keys) {
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(folder.epochs()));
    CHOPMARK_ASSIGN(const auto files, there.list());
    const bool fresh = std::ranges::all_of(files, keys::is_temporary);
    if (!is_token(keys) || !fresh) {
        return check_epoch_keys(folder, keys);
    }
    crypto::SystemEntropy entropy;
    CHOPMARK_ASSIGN(const auto token, open_token(place_of(keys), entropy));
    CHOPMARK_ASSIGN(const auto others, token->list());
    if (!others.empty()) {
        return Error(other_epoch_place, "the token has another node's keys under " +
                                            keys.pkcs11_key_label +
                                            "; give this node a label of its own");
    }
    return keys::replace(there, token_file, place_of(keys).dump(2) + "\n");
}

Result<void> check_epoch_keys(const DataFolder& folder, const config::KeyConfig& keys) {
    CHOPMARK_ASSIGN(const keys::DiskFolder there, keys::DiskFolder::open(folder.epochs()));
    CHOPMARK_ASSIGN(const Json place, read_place(there));
    if (is_token(keys) ? place == place_of(keys) : place.is_null()) {
        return {};
    }
    return Error(other_epoch_place,
                 place.is_null() ? "they lie in files" : "they are in " + place.dump());
}

Result<EpochKeys> open_epoch_keys(const DataFolder& folder, keys::Environment environment,
                                  Entropy& entropy) {
    EpochKeys out;
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(folder.epochs()));
    CHOPMARK_ASSIGN(const Json place, read_place(there));
    if (!place.is_null()) {
        CHOPMARK_ASSIGN(out.store, open_token(place, entropy));
        return out;
    }
    out.files = std::make_unique<keys::DiskFolder>(std::move(there));
    CHOPMARK_ASSIGN(auto store, keys::FileEpochStore::open(*out.files, entropy, environment));
    out.store = std::make_unique<keys::FileEpochStore>(std::move(store));
    return out;
}

}  // namespace chopmark::ops
