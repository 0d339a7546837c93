// The key port's side of the wire: rows over the ports of one node, for nodes of the deployment
// alone. A listener of its own with mutual TLS by the genesis CA. A call blocks a worker for as
// long as the key takes; what the ports make durable is durable before the answer leaves.
#pragma once

#include <set>

#include "events/keys/key_port.h"
#include "events/keys/node_ca.h"
#include "events/keys/password_store.h"
#include "gateways/http/peer_tls.h"
#include "gateways/http/route.h"

namespace chopmark::keyport {

inline constexpr Reason not_a_node{"keyport.not_a_node", Kind::unauthenticated};
inline constexpr Reason withdrawn{"keyport.withdrawn", Kind::forbidden};

struct Ports {
    keys::KeyPort& signing_keys;
    keys::PasswordStore& passwords;
};

/// What the ports name must outlive the rows.
std::vector<http::Route> key_port_rows(const Ports& ports);

/// The principal is the NodeId of the peer's certificate. The key port follows no log: which nodes
/// are withdrawn, its operator says.
class NodeAuthorizer final : public http::Authorizer {
  public:
    /// `authority` must outlive it.
    NodeAuthorizer(const keys::NodeCa& authority, std::set<NodeId> refused)
        : authority_(authority), refused_(std::move(refused)) {}

    [[nodiscard]] Result<http::Principal> authorize(const http::Call& call,
                                                    std::string_view permission) override;

  private:
    const keys::NodeCa& authority_;
    const std::set<NodeId> refused_;
};

/// Of peers alone, a bounded number of calls at once and waiting.
http::FrontOptions key_port_front(const http::NodeFiles& files, std::string address,
                                  std::uint16_t port);

}  // namespace chopmark::keyport
