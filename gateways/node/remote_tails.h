// Other nodes' mirrors over the wire between nodes. All are asked at once; one that has not said
// in time how far it is is counted as silent, and as long as that answer is still owed nobody waits
// for it again, unless records were lost: a node that stands still costs one partition's opening a
// moment, not each. What it returns is what the peer said: whoever asks judges it. Safe from any
// thread; blocks for no longer than its Options say.
#pragma once

#include <functional>
#include <memory>

#include "events/journal/peer_tails.h"
#include "gateways/node/node_client.h"

namespace chopmark::node {

inline constexpr const char* tail_path = "/node/v1/tail";
/// A peer's answer that is none.
inline constexpr Reason tail_untold{"node.tail_untold", Kind::unavailable};

class RemoteTails final : public journal::PeerTails {
  public:
    struct Options {
        /// For all peers together to say how far they are.
        Duration ends = std::chrono::seconds(2);
        Duration ends_after_loss = std::chrono::seconds(8);  // below the client's own deadline
        /// For one page of records.
        Duration page = std::chrono::seconds(5);
    };
    using Others = std::function<std::vector<Peer>()>;

    /// `others` says who the other nodes are, and is called for each question. The client must
    /// outlive it.
    RemoteTails(Others others, NodeClient& client) : RemoteTails(std::move(others), client, {}) {}
    RemoteTails(Others others, NodeClient& client, const Options& options);

    [[nodiscard]] std::vector<journal::ToldTail> ends(PartitionId partition, Sequence from,
                                                      journal::Patience patience) override;
    [[nodiscard]] Result<journal::TailPage> page(const NodeId& node, PartitionId partition,
                                                 Sequence from) override;

  private:
    struct Owed;
    struct Round;
    enum class Late : std::uint8_t { owed, forgotten };
    std::vector<journal::ToldTail> ask(const std::vector<Peer>& peers, const Bytes& question,
                                       Duration wait, Late late);

    const Others others_;
    NodeClient& client_;
    const Options options_;
    const std::shared_ptr<Owed> owed_;  // answers come when they come
};

}  // namespace chopmark::node
