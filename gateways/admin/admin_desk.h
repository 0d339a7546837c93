// What the admin gateway asks of the process it runs in: how the views and the node stand, and work
// on views that takes minutes, which it starts and then watches. Implemented by ops, which owns the
// runners and their threads. All methods are called from any thread, return at once and MUST NOT
// throw.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aggregates/control/erasure.h"
#include "events/fold/positions.h"

namespace chopmark::admin {

inline constexpr Reason view_unknown{"admin.view_unknown", Kind::not_found};
/// A rebuild or a comparison is running already; one at a time.
inline constexpr Reason view_busy{"admin.view_busy", Kind::busy};
inline constexpr Reason receipt_unknown{"admin.receipt_unknown", Kind::not_found};

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

struct NodeState {
    NodeId node;
    std::string environment;
    std::string version;  // of the software
    Instant started_at;
    bool ready = false;
    std::vector<std::string> not_ready;  // stable dotted names
    fold::Positions heads;               // of the journal
    std::uint64_t key_epoch = 0;
};

class AdminDesk {
  public:
    virtual ~AdminDesk() = default;

    [[nodiscard]] virtual std::vector<ViewState> views() const = 0;
    /// Starts it; admin.view_unknown, admin.view_busy.
    virtual Result<void> begin(ViewWork work, std::string_view view) = 0;
    [[nodiscard]] virtual NodeState status() const = 0;
    /// The ErasureCompleted of an order; admin.receipt_unknown while there is none.
    [[nodiscard]] virtual Result<EventId> receipt_of(const control::OrderId& order) const = 0;
};

}  // namespace chopmark::admin
