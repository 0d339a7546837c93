// What one node is to another, and the bounds of their traffic; a field says its default and what
// follows from it. Nodes speak HTTP over mutual TLS by the certificates of the genesis CA; a peer
// is checked by its node id, wherever it runs.
#pragma once

#include <functional>
#include <string>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "gateways/http/peer_tls.h"

namespace chopmark::node {

/// The peer was not reached; what it was asked did certainly not happen.
inline constexpr Reason unreachable{"node.unreachable", Kind::unavailable};
/// The peer does not take us for a node of its deployment, or we not it.
inline constexpr Reason refused{"node.refused", Kind::unavailable};
/// No answer in time. The command may have been recorded: the same command id may be sent again,
/// and then tells what became of it.
inline constexpr Reason outcome_unknown{"command.outcome_unknown", Kind::unknown};

struct Peer {
    NodeId node;
    std::string endpoint;  // host:port, [v6]:port
    friend auto operator<=>(const Peer&, const Peer&) = default;
};

/// How far the asking node has folded control, with every bundle: whoever decides for it waits
/// until it knows as much (http::FrontPorts::passing), so that an order that a caller was told is
/// done counts wherever the next call is decided. Absent from an earlier release.
inline constexpr const char* control_header = "Chopmark-Control-Basis";

struct ClientOptions {
    http::NodeFiles files;
    /// Asked for every bundle, from the client's threads; empty: nothing is said.
    std::function<Sequence()> control_basis;
    /// From asking to the answer, waiting in the queue included; then command.outcome_unknown.
    /// Below the 30 s after which the front gives up on its own.
    Duration deadline = std::chrono::seconds(10);
    Duration connect = std::chrono::seconds(1);     // TCP; a peer on the same network answers in ms
    Duration keep_idle = std::chrono::seconds(30);  // below the 75 s after which a front closes
    /// They block on peers, so more than cores; three slow peers leave room for the others.
    std::size_t threads = 32;
    std::size_t connections_per_peer = 8;  // a whole bundle on each (bundle.h)
    std::size_t queue_per_peer = 1024;     // waiting; beyond it: executor.busy
    std::size_t peers = 1024;              // ever spoken to, by id and endpoint
};

/// Below 1024: what a QR handle says of the node that drew it. Two nodes may have the same; then
/// both are asked, and the handle is unknown to one of them.
inline std::uint16_t number_of(const NodeId& node) {
    constexpr int bits_over = 6;
    return static_cast<std::uint16_t>(get_big_endian<std::uint16_t>(node.bytes()) >> bits_over);
}

inline constexpr std::size_t message_bytes = 1024 * 1024;  // of a request between nodes

}  // namespace chopmark::node
