// What an operator decides about one node: plain values, grouped by the part they are for. The
// member initialisers are the defaults, and settings.cc says of each its key, bounds and
// consequence. Nothing here is a secret: secrets lie in files of their own, and these name them.
#pragma once

#include <cstdint>
#include <string>

#include "events/core/instant.h"
#include "gateways/http/options.h"
#include "ops/telemetry/log.h"
#include "ops/threads.h"

namespace chopmark::config {

enum class Environment : std::uint8_t { production, integration, sandbox };
enum class BackEnd : std::uint8_t { embedded, memory, kafka };
enum class EpochKeys : std::uint8_t { file, pkcs11 };
/// How a broker is spoken to.
enum class Wire : std::uint8_t { clear, tls };
/// How a broker is told who we are, besides a certificate.
enum class Login : std::uint8_t { none, scram_sha_256, scram_sha_512 };

struct NodeConfig {
    std::string name = "node-1";
    std::string data = "chopmark-data";
    Environment environment = Environment::sandbox;
    /// Where this node listens for others, and how they reach it; empty: address and port.
    std::string peer_address = "127.0.0.1";
    std::uint16_t peer_port = 8107;
    std::string endpoint;
};

struct JournalConfig {
    BackEnd back_end = BackEnd::embedded;
    std::uint16_t partitions = 16;
};

/// The cluster of the journal, for journal.back_end = "kafka".
struct KafkaConfig {
    std::string brokers;
    std::string client_id = "chopmark";
    std::string topic = "chopmark.journal";
    std::string ownership_topic = "chopmark.ownership";
    std::string group = "chopmark.owners";
    /// For readers outside; empty: nothing is published there.
    std::string public_topic = "chopmark.public";
    std::string alert_topic = "chopmark.alerts";
    std::string alert_state_topic = "chopmark.alert-state";
    std::size_t replication = 3;
    std::size_t min_insync = 2;
    Duration session = std::chrono::seconds(6);
    Duration heartbeat = std::chrono::milliseconds(500);
    bool restore_from_mirror = false;
    Wire wire = Wire::clear;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    Login login = Login::none;
    std::string user;
    std::string password_file;
};

struct KeyConfig {
    EpochKeys epoch_keys = EpochKeys::file;
    std::string pkcs11_module = "/usr/lib/softhsm/libsofthsm2.so";
    std::string pkcs11_token = "chopmark";
    std::string pkcs11_pin_file;
    std::string pkcs11_key_label = "chopmark-epoch";
};

/// The process that has the citizens' signing keys and passwords; empty: this node has them itself.
struct KeyPortConfig {
    std::string address;
    std::string node;
};

/// One listening address, and how it is written for those outside.
struct GatewayConfig {
    http::ListenOptions listen;
    std::string origin;

    static GatewayConfig at_port(std::uint16_t port) {
        GatewayConfig gateway;
        gateway.listen.port = port;
        return gateway;
    }
};

/// What their registration is held to.
struct RelyingPartyConfig {
    std::string kek_authorities_file;
    std::string kek_revocations_file;
};

/// One party outside, spoken to over HTTPS; an empty url means that the sandbox plays it.
struct PartyConfig {
    std::string url;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    Duration timeout = std::chrono::seconds(5);
    std::uint32_t attempts = 3;
};

struct Config {
    NodeConfig node;
    ops::ThreadsOptions threads;
    JournalConfig journal;
    KafkaConfig kafka;
    KeyConfig keys;
    KeyPortConfig keyport;
    GatewayConfig rp = GatewayConfig::at_port(8101);
    GatewayConfig app = GatewayConfig::at_port(8102);
    GatewayConfig channel = GatewayConfig::at_port(8103);
    GatewayConfig audit = GatewayConfig::at_port(8104);
    GatewayConfig security = GatewayConfig::at_port(8105);
    GatewayConfig admin = GatewayConfig::at_port(8106);
    http::FrontOptions front;  // of every gateway, but for `listen`
    PartyConfig immigration;
    PartyConfig face_matcher;
    PartyConfig certification;
    PartyConfig push;
    RelyingPartyConfig relying_parties;
    telemetry::LogOptions log;
    bool metrics = true;
};

}  // namespace chopmark::config
