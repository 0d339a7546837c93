// What auditors ask of the trees, answered by the node's own (ops/proving.h) and by the cuts that
// control has recorded.
#pragma once

#include "aggregates/control/snapshot.h"
#include "gateways/audit/audit_desk.h"
#include "ops/proving.h"

namespace chopmark::ops {

class TreeDesk final : public audit::AuditDesk {
  public:
    /// Both must outlive the desk.
    TreeDesk(const Proving& proving, const control::Snapshots& control)
        : proving_(proving), control_(control) {}

    [[nodiscard]] Result<audit::Heads> heads() const override;
    [[nodiscard]] Result<tlog::TreeHead> head_at(PartitionId partition,
                                                 std::uint64_t size) const override;
    [[nodiscard]] Result<tlog::Proof> inclusion(PartitionId partition, std::uint64_t index,
                                                std::uint64_t size) const override;
    [[nodiscard]] Result<tlog::Proof> consistency(PartitionId partition, std::uint64_t older,
                                                  std::uint64_t newer) const override;

  private:
    [[nodiscard]] Result<const tlog::PartitionTree*> tree(PartitionId partition) const;

    const Proving& proving_;
    const control::Snapshots& control_;
};

}  // namespace chopmark::ops
