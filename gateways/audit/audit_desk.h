// What the audit gateway asks of the trees: how large every partition's tree is, its root, and
// proofs. Implemented by ops over tlog::PartitionTree and the cuts. All methods are called from any
// thread and MUST NOT block for longer than a read takes.
#pragma once

#include <map>

#include "events/tlog/proof.h"

namespace chopmark::audit {

/// No such partition here.
inline constexpr Reason partition_unknown{"audit.partition_unknown", Kind::not_found};

using TreeHeads = std::map<PartitionId, tlog::TreeHead>;

struct Heads {
    TreeHeads now;
    std::uint64_t cut = 0;  // number of the last cut recorded; zero: none yet
    TreeHeads of_cut;       // of every partition that is in a cut
};

class AuditDesk {
  public:
    virtual ~AuditDesk() = default;

    [[nodiscard]] virtual Result<Heads> heads() const = 0;
    /// audit.partition_unknown, tlog.beyond_tree.
    [[nodiscard]] virtual Result<tlog::TreeHead> head_at(PartitionId partition,
                                                         std::uint64_t size) const = 0;
    [[nodiscard]] virtual Result<tlog::Proof> inclusion(PartitionId partition, std::uint64_t index,
                                                        std::uint64_t size) const = 0;
    [[nodiscard]] virtual Result<tlog::Proof> consistency(PartitionId partition,
                                                          std::uint64_t older,
                                                          std::uint64_t newer) const = 0;
};

}  // namespace chopmark::audit
