// What the admin gateway asks of the process it runs in: how the views and the node stand, and work
// on views that takes minutes, which it starts and then watches. Implemented by ops, which owns the
// runners and their threads. All methods are called from any thread, return at once and MUST NOT
// throw.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aggregates/control/erasure.h"
#include "aggregates/control/node.h"
#include "events/fold/positions.h"

namespace chopmark::admin {

inline constexpr Reason view_unknown{"admin.view_unknown", Kind::not_found};
/// A rebuild or a comparison is running already; one at a time.
inline constexpr Reason view_busy{"admin.view_busy", Kind::busy};
inline constexpr Reason receipt_unknown{"admin.receipt_unknown", Kind::not_found};
/// This node has its journal for itself.
inline constexpr Reason node_alone{"node.alone", Kind::refused};
/// Nobody took some of the partitions in time: this node keeps them.
inline constexpr Reason node_no_successor{"node.no_successor", Kind::unavailable};
inline constexpr Reason node_draining{"node.draining", Kind::conflict};
inline constexpr Reason node_not_drained{"node.not_drained", Kind::conflict};

/// One is being made, or given up: try again.
inline constexpr Reason checkpoint_running{"checkpoint.running", Kind::busy};

enum class ViewWork : std::uint8_t { rebuild, diff };

/// The newest work on a view, running or over.
struct ViewTask {
    ViewWork work = ViewWork::rebuild;
    Instant began_at;
    std::optional<Instant> ended_at;           // nothing: it runs
    std::optional<std::uint64_t> differences;  // rows, of a diff that came to its end
    std::string failed;                        // the reason's name; empty: it did not
};

struct ViewState {
    std::string name;
    std::uint32_t version = 0;
    fold::Positions positions;
    std::uint64_t lag_records = 0;
    Duration lag{};
    /// Where the view stopped and why, if it did: it folds nothing until that is mended.
    std::string stopped;
    std::optional<ViewTask> task;
};

/// Who decides for a partition, and how far this node is with it.
struct PartitionState {
    PartitionId partition;
    std::optional<NodeId> owner;  // of the term below; nobody knows: nothing
    std::string endpoint;         // where the owner is reached by other nodes
    Term term;
    Sequence head;                  // accepted, as far as this node has read
    std::uint64_t lag_records = 0;  // accepted and not yet folded here
    bool served = false;            // by this node
};

struct NodeState {
    NodeId node;
    std::string name;  // as this node's configuration has it
    std::string environment;
    std::string version;  // of the software
    Instant started_at;
    bool ready = false;
    std::vector<std::string> not_ready;  // stable dotted names
    fold::Positions heads;               // of the journal
    std::uint64_t key_epoch = 0;
};

/// A copy of rows and journal that another node may start from.
struct CheckpointState {
    std::string folder;
    Instant made_at;
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
    struct Partition {
        PartitionId partition;
        std::uint64_t records = 0;
        Digest root;
    };
    std::vector<Partition> partitions;
};

struct CheckpointsState {
    bool running = false;  // one is being made
    std::string failed;    // why the last was not made, if it was not
    std::vector<CheckpointState> kept;
};

class AdminDesk {
  public:
    virtual ~AdminDesk() = default;

    [[nodiscard]] virtual std::vector<ViewState> views() const = 0;
    /// Starts it; admin.view_unknown, admin.view_busy.
    virtual Result<void> begin(ViewWork work, std::string_view view) = 0;
    [[nodiscard]] virtual NodeState status() const = 0;
    /// By number.
    [[nodiscard]] virtual std::vector<PartitionState> partitions() const = 0;
    /// Hands this node's partitions over to others, without a failed request, and takes none until
    /// resume(). `drained` is told how long it took, once, on a thread that it may keep for a
    /// moment: node.alone, node.draining, node.no_successor.
    virtual void drain(std::function<void(Result<Duration>)> drained) = 0;
    /// node.alone, node.not_drained.
    virtual Result<void> resume() = 0;
    /// Starts making one on this node's disk; checkpoint.running.
    virtual Result<void> begin_checkpoint() = 0;
    /// Of this node.
    [[nodiscard]] virtual CheckpointsState checkpoints() const = 0;
    /// The software of every active node, if all know these types of events; else which one does
    /// not, or could not be asked. `surveyed` is called once, on any thread.
    using Surveyed = std::function<void(Result<std::vector<control::NodeVersion>>)>;
    virtual void survey(const std::vector<std::uint32_t>& types, Surveyed surveyed) = 0;
    /// The ErasureCompleted of an order; admin.receipt_unknown while there is none.
    [[nodiscard]] virtual Result<EventId> receipt_of(const control::OrderId& order) const = 0;
};

}  // namespace chopmark::admin
