// Two tables side by side, byte for byte: what `chopmark view diff` shows and what tests mean by
// "live equals rebuilt" (design 7).
#pragma once

#include <vector>

#include "events/fold/row_store.h"

namespace chopmark::fold {

struct Difference {
    enum class What : std::uint8_t { only_left, only_right, other_value };
    struct Row {
        Bytes key;
        What what;
        friend bool operator==(const Row&, const Row&) = default;
    };
    std::uint64_t left_rows = 0;
    std::uint64_t right_rows = 0;
    std::uint64_t differing = 0;
    std::vector<Row> first;  // at most limits::fold_differences_shown

    [[nodiscard]] bool empty() const { return differing == 0; }
};

Result<Difference> compare(const ReadView& left_rows, const Table& left, const ReadView& right_rows,
                           const Table& right);

}  // namespace chopmark::fold
