#include "gateways/node/remote_desks.h"

#include "gateways/node/desk_wire.h"
#include "gateways/node/node_routes.h"

namespace chopmark::node {

struct RemoteDesks::Search {
    std::vector<Peer> peers;  // still to be asked
    Bytes question;
    Scanned scanned;
};

void RemoteDesks::scan(std::uint16_t node, service::Scan scan, const http::AppCaller& phone,
                       Scanned scanned) {
    auto search = std::make_shared<Search>();
    search->peers = routes_.numbered(node);
    search->question = encode_scan({std::move(scan), phone});
    search->scanned = std::move(scanned);
    ask_next(search);
}

/// Numbers may coincide; the incarnation in the handle lets one of the nodes know it.
void RemoteDesks::ask_next(const std::shared_ptr<Search>& search) {
    if (search->peers.empty()) {
        search->scanned(Error(service::handle_unknown));
        return;
    }
    const Peer peer = std::move(search->peers.back());
    search->peers.pop_back();
    client_.ask(peer, scan_path, search->question, [this, search](const Result<Bytes>& bytes) {
        auto claimed =
            bytes ? decode_claimed(*bytes) : Result<service::ClaimedLogin>(bytes.error());
        if (!claimed && claimed.error() == service::handle_unknown) {
            ask_next(search);
            return;
        }
        search->scanned(std::move(claimed));
    });
}

}  // namespace chopmark::node
