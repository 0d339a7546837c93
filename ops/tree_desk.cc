#include "ops/tree_desk.h"

namespace chopmark::ops {

Result<const tlog::PartitionTree*> TreeDesk::tree(PartitionId partition) const {
    if (partition.value() > proving_.partitions()) {
        return audit::partition_unknown;
    }
    return &proving_.tree(partition);
}

Result<audit::Heads> TreeDesk::heads() const {
    const control::SnapshotPtr control = control_.latest();
    audit::Heads heads;
    heads.cut = control->state->cuts.number;
    for (std::uint16_t p = 0; p <= proving_.partitions(); ++p) {
        heads.now[PartitionId(p)] = proving_.tree(PartitionId(p)).head();
    }
    for (const auto& [partition, size] : control->state->cuts.sizes) {
        CHOPMARK_ASSIGN(heads.of_cut[partition], head_at(partition, size));
    }
    return heads;
}

Result<tlog::TreeHead> TreeDesk::head_at(PartitionId partition, std::uint64_t size) const {
    CHOPMARK_ASSIGN(const auto* found, tree(partition));
    return found->head_at(size);
}

Result<tlog::Proof> TreeDesk::inclusion(PartitionId partition, std::uint64_t index,
                                        std::uint64_t size) const {
    CHOPMARK_ASSIGN(const auto* found, tree(partition));
    return found->inclusion(index, size);
}

Result<tlog::Proof> TreeDesk::consistency(PartitionId partition, std::uint64_t older,
                                          std::uint64_t newer) const {
    CHOPMARK_ASSIGN(const auto* found, tree(partition));
    return found->consistency(older, newer);
}

}  // namespace chopmark::ops
