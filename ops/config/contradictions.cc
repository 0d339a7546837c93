#include <set>

#include "gateways/http/listen_policy.h"
#include "ops/config/read.h"

namespace chopmark::config {
namespace {

void judge_gateway(std::vector<std::string>& out, const std::string& key,
                   const GatewayConfig& gateway, bool production) {
    if (const auto checked = http::check_listen(gateway.listen); !checked) {
        out.push_back(key + ": " + to_string(checked.error()));
    }
    if (production && gateway.listen.allow_clear_text_off_loopback) {
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

void judge_kafka(std::vector<std::string>& out, const Config& config) {
    const KafkaConfig& kafka = config.kafka;
    if (kafka.brokers.empty()) {
        out.emplace_back("kafka.brokers is needed: journal.back_end is \"kafka\"");
    }
    if (kafka.min_insync > kafka.replication) {
        out.emplace_back("kafka.min_insync is more than kafka.replication");
    }
    std::set<std::string> topics;
    for (const std::string* topic : {&kafka.topic, &kafka.ownership_topic, &kafka.public_topic,
                                     &kafka.alert_topic, &kafka.alert_state_topic}) {
        if (!topic->empty() && !topics.insert(*topic).second) {
            out.push_back("kafka needs a topic of its own for each purpose, not " + *topic +
                          " twice");
        }
    }
    if (3 * kafka.heartbeat > kafka.session) {
        out.emplace_back("kafka.heartbeat is more than a third of kafka.session");
    }
    if (kafka.certificate_file.empty() != kafka.key_file.empty()) {
        out.emplace_back("kafka needs both certificate_file and key_file, or neither");
    }
    if (kafka.wire == Wire::clear && !kafka.certificate_file.empty()) {
        out.emplace_back("kafka.certificate_file needs kafka.wire = \"tls\"");
    }
    if (kafka.login != Login::none && (kafka.user.empty() || kafka.password_file.empty())) {
        out.emplace_back("kafka.login needs user and password_file");
    }
    if (config.node.environment == Environment::production) {
        if (kafka.wire == Wire::clear) {
            out.emplace_back("kafka.wire = \"clear\" is refused in production");
        }
        if (kafka.replication < 3 || kafka.min_insync < 2) {
            out.emplace_back(
                "kafka.replication below 3 and min_insync below 2 are refused in "
                "production");
        }
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
    if (config.journal.back_end == BackEnd::kafka) {
        judge_kafka(out, config);
    }
    if (config.keys.epoch_keys == EpochKeys::file && !sandbox) {
        out.emplace_back("keys.epoch_keys = \"file\" is for the sandbox only");
    }
    if (config.keys.epoch_keys == EpochKeys::pkcs11 &&
        (config.keys.pkcs11_module.empty() || config.keys.pkcs11_token.empty() ||
         config.keys.pkcs11_pin_file.empty())) {
        out.emplace_back("keys.pkcs11 needs module, token and pin_file");
    }
    if (config.keyport.address.empty() != config.keyport.node.empty()) {
        out.emplace_back("keyport needs both address and node, or neither");
    }
    if (config.relying_parties.kek_authorities_file.empty() && !sandbox) {
        out.emplace_back(
            "relying_parties.kek_authorities_file is needed: a KEK comes in a certificate");
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
