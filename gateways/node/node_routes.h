// What a node does for its peers: decides commands of partitions that it owns, shows states as its
// executors have them, scans QR codes that it drew, and says what its mirror has. A listener of its
// own with mutual TLS by the genesis CA; the body of every call and answer is
// aggregates/runtime/command_wire.h. The rows hold the local service, never the routed one: what
// was forwarded once can go no further, and what this node does not own is executor.not_serving.
#pragma once

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "events/journal/peer_tails.h"
#include "events/keys/node_ca.h"
#include "gateways/http/options.h"
#include "gateways/http/route.h"
#include "gateways/node/routes.h"
#include "gateways/service/login_desk.h"

namespace chopmark::node {

inline constexpr const char* command_path = "/node/v1/command";
inline constexpr const char* look_path = "/node/v1/look";
inline constexpr const char* look_card_path = "/node/v1/look-card";
inline constexpr const char* scan_path = "/node/v1/desk/scan";

inline constexpr Reason not_a_node{"node.not_a_node", Kind::unauthenticated};
inline constexpr Reason withdrawn{"node.withdrawn", Kind::forbidden};

struct NodePorts {
    runtime::CommandService& local;
    const Routes& routes;
    service::LoginDesk& desk;
    const control::Snapshots& control;
    journal::TailSource* tails = nullptr;  // null: the journal is this node's alone
};

/// What the ports name must outlive the rows.
std::vector<http::Route> node_routes(const NodePorts& ports);

/// The principal is the NodeId of the peer's certificate. A node that control has withdrawn is
/// refused; one that control has not heard of is let in, as the accept rule does: the first node of
/// a deployment is in no list. Both must outlive it.
class NodeAuthorizer final : public http::Authorizer {
  public:
    NodeAuthorizer(const keys::NodeCa& authority, const control::Snapshots& control)
        : authority_(authority), control_(control) {}

    [[nodiscard]] Result<http::Principal> authorize(const http::Call& call,
                                                    std::string_view permission) override;

  private:
    const keys::NodeCa& authority_;
    const control::Snapshots& control_;
};

}  // namespace chopmark::node
