// Event id → place in the journal, by the first 96 bits of the id: that is what codes, tickets and
// tokens carry of the event that caused them (design 4, 12). One row a record, folded from preludes
// alone, so no key and no schema is needed.
//
//   row = event id, first 12 bytes → partition:u16 sequence:u64
#pragma once

#include "events/fold/live_tables.h"
#include "events/fold/view.h"

namespace chopmark::fold {

/// The part of an event id that a bearer value carries.
using EventIdPrefix = ByteArray<12>;
EventIdPrefix prefix_of(const EventId& id);

struct Place {
    PartitionId partition;
    Sequence sequence;
    friend bool operator==(const Place&, const Place&) = default;
};

class EventIndex final : public View {
  public:
    [[nodiscard]] std::string_view name() const override { return "event_index"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] Scope scope() const override { return Scope::partitions; }
    [[nodiscard]] Reads reads() const override { return Reads::prelude; }
    [[nodiscard]] bool only_adds() const override { return true; }
    Result<void> apply(const OpenedEvent& event, RowBatch& rows) const override;
};

/// Where the event is that has this prefix; nothing if none has been folded yet. That the record
/// found there really bears the id is for the caller to compare: an id is random, not checked.
Result<std::optional<Place>> find_event(const LiveTables& tables, const EventIdPrefix& prefix);

}  // namespace chopmark::fold
