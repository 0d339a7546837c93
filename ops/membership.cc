#include "ops/membership.h"

namespace chopmark::ops {

Result<void> SoleMembership::start(Told told) {
    Ownership all{true, {}};
    for (std::uint32_t p = 0; p <= partitions_; ++p) {
        all.partitions.insert(PartitionId(static_cast<std::uint16_t>(p)));
    }
    told(all);
    return {};
}

}  // namespace chopmark::ops
