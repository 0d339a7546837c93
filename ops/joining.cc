#include "ops/joining.h"

#include "ops/founding.h"

namespace chopmark::ops {
namespace {

const std::string request_name = "node.request";
const std::string certificate_name = "node.pem";

}  // namespace

Result<Bytes> ask_to_join(const DataFolder& newcomer, const std::string& name, Entropy& entropy) {
    CHOPMARK_TRY(keys::DiskFolder::open(newcomer.root()));
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(newcomer.node()));
    return keys::request_certificate(there, entropy, name);
}

Result<crypto::Certificate> certify_node(const DataFolder& authority, ByteView request,
                                         const Clock& clock, Entropy& entropy) {
    CHOPMARK_ASSIGN(const keys::NodeRequest asked, keys::read_node_request(request));
    CHOPMARK_ASSIGN(const keys::Genesis genesis, read_genesis(authority));
    CHOPMARK_TRY(keys::require_sandbox(genesis.facts().environment, "a node CA in files"));
    CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(authority.node_ca()));
    CHOPMARK_ASSIGN(const keys::NodeIssuer issuer, keys::NodeIssuer::load(there));
    return issuer.issue(entropy, asked.node, asked.public_key, clock.now());
}

Result<NodeId> keep_certificate(const DataFolder& newcomer, const crypto::Certificate& authority,
                                const crypto::Certificate& certificate) {
    CHOPMARK_ASSIGN(const keys::NodeCa ca, keys::NodeCa::from_certificate(authority.der()));
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(newcomer.node()));
    CHOPMARK_TRY(keys::accept_certificate(there, ca, certificate));
    CHOPMARK_ASSIGN(const keys::Node node, keys::Node::load(there, ca, ""));
    return node.node();
}

Result<Bytes> hand_over_keys(const DataFolder& giver, ByteView request,
                             const crypto::Certificate& certificate, keys::Share share,
                             Entropy& entropy) {
    CHOPMARK_ASSIGN(const keys::Genesis genesis, read_genesis(giver));
    CHOPMARK_ASSIGN(const keys::NodeCa ca,
                    keys::NodeCa::from_certificate(genesis.facts().node_ca_certificate));
    CHOPMARK_ASSIGN(const auto node_folder, keys::DiskFolder::open(giver.node()));
    CHOPMARK_ASSIGN(const keys::Node node, keys::Node::load(node_folder, ca, ""));
    CHOPMARK_ASSIGN(const auto key_folder, keys::DiskFolder::open(giver.keys()));
    CHOPMARK_ASSIGN(const EpochKeys epochs,
                    open_epoch_keys(giver, genesis.facts().environment, entropy));
    CHOPMARK_ASSIGN(const auto material, keys::read_newest_material(key_folder, *epochs.store));
    return keys::hand_over({genesis, node, material}, request, certificate, share, entropy);
}

Result<keys::Share> take_over_keys(const DataFolder& newcomer, ByteView package, Entropy& entropy) {
    CHOPMARK_ASSIGN(const keys::Genesis genesis, keys::genesis_in(package));
    CHOPMARK_ASSIGN(keys::DiskFolder genesis_folder, keys::DiskFolder::open(newcomer.genesis()));
    CHOPMARK_ASSIGN(keys::DiskFolder node_folder, keys::DiskFolder::open(newcomer.node()));
    CHOPMARK_ASSIGN(keys::DiskFolder key_folder, keys::DiskFolder::open(newcomer.keys()));
    CHOPMARK_ASSIGN(const EpochKeys epochs,
                    open_epoch_keys(newcomer, genesis.facts().environment, entropy));
    return keys::take_over({genesis_folder, node_folder, key_folder, *epochs.store, entropy},
                           package);
}

Result<JoiningNode> read_joining_node(const DataFolder& newcomer) {
    CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(newcomer.node()));
    CHOPMARK_ASSIGN(const Bytes pem, there.read(certificate_name));
    CHOPMARK_ASSIGN(auto certificate, crypto::Certificate::from_pem(pem));
    const auto node = NodeId::from_hex(certificate.common_name());
    if (!node) {
        return Error(keys::bad_node, "a certificate that names no node");
    }
    auto request = there.read(request_name);
    if (!request && !(request.error() == keys::no_file)) {
        return request.error();
    }
    // The first node of a deployment never asked.
    return JoiningNode{*node, std::move(certificate), request ? *std::move(request) : Bytes()};
}

Result<crypto::Certificate> node_authority(const DataFolder& founded) {
    CHOPMARK_ASSIGN(const keys::Genesis genesis, read_genesis(founded));
    return crypto::Certificate::parse(genesis.facts().node_ca_certificate);
}

}  // namespace chopmark::ops
