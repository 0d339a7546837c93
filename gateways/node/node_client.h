// Asks other nodes, one POST over mutual TLS at a time on a kept connection, on threads of its own:
// ask() never blocks. Commands that wait for a connection go together in one exchange, as a commit
// takes many: each of them waits for a commit of the peer's. A peer is believed only if its
// certificate names the node that was meant. A peer that does not answer, or drips its answer,
// takes at most its own connections' threads and its own queue, none of them beyond a deadline.
// What was certainly not delivered is node.unreachable, node.refused or executor.busy; everything
// else that brings no answer in time is command.outcome_unknown. Nothing is ever sent twice. Safe
// from any thread.
#pragma once

#include <functional>
#include <memory>

#include "gateways/node/options.h"

namespace chopmark::node {

class NodeClient {
  public:
    explicit NodeClient(ClientOptions options);
    /// Refuses what waits, and waits for what was sent.
    ~NodeClient();

    /// The body of the answer, whatever it says. Called once, on a thread of the client or of the
    /// caller; MUST NOT block.
    using Answered = std::function<void(Result<Bytes>)>;
    void ask(const Peer& peer, std::string path, Bytes body, Answered answered);
    /// The same where the peer takes and gives bundles (bundle.h): the body is one message of one.
    void ask_bundled(const Peer& peer, std::string path, Bytes body, Answered answered);

    struct Probe {
        std::uint64_t asked = 0;
        std::uint64_t exchanges = 0;  // of one question, or of a bundle
        std::uint64_t unreachable = 0;
        std::uint64_t busy = 0;
        std::uint64_t outcome_unknown = 0;
        std::uint64_t connections = 0;  // ever opened
        std::size_t waiting = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::node
