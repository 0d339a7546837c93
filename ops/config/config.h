// What an operator decides about one node: plain values, grouped by the part they are for. The
// member initialisers are the defaults, and settings.cc says of each its key, bounds and
// consequence. Nothing here is a secret: secrets lie in files of their own, and these name them.
#pragma once

#include <cstdint>
#include <string>

#include "events/core/instant.h"
#include "ops/telemetry/log.h"
#include "ops/threads.h"

namespace chopmark::config {

enum class Environment : std::uint8_t { production, integration, sandbox };
enum class BackEnd : std::uint8_t { embedded, memory };
enum class EpochKeys : std::uint8_t { file, pkcs11 };

struct NodeConfig {
    std::string name = "node-1";
    std::string data = "chopmark-data";
    Environment environment = Environment::sandbox;
};

struct JournalConfig {
    BackEnd back_end = BackEnd::embedded;
    std::uint16_t partitions = 16;
};

struct KeyConfig {
    EpochKeys epoch_keys = EpochKeys::file;
    std::string pkcs11_module = "/usr/lib/softhsm/libsofthsm2.so";
    std::string pkcs11_token = "chopmark";
    std::string pkcs11_pin_file;
    std::string pkcs11_key_label = "chopmark-epoch";
};

/// PEM files. All empty: no TLS.
struct TlsConfig {
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file;
};

/// One listening address.
struct GatewayConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string origin = {};
    TlsConfig tls = {};
    bool clear_text = false;
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
    KeyConfig keys;
    GatewayConfig rp{.port = 8101};
    GatewayConfig app{.port = 8102};
    GatewayConfig channel{.port = 8103};
    GatewayConfig audit{.port = 8104};
    GatewayConfig security{.port = 8105};
    GatewayConfig admin{.port = 8106};
    PartyConfig immigration;
    PartyConfig face_matcher;
    PartyConfig certification;
    PartyConfig push;
    telemetry::LogOptions log;
    bool metrics = true;
};

}  // namespace chopmark::config
