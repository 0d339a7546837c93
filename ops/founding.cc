#include "ops/founding.h"

#include "events/schema/genesis.pb.h"

namespace chopmark::ops {
namespace {

/// Unique, so that two sandboxes' receipts are never taken for one another's.
std::string draw_origin(keys::Environment environment, Entropy& entropy) {
    using Tail = OpaqueId<struct OriginTag, 8>;
    return std::string(keys::to_string(environment)) + ".chopmark.invalid/" +
           entropy.draw<Tail>().hex();
}

Result<keys::NodeIssuer> issuer_in(const DataFolder& folder, keys::Environment environment,
                                   Entropy& entropy, Instant at) {
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(folder.node_ca()));
    auto issuer = keys::NodeIssuer::load(there);
    if (issuer || !(issuer.error() == keys::no_file)) {
        return issuer;
    }
    const std::string name = "Chopmark " + std::string(keys::to_string(environment)) + " node CA";
    CHOPMARK_ASSIGN(keys::NodeIssuer made, keys::NodeIssuer::create(entropy, name, at));
    CHOPMARK_TRY(made.save(there));
    return made;
}

Result<void> node_in(const DataFolder& folder, const keys::NodeIssuer& issuer, Entropy& entropy,
                     Instant at) {
    CHOPMARK_ASSIGN(const keys::NodeCa ca,
                    keys::NodeCa::from_certificate(issuer.certificate().der()));
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(folder.node()));
    const auto node = keys::Node::load(there, ca, "");
    if (node) {
        return {};
    }
    if (!(node.error() == keys::no_file)) {
        return node.error();
    }
    CHOPMARK_ASSIGN(const keys::Node made, issuer.enrol(entropy, "", at));
    return made.save(there);
}

struct KeyParts {
    std::unique_ptr<keys::Folder> key_folder;
    EpochKeys epochs;
};

Result<KeyParts> key_parts(const DataFolder& folder, keys::Environment environment,
                           Entropy& entropy) {
    KeyParts out;
    CHOPMARK_ASSIGN(auto key_folder, keys::DiskFolder::open(folder.keys()));
    out.key_folder = std::make_unique<keys::DiskFolder>(std::move(key_folder));
    CHOPMARK_ASSIGN(out.epochs, open_epoch_keys(folder, environment, entropy));
    return out;
}

Result<keys::KeyCommitments> keys_in(const DataFolder& folder, keys::Environment environment,
                                     Entropy& entropy, Instant at) {
    CHOPMARK_ASSIGN(const KeyParts parts, key_parts(folder, environment, entropy));
    const auto made = keys::KeyRing::create({*parts.key_folder, *parts.epochs.store, entropy}, at);
    if (made) {
        return (*made)->commitments();
    }
    if (!(made.error() == keys::key_file_exists)) {
        return made.error();
    }
    // A founding was interrupted behind this step: its keys are as good as new ones.
    CHOPMARK_ASSIGN(const auto files, keys::list_key_files(*parts.key_folder));
    CHOPMARK_ASSIGN(const auto material,
                    keys::read_key_file(*parts.key_folder, *parts.epochs.store, files.back()));
    return keys::KeyCommitments{
        keys::commitment(keys::Root::slot, material.root(keys::Root::slot)),
        keys::commitment(keys::Root::card, material.root(keys::Root::card))};
}

/// Opening a folder would make it.
bool has_genesis_folder(const DataFolder& folder) {
    std::error_code ignored;
    return std::filesystem::is_directory(folder.genesis(), ignored);
}

}  // namespace

bool is_founded(const DataFolder& folder) { return read_genesis(folder).has_value(); }

Result<keys::Genesis> read_genesis(const DataFolder& folder) {
    if (!has_genesis_folder(folder)) {
        return Error(keys::no_genesis, folder.root().string());
    }
    CHOPMARK_ASSIGN(const auto there, keys::DiskFolder::open(folder.genesis()));
    return keys::open_genesis(there);
}

Result<Founded> found_data_folder(const DataFolder& folder, keys::Environment environment,
                                  std::uint16_t partitions, const crypto::P256Point& first_operator,
                                  const Clock& clock, Entropy& entropy) {
    CHOPMARK_TRY(keys::require_sandbox(environment, "a node CA in files"));
    CHOPMARK_TRY(keys::DiskFolder::open(folder.root()));
    CHOPMARK_ASSIGN(keys::DiskFolder there, keys::DiskFolder::open(folder.genesis()));
    auto known = keys::open_genesis(there);
    if (known) {
        const keys::GenesisFacts& facts = known->facts();
        if (facts.environment != environment || facts.partitions != partitions ||
            facts.first_operator != first_operator) {
            return other_deployment;
        }
        return Founded{std::move(*known), false};
    }
    if (!(known.error() == keys::no_genesis)) {
        return known.error();
    }
    const Instant at = clock.now();
    CHOPMARK_ASSIGN(const auto issuer, issuer_in(folder, environment, entropy, at));
    CHOPMARK_TRY(node_in(folder, issuer, entropy, at));
    CHOPMARK_ASSIGN(const auto commitments, keys_in(folder, environment, entropy, at));
    CHOPMARK_ASSIGN(
        keys::Genesis genesis,
        keys::Genesis::make({environment, partitions, draw_origin(environment, entropy),
                             Bytes(issuer.certificate().der()), commitments, first_operator, at}));
    CHOPMARK_TRY(keys::create_genesis(there, genesis));
    return Founded{std::move(genesis), true};
}

journal::Founding Opened::founding() const {
    return {genesis.hash(), genesis.document(), genesis.facts().partitions};
}

Result<Opened> open_data_folder(const DataFolder& folder, std::string endpoint, Entropy& entropy) {
    CHOPMARK_ASSIGN(keys::Genesis genesis, read_genesis(folder));
    const keys::GenesisFacts& facts = genesis.facts();
    CHOPMARK_ASSIGN(auto ca, keys::NodeCa::from_certificate(facts.node_ca_certificate));
    auto held_ca = std::make_unique<const keys::NodeCa>(std::move(ca));
    CHOPMARK_ASSIGN(const auto node_folder, keys::DiskFolder::open(folder.node()));
    CHOPMARK_ASSIGN(auto node, keys::Node::load(node_folder, *held_ca, std::move(endpoint)));
    CHOPMARK_ASSIGN(KeyParts parts, key_parts(folder, facts.environment, entropy));
    CHOPMARK_ASSIGN(
        auto ring,
        keys::KeyRing::open({*parts.key_folder, *parts.epochs.store, entropy}, facts.commitments));
    return Opened{std::move(genesis),
                  std::move(held_ca),
                  std::make_unique<const keys::Node>(std::move(node)),
                  std::move(parts.key_folder),
                  std::move(parts.epochs),
                  std::move(ring)};
}

}  // namespace chopmark::ops
