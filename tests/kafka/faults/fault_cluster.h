// The deployment that the fault suite hurts: three brokers, several nodes, the key port that they
// share, and a proxy in every link between them. All of it on loopback, in one folder, on the ports
// from a base on; gone with the object. A link is named as in `broker_link` and `peer_link`. For
// one thread, but for what is const.
#pragma once

#include "events/crypto/system_entropy.h"
#include "ops/config/config.h"
#include "ops/sandbox/staff.h"
#include "tests/kafka/faults/fault_brokers.h"
#include "tests/kafka/faults/fault_node.h"
#include "tests/kafka/faults/link_proxy.h"
#include "tests/support/service_offices.h"

namespace chopmark::test {

class FaultCluster {
  public:
    static constexpr std::uint16_t partitions = 4;
    static constexpr unsigned nodes_at_most = 3;

    struct Options {
        std::filesystem::path folder;
        int ports = 0;  // of sixty
        unsigned nodes = nodes_at_most;
    };

    /// Founds it and starts it; every node is ready, and the online services are approved.
    static Result<std::unique_ptr<FaultCluster>> start(const Options& options);
    ~FaultCluster();

    [[nodiscard]] unsigned count() const { return static_cast<unsigned>(nodes_.size()); }
    [[nodiscard]] FaultNode& node(unsigned number) { return *nodes_.at(number); }
    [[nodiscard]] FaultBrokers& brokers() { return *brokers_; }
    [[nodiscard]] LinkProxy& links() { return *links_; }
    [[nodiscard]] const ServiceOffices& offices() const { return offices_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return options_.folder; }
    [[nodiscard]] const std::string& topic() const { return topic_; }

    /// Where that broker keeps everything, a file system of its own in memory; empty: the system
    /// does not let us mount one. It is seen by this process and its children, and gone with them.
    static constexpr int small_disk_broker = 1;
    [[nodiscard]] const std::filesystem::path& small_disk() const { return small_disk_; }

    /// From a node to a broker.
    [[nodiscard]] static std::string broker_link(unsigned node, int broker);
    /// From every other node to this one.
    [[nodiscard]] static std::string peer_link(unsigned node);

    /// A node's configuration file is written anew: what a fault wants otherwise.
    struct Changed {
        std::string group;  // empty: the one of all
        bool restore_from_mirror = false;
    };
    Result<void> configure(unsigned node, const Changed& changed);
    [[nodiscard]] Result<config::Config> config(unsigned node) const;
    Result<void> make_topics();

    /// Starts every node that does not run, and waits until all are ready and every replica of
    /// every topic has caught up. A node that left by itself is a failure.
    Result<void> whole(std::chrono::seconds patience);
    /// The node that owns a partition; nothing if nobody does.
    [[nodiscard]] std::optional<unsigned> owner_of(int partition) const;
    /// Speaks to that node's admin gateway as the operator who was there first.
    Result<sandbox::StaffClient> operator_at(unsigned node);

  private:
    explicit FaultCluster(const Options& options);
    Result<void> found();
    void mount_small_disk();
    Result<void> connect();
    Result<void> start_key_port();
    Result<void> admit();
    [[nodiscard]] int ports_of(unsigned node) const;
    [[nodiscard]] std::string brokers_of(unsigned node) const;

    const Options options_;
    crypto::SystemEntropy entropy_;
    std::string topic_;
    std::filesystem::path small_disk_;
    std::string deployment_;
    std::string key_port_node_;
    std::optional<FaultBrokers> brokers_;
    std::unique_ptr<LinkProxy> links_;
    std::optional<sandbox::Child> key_port_;
    std::vector<std::unique_ptr<FaultNode>> nodes_;
    ServiceOffices offices_;
};

}  // namespace chopmark::test
