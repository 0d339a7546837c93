// Which node decides for a partition, and which nodes may have drawn a QR. The log is the routing
// table (design 3): whoever opened a partition's accepted term owns it, at the endpoint that its
// TermOpened names and signs. Answers may be old by a poll; whoever is asked wrongly says
// executor.not_serving. Safe from any thread; owner() and numbered() never block.
#pragma once

#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "aggregates/control/snapshot.h"
#include "events/journal/journal.h"
#include "gateways/node/options.h"

namespace chopmark::node {

struct NoOwner {};
struct ThisNode {};
using Owner = std::variant<NoOwner, ThisNode, Peer>;

class Routes {
  public:
    virtual ~Routes() = default;
    [[nodiscard]] virtual Owner owner(PartitionId partition) const = 0;
    /// Other nodes with this number_of.
    [[nodiscard]] virtual std::vector<Peer> numbered(std::uint16_t number) const = 0;
    [[nodiscard]] virtual std::uint16_t partitions() const = 0;  // of citizens

    [[nodiscard]] bool is_here(PartitionId partition) const {
        return std::holds_alternative<ThisNode>(owner(partition));
    }
};

/// From the journal and from control's list of nodes.
class LogRoutes final : public Routes {
  public:
    /// All must outlive the routes. `authority` is the one that the journal accepts terms by.
    LogRoutes(const journal::Journal& journal, const journal::TermAuthority& authority,
              const control::Snapshots& control, const NodeId& self);

    /// Looks for terms that were opened since. By a timer, about ten times a second, one thread at
    /// a time; it reads a few records for every new term.
    void refresh();

    [[nodiscard]] Owner owner(PartitionId partition) const override;
    [[nodiscard]] std::vector<Peer> numbered(std::uint16_t number) const override;
    [[nodiscard]] std::uint16_t partitions() const override { return journal_.partitions(); }
    /// All other nodes that control knows, or that hold a partition, and none that it has
    /// withdrawn. Never blocks.
    [[nodiscard]] std::vector<Peer> others() const;
    /// Whoever opened the term that the last refresh() saw, this node or another.
    [[nodiscard]] std::optional<Peer> holder(PartitionId partition) const;

  private:
    struct Holding {
        Term term;
        WriterId writer;
        Peer owner;
    };
    [[nodiscard]] Result<Peer> opener(PartitionId partition, const journal::Head& head) const;

    const journal::Journal& journal_;
    const journal::TermAuthority& authority_;
    const control::Snapshots& control_;
    const NodeId self_;
    mutable std::mutex mutex_;
    std::vector<Holding> holdings_;  // by partition; term 0: nobody yet
};

}  // namespace chopmark::node
