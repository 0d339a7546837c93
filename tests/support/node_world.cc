#include "tests/support/node_world.h"

#include <fstream>

#include "events/core/ensure.h"

namespace chopmark::test {

NodeDeployment::NodeDeployment(const std::string& name) {
    const Instant yesterday = SystemClock().now() - std::chrono::hours(24);
    auto issuer = keys::NodeIssuer::create(entropy_, name, yesterday);
    ensure(issuer.has_value(), "a CA");
    issuer_.emplace(*std::move(issuer));
    auto authority = keys::NodeCa::from_certificate(issuer_->certificate().der());
    ensure(authority.has_value(), "its certificate");
    authority_.emplace(*std::move(authority));
    std::ofstream(authority_file()) << issuer_->certificate().pem();
}

EnrolledNode NodeDeployment::enrol(const std::string& name) {
    const Instant yesterday = SystemClock().now() - std::chrono::hours(24);
    const auto node = issuer_->enrol(entropy_, "", yesterday);
    ensure(node.has_value(), "a node");
    const auto place = folder_.path() / name;
    auto folder = keys::DiskFolder::open(place);
    ensure(folder.has_value() && node->save(*folder).has_value(), "its folder");
    return {node->node(),
            Bytes(node->certificate()),
            {place / "node.pem", place / "node.key", authority_file()}};
}

void SetRoutes::set_owner(PartitionId partition, node::Owner owner) {
    const std::lock_guard lock(mutex_);
    owners_[partition] = std::move(owner);
}

void SetRoutes::set_all(const node::Owner& owner) {
    for (std::uint16_t number = 0; number <= partitions_; ++number) {
        set_owner(PartitionId(number), owner);
    }
}

void SetRoutes::add_desk(const node::Peer& peer) {
    const std::lock_guard lock(mutex_);
    desks_.push_back(peer);
}

node::Owner SetRoutes::owner(PartitionId partition) const {
    const std::lock_guard lock(mutex_);
    const auto known = owners_.find(partition);
    return known == owners_.end() ? node::Owner(node::NoOwner()) : known->second;
}

std::vector<node::Peer> SetRoutes::numbered(std::uint16_t number) const {
    const std::lock_guard lock(mutex_);
    std::vector<node::Peer> out;
    for (const node::Peer& peer : desks_) {
        if (node::number_of(peer.node) == number) {
            out.push_back(peer);
        }
    }
    return out;
}

}  // namespace chopmark::test
