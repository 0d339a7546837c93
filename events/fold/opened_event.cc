#include "events/fold/opened_event.h"

#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::fold {

Slot slot_of(const OpenedEvent& event, std::uint16_t partitions) {
    const schema::LinkHead& head = schema::link_head(event.event());
    if (const auto account = AccountId::from_bytes(head.account_id())) {
        return chopmark::slot_of(*account);
    }
    if (head.key_index() != 0) {
        return chopmark::slot_of(KeyIndex(head.key_index()));
    }
    return Slot(first_slot(event.entry().partition, partitions));
}

std::uint16_t first_slot(PartitionId partition, std::uint16_t partitions) {
    // The smallest slot with 1 + slot·P/1024 = partition, rounding as partition_of does.
    const std::uint32_t below = partition.value() - 1U;
    return static_cast<std::uint16_t>((below * slot_count + partitions - 1) / partitions);
}

}  // namespace chopmark::fold
