// What the nodes of a deployment have said of the erasures under way, read from control's log: that
// a node has the new cover, and that its old epochs are destroyed. A confirmation is a
// KeyEpochOpened of the node itself whose command id says which order and which step; so it can be
// found again after a restart, and sending it twice is one record. One thread at a time.
#pragma once

#include <deque>
#include <optional>
#include <set>

#include "aggregates/control/erasure.h"
#include "events/journal/journal.h"
#include "events/keys/event_vault.h"

namespace chopmark::ops {

enum class ErasureStep : std::uint8_t { covered = 1, destroyed = 2 };

/// SHA-256("chopmark/erasure/confirmed/1" ‖ step:u8 ‖ order ‖ node).
CommandId confirmation_of(ErasureStep step, const control::OrderId& order, const NodeId& node);

class ErasureConfirmations {
  public:
    /// Both must outlive it.
    ErasureConfirmations(const journal::Journal& journal, const keys::EventVault& vault)
        : journal_(journal), vault_(vault) {}

    /// Reads on, at first from the moment when the oldest open order was given; a bounded stretch
    /// at a call.
    Result<void> read(Instant oldest);
    /// This node's own, as its command was answered: the log may show it a little later.
    void note(const CommandId& confirmation);
    [[nodiscard]] bool has(ErasureStep step, const control::OrderId& order,
                           const NodeId& node) const;

  private:
    [[nodiscard]] Result<Sequence> begin(Instant oldest, Sequence end) const;
    void take(const journal::Entry& entry);

    const journal::Journal& journal_;
    const keys::EventVault& vault_;
    std::optional<Sequence> next_;
    std::set<CommandId> seen_;
    std::deque<CommandId> order_of_arrival_;  // the oldest goes
};

}  // namespace chopmark::ops
