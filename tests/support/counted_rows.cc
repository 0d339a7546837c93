#include "tests/support/counted_rows.h"

#include <algorithm>
#include <utility>

namespace chopmark::test {

std::map<std::string, std::uint64_t> CountedRows::take_counts() {
    const std::lock_guard lock(mutex_);
    return std::exchange(counts_, {});
}

Result<void> CountedRows::commit(std::span<const fold::RowBatch* const> batches,
                                 fold::Durability durability) {
    CHOPMARK_TRY(behind_.commit(batches, durability));
    const std::lock_guard lock(mutex_);
    for (const fold::RowBatch* batch : batches) {
        const auto puts = std::count_if(batch->rows().begin(), batch->rows().end(),
                                        [](const auto& row) { return row.second.has_value(); });
        if (puts > 0) {
            counts_[batch->table().name()] += static_cast<std::uint64_t>(puts);
        }
    }
    return {};
}

}  // namespace chopmark::test
