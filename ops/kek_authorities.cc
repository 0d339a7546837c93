#include "ops/kek_authorities.h"

#include <fstream>

#include "events/keys/folder.h"
#include "events/schema/genesis.pb.h"
#include "ops/config/read.h"

namespace chopmark::ops {
namespace {

constexpr std::size_t authorities_bytes = 1 << 20;
constexpr std::size_t revocations_bytes = 32 << 20;

Error refused(const char* setting, const std::string& path, const std::string& why) {
    return Error(config::refused, std::string(setting) + ": " + path + ": " + why);
}

/// One byte more than `most` for a file that is longer; empty for one that cannot be read.
std::string read_at_most(const std::string& path, std::size_t most) {
    std::ifstream file(path, std::ios::binary);
    std::string text(most + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

Result<std::vector<crypto::Certificate>> read_authorities(const std::string& path) {
    constexpr auto setting = "relying_parties.kek_authorities_file";
    const std::string text = read_at_most(path, authorities_bytes);
    if (text.size() > authorities_bytes) {
        return refused(setting, path, "longer than 1 MiB");
    }
    auto all = crypto::Certificate::all_from_pem(text, admin::kek_authorities_at_most);
    if (!all) {
        return refused(setting, path, all.error().detail);
    }
    for (const crypto::Certificate& one : *all) {
        if (!one.is_authority()) {
            return refused(setting, path, one.common_name() + " is no authority");
        }
    }
    return all;
}

Result<crypto::RevocationLists> read_revocations(const std::string& path) {
    constexpr auto setting = "relying_parties.kek_revocations_file";
    const std::string file = read_at_most(path, revocations_bytes);
    if (file.size() > revocations_bytes) {
        return refused(setting, path, "longer than 32 MiB");
    }
    auto lists = crypto::RevocationLists::read(file, admin::kek_revocations_at_most);
    return lists ? std::move(lists) : refused(setting, path, lists.error().detail);
}

/// The sandbox's own, if it has one.
Result<std::vector<crypto::Certificate>> own_authority(const DataFolder& folder) {
    std::vector<crypto::Certificate> own;
    if (std::filesystem::exists(folder.sandbox_ca() / "ca.crt")) {
        CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(folder.sandbox_ca()));
        CHOPMARK_ASSIGN(const Bytes der, there.read("ca.crt"));
        CHOPMARK_ASSIGN(auto authority, crypto::Certificate::parse(der));
        own.push_back(std::move(authority));
    }
    return own;
}

}  // namespace

Result<admin::KekTrust> read_kek_trust(const config::Config& config, keys::Environment environment,
                                       const DataFolder& folder) {
    const auto& [authorities_file, revocations_file] = config.relying_parties;
    admin::KekTrust trust;
    if (!authorities_file.empty()) {
        CHOPMARK_ASSIGN(trust.authorities, read_authorities(authorities_file));
    } else if (environment == schema::SANDBOX) {
        CHOPMARK_ASSIGN(trust.authorities, own_authority(folder));
    }
    if (!revocations_file.empty()) {
        CHOPMARK_ASSIGN(trust.revocations, read_revocations(revocations_file));
    }
    return trust;
}

}  // namespace chopmark::ops
