#include "ops/kek_authorities.h"

#include <fstream>

#include "events/keys/folder.h"
#include "events/schema/genesis.pb.h"
#include "ops/config/read.h"

namespace chopmark::ops {
namespace {

constexpr std::size_t file_bytes = 1 << 20;

Result<std::vector<crypto::Certificate>> read_authorities(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(file_bytes, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    auto all = crypto::Certificate::all_from_pem(text, admin::kek_authorities_at_most);
    if (!all) {
        return Error(config::refused,
                     "relying_parties.kek_authorities_file: " + path + ": " + all.error().detail);
    }
    for (const crypto::Certificate& one : *all) {
        if (!one.is_authority()) {
            return Error(config::refused, "relying_parties.kek_authorities_file: " + path + ": " +
                                              one.common_name() + " is no authority");
        }
    }
    return all;
}

}  // namespace

Result<admin::KekAuthorities> open_kek_authorities(const config::Config& config,
                                                   keys::Environment environment,
                                                   const DataFolder& folder) {
    if (!config.relying_parties.kek_authorities_file.empty()) {
        CHOPMARK_ASSIGN(auto all, read_authorities(config.relying_parties.kek_authorities_file));
        return admin::KekAuthorities(std::move(all));
    }
    std::vector<crypto::Certificate> own;
    if (environment == schema::SANDBOX && std::filesystem::exists(folder.sandbox_ca() / "ca.crt")) {
        CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(folder.sandbox_ca()));
        CHOPMARK_ASSIGN(const Bytes der, there.read("ca.crt"));
        CHOPMARK_ASSIGN(auto authority, crypto::Certificate::parse(der));
        own.push_back(std::move(authority));
    }
    return admin::KekAuthorities(std::move(own));
}

}  // namespace chopmark::ops
