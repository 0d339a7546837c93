// Nodes of one deployment for tests: a CA, certificates in files as a node has them, listeners on
// loopback with real mutual TLS, and routes that the test sets.
#pragma once

#include <future>
#include <map>
#include <mutex>

#include "events/keys/node_ca.h"
#include "gateways/node/node_client.h"
#include "gateways/node/node_routes.h"
#include "tests/support/http_front.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::test {

/// A node's certificate and key, in files, beside its CA's certificate.
struct EnrolledNode {
    NodeId id;
    Bytes certificate;
    http::NodeFiles files;
};

/// A deployment's CA; its certificates are good now, by the machine's clock.
class NodeDeployment {
  public:
    explicit NodeDeployment(const std::string& name);
    EnrolledNode enrol(const std::string& name);
    [[nodiscard]] const keys::NodeCa& authority() const { return *authority_; }
    [[nodiscard]] std::string authority_file() const { return folder_.path() / "ca.pem"; }

  private:
    ScratchFolder folder_;
    crypto::SystemEntropy entropy_;
    std::optional<keys::NodeIssuer> issuer_;
    std::optional<keys::NodeCa> authority_;
};

/// Says what the test has set; safe from any thread.
class SetRoutes final : public node::Routes {
  public:
    explicit SetRoutes(std::uint16_t partitions) : partitions_(partitions) {}

    void set_owner(PartitionId partition, node::Owner owner);
    void set_all(const node::Owner& owner);
    void add_desk(const node::Peer& peer);

    [[nodiscard]] node::Owner owner(PartitionId partition) const override;
    [[nodiscard]] std::vector<node::Peer> numbered(std::uint16_t number) const override;
    [[nodiscard]] std::uint16_t partitions() const override { return partitions_; }

  private:
    const std::uint16_t partitions_;
    mutable std::mutex mutex_;
    std::map<PartitionId, node::Owner> owners_;
    std::vector<node::Peer> desks_;
};

/// A node's listener for its peers.
struct NodeListener {
    NodeListener(const EnrolledNode& node, const node::NodePorts& ports,
                 http::Authorizer& authorizer)
        : id(node.id),
          front(node::node_routes(ports), http::peer_front(node.files, "127.0.0.1", 0),
                &authorizer) {}
    [[nodiscard]] node::Peer peer() const {
        return {id, "127.0.0.1:" + std::to_string(front.port())};
    }

    NodeId id;
    http_test::TestFront front;
};

/// What a callback is told, waited for; 20 s at most.
template <class T>
class Awaited {
  public:
    std::function<void(Result<T>)> callback() {
        return [promise = promise_](Result<T> value) { promise->set_value(std::move(value)); };
    }
    Result<T> get() {
        auto future = promise_->get_future();
        if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
            return Error(Reason{"test.no_answer", Kind::internal});
        }
        return future.get();
    }

  private:
    std::shared_ptr<std::promise<Result<T>>> promise_ = std::make_shared<std::promise<Result<T>>>();
};

}  // namespace chopmark::test
