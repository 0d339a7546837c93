// Mutual TLS between programs of one deployment, nodes and the key port: each shows the certificate
// of its node and believes the other only if its certificate, by the genesis CA, names the node
// that was meant, wherever it runs. The caller's and the listener's side of that; what is said over
// it belongs to gateways/node and gateways/keyport.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>

#include "events/core/ids.h"
#include "events/core/result.h"
#include "gateways/http/options.h"

namespace chopmark::http {

/// The endpoint names no address, or our own certificate cannot be used; nothing was sent.
inline constexpr Reason peer_unusable{"http.peer_unusable", Kind::unavailable};

/// PEM files of this node: its certificate, its key, and the CA as genesis shows it.
struct NodeFiles {
    std::string certificate;
    std::string key;
    std::string authority;
};

/// A client that follows no redirects and has no time-outs of ours yet; not connected. The endpoint
/// is host:port or [v6]:port; its name is resolved here, which may block.
Result<std::unique_ptr<httplib::SSLClient>> peer_client(const NodeFiles& files, const NodeId& node,
                                                        const std::string& endpoint);

/// Whether the connection was never made, so that nothing can have been read from it.
bool certainly_not_sent(httplib::Error error);

/// A listener that wants certificates, without a limit by peer address: a peer brings the calls of
/// many.
FrontOptions peer_front(const NodeFiles& files, std::string address, std::uint16_t port);

}  // namespace chopmark::http
