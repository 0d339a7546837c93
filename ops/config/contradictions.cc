#include <arpa/inet.h>

#include <array>
#include <string_view>

#include "ops/config/read.h"

namespace chopmark::config {
namespace {

bool is_loopback(const std::string& address) {
    std::array<unsigned char, 16> v6{};
    return address.starts_with("127.") ||
           (inet_pton(AF_INET6, address.c_str(), v6.data()) == 1 &&
            v6 == std::array<unsigned char, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

void judge_gateway(std::vector<std::string>& out, const std::string& key,
                   const GatewayConfig& gateway, bool production) {
    const TlsConfig& tls = gateway.tls;
    if (tls.certificate_file.empty() != tls.key_file.empty()) {
        out.push_back(key + ".tls needs both certificate_file and key_file, or neither");
    }
    if (!tls.client_ca_file.empty() && tls.certificate_file.empty()) {
        out.push_back(key + ".tls.client_ca_file needs certificate_file");
    }
    if (tls.certificate_file.empty() && !is_loopback(gateway.address) && !gateway.clear_text) {
        out.push_back(key + ".address is beyond loopback: it needs tls, or clear_text = true");
    }
    if (production && gateway.clear_text) {
        out.push_back(key + ".clear_text is refused in production");
    }
}

void judge_party(std::vector<std::string>& out, const std::string& key, const PartyConfig& party,
                 bool sandbox) {
    if (party.url.empty() && !sandbox) {
        out.push_back(key + ".url is needed: only a sandbox plays outside parties");
    }
    if (party.certificate_file.empty() != party.key_file.empty()) {
        out.push_back(key + " needs both certificate_file and key_file, or neither");
    }
    if (!party.url.empty() && !sandbox && party.certificate_file.empty()) {
        out.push_back(key + ".certificate_file is needed: outside parties know us by it");
    }
}

}  // namespace

std::vector<std::string> contradictions(const Config& config) {
    std::vector<std::string> out;
    const bool sandbox = config.node.environment == Environment::sandbox;
    const bool production = config.node.environment == Environment::production;
    if (config.journal.back_end == BackEnd::memory && !sandbox) {
        out.emplace_back("journal.back_end = \"memory\" is for the sandbox only");
    }
    if (config.keys.epoch_keys == EpochKeys::file && !sandbox) {
        out.emplace_back("keys.epoch_keys = \"file\" is for the sandbox only");
    }
    if (config.keys.epoch_keys == EpochKeys::pkcs11 &&
        (config.keys.pkcs11_module.empty() || config.keys.pkcs11_token.empty() ||
         config.keys.pkcs11_pin_file.empty())) {
        out.emplace_back("keys.pkcs11 needs module, token and pin_file");
    }
    judge_gateway(out, "gateways.rp", config.rp, production);
    judge_gateway(out, "gateways.app", config.app, production);
    judge_gateway(out, "gateways.channel", config.channel, production);
    judge_gateway(out, "gateways.audit", config.audit, production);
    judge_gateway(out, "gateways.security", config.security, production);
    judge_gateway(out, "gateways.admin", config.admin, production);
    judge_party(out, "outside.immigration", config.immigration, sandbox);
    judge_party(out, "outside.face_matcher", config.face_matcher, sandbox);
    judge_party(out, "outside.certification", config.certification, sandbox);
    judge_party(out, "outside.push", config.push, sandbox);
    return out;
}

}  // namespace chopmark::config
