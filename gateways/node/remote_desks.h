// The desks of other nodes: a handle that another node drew is scanned there, and its claim comes
// back, which any node can open. Safe from any thread; never blocks.
#pragma once

#include "gateways/node/node_client.h"
#include "gateways/node/routes.h"
#include "gateways/service/login_desk.h"

namespace chopmark::node {

class RemoteDesks final : public service::OtherDesks {
  public:
    /// Both must outlive it.
    RemoteDesks(const Routes& routes, NodeClient& client) : routes_(routes), client_(client) {}

    /// login.handle_unknown when no node has that number, or none of them drew it.
    void scan(std::uint16_t node, service::Scan scan, const http::AppCaller& phone,
              Scanned scanned) override;

  private:
    struct Search;
    void ask_next(const std::shared_ptr<Search>& search);

    const Routes& routes_;
    NodeClient& client_;
};

}  // namespace chopmark::node
