// The CommandService of one node among several: decides here what this node owns, and forwards the
// rest, once, to the node that the log says owns it (design 3). The other side decides by its own
// executors alone, so nothing is ever forwarded twice; a node that no longer owns the partition
// answers executor.not_serving, and the caller tries again. A forwarded command keeps its id: after
// command.outcome_unknown it may be sent again, to any node, and has one outcome. Who gave control
// an order is answered when this node knows of it, too. Safe from any thread; never blocks; answers
// come on the strands of this node, on the client's threads or on the one of tick().
#pragma once

#include <atomic>

#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/event_finder.h"
#include "gateways/node/node_client.h"
#include "gateways/node/routes.h"
#include "gateways/node/seen_orders.h"

namespace chopmark::node {

class RoutedCommands final : public runtime::CommandService {
  public:
    /// All must outlive the service; `control` is what this node has folded. The finder learns of
    /// what others recorded for us, so that who comes back with a code in the next millisecond is
    /// known here as well.
    RoutedCommands(runtime::CommandService& local, const Routes& routes, NodeClient& client,
                   runtime::EventFinder& finder, const control::Snapshots& control)
        : local_(local),
          routes_(routes),
          client_(client),
          finder_(finder),
          orders_(control, SeenOrders::Options()) {}

    /// Every few ten milliseconds.
    void tick() { orders_.tick(); }

    /// Besides what the local service says: node.unreachable, node.refused, node.other_version,
    /// command.outcome_unknown.
    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override;
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override;
    void look(const AccountId& account, Seen seen) override;
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override;

    struct Probe {
        std::uint64_t forwarded = 0;  // commands and looks
        std::uint64_t unowned = 0;    // refused, for nobody owned the partition
        std::uint64_t unseen = 0;     // orders answered that are not known here yet
    };
    [[nodiscard]] Probe probe() const {
        return {forwarded_.load(), unowned_.load(), orders_.probe().unseen};
    }

  private:
    [[nodiscard]] Owner owner_of(Slot slot) const;
    void forward(const Owner& owner, Bytes order, runtime::Answer answer);
    void ask(const Owner& owner, const char* path, Bytes question, NodeClient::Answered answered);

    runtime::CommandService& local_;
    const Routes& routes_;
    NodeClient& client_;
    runtime::EventFinder& finder_;
    SeenOrders orders_;
    std::atomic<std::uint64_t> forwarded_{0}, unowned_{0};
};

}  // namespace chopmark::node
