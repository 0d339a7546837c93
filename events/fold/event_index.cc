#include "events/fold/event_index.h"

#include <algorithm>

namespace chopmark::fold {

EventIdPrefix prefix_of(const EventId& id) {
    EventIdPrefix prefix{};
    std::copy_n(id.array().begin(), prefix.size(), prefix.begin());
    return prefix;
}

Result<void> EventIndex::apply(const OpenedEvent& event, RowBatch& rows) const {
    Bytes place;
    append_big_endian(place, event.entry().partition.value());
    append_big_endian(place, event.entry().sequence.value());
    rows.put(Bytes(view(prefix_of(event.prelude().event_id))), std::move(place));
    return {};
}

Result<std::optional<Place>> find_event(const LiveTables& tables, const EventIdPrefix& prefix) {
    CHOPMARK_ASSIGN(const auto table, tables.live(EventIndex().name()));
    CHOPMARK_ASSIGN(const auto row, tables.store().latest().get(*table, view(prefix)));
    if (!row) {
        return std::optional<Place>();
    }
    if (row->size() != 10) {
        return Error(rows_damaged, "event index");
    }
    return std::optional(Place{PartitionId(get_big_endian<std::uint16_t>(*row)),
                               Sequence(get_big_endian<std::uint64_t>(*row, 2))});
}

}  // namespace chopmark::fold
