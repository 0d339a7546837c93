#include "ops/keyport_server.h"

#include "events/keys/local_key_port.h"
#include "events/keys/local_passwords.h"
#include "events/keys/node_enrolment.h"
#include "gateways/http/front.h"
#include "ops/founding.h"
#include "ops/keyport_files.h"

namespace chopmark::ops {

struct KeyPortServer::Parts {
    Parts(keys::NodeCa ca, const Options& options, std::unique_ptr<keys::SecretRows> opened)
        : authority(std::move(ca)),
          authorizer(authority, options.refused),
          rows(std::move(opened)),
          ready({.capacity = options.ready_keys}),
          signing_keys(*rows, ready),
          passwords(*rows) {}

    const keys::NodeCa authority;
    keyport::NodeAuthorizer authorizer;
    const std::unique_ptr<keys::SecretRows> rows;
    keys::RsaKeyPool ready;
    keys::LocalKeyPort signing_keys;
    keys::LocalPasswords passwords;
    NodeId node;
    std::unique_ptr<http::Front> front;  // last: it ends first
};

namespace {

Result<std::unique_ptr<keys::SecretRows>> open_rows(const DataFolder& folder,
                                                    const keys::Genesis& genesis,
                                                    Entropy& entropy) {
    CHOPMARK_ASSIGN(keys::DiskFolder key_folder, keys::DiskFolder::open(folder.keys()));
    CHOPMARK_ASSIGN(const EpochKeys epochs,
                    open_epoch_keys(folder, genesis.facts().environment, entropy));
    CHOPMARK_ASSIGN(const auto storage_key, keys::read_storage_key(key_folder, *epochs.store));
    CHOPMARK_ASSIGN(auto rows, keys::RocksSecretRows::open(folder.secrets(), storage_key, entropy));
    return std::unique_ptr<keys::SecretRows>(std::move(rows));
}

}  // namespace

KeyPortServer::KeyPortServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

KeyPortServer::~KeyPortServer() = default;

Result<std::unique_ptr<KeyPortServer>> KeyPortServer::start(const DataFolder& folder,
                                                            const Options& options,
                                                            const Clock& clock, Entropy& entropy) {
    CHOPMARK_ASSIGN(const keys::Genesis genesis, read_genesis(folder));
    CHOPMARK_ASSIGN(auto ca, keys::NodeCa::from_certificate(genesis.facts().node_ca_certificate));
    CHOPMARK_ASSIGN(const auto node_folder, keys::DiskFolder::open(folder.node()));
    CHOPMARK_ASSIGN(const keys::Node node, keys::Node::load(node_folder, ca, ""));
    CHOPMARK_ASSIGN(const auto files, node_files(folder, genesis));
    CHOPMARK_ASSIGN(auto rows, open_rows(folder, genesis, entropy));
    auto parts = std::make_unique<Parts>(std::move(ca), options, std::move(rows));
    parts->node = node.node();
    CHOPMARK_ASSIGN(
        auto table,
        http::RouteTable::build(keyport::key_port_rows({parts->signing_keys, parts->passwords})));
    CHOPMARK_ASSIGN(parts->front, http::Front::start(
                                      std::move(table),
                                      keyport::key_port_front(files, options.address, options.port),
                                      {entropy, clock, &parts->authorizer, options.log}));
    return std::unique_ptr<KeyPortServer>(new KeyPortServer(std::move(parts)));
}

NodeId KeyPortServer::node() const { return parts_->node; }

std::uint16_t KeyPortServer::port() const { return parts_->front->port(); }

bool KeyPortServer::drain(Duration within) { return parts_->front->drain(within); }

}  // namespace chopmark::ops
