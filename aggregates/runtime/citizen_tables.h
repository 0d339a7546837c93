// Where a citizens' partition keeps its state: the tables that CitizenDomain folds into, by name,
// and which of them sums cover (state_sums.h). What their rows are is said in citizen_domain.h.
#pragma once

#include <algorithm>
#include <array>
#include <string>

#include "events/core/ids.h"
#include "events/fold/row_store.h"

namespace chopmark::runtime {

inline constexpr std::string_view citizen_table = "citizen";
inline constexpr std::string_view slot_table = "slot";
inline constexpr std::string_view card_table = "card";
inline constexpr std::string_view card_of_table = "card_of";
inline constexpr std::string_view rp_seq_table = "rp_seq";
inline constexpr std::string_view attention_table = "attention";
inline constexpr std::string_view meta_table = "meta";
/// In meta: records below are in the rows.
inline constexpr ByteView position_key = "position";
/// In meta: PartitionBooks.
inline constexpr ByteView books_key = "books";

inline Result<fold::TablePtr> open_table(fold::RowStore& rows, std::string_view name,
                                         PartitionId partition) {
    return rows.open(std::string(name) + "." + std::to_string(partition.value()));
}

/// Whether a sum covers the rows of the table of this whole name, or it holds the sums.
inline bool is_summed(std::string_view table) {
    constexpr std::array summed{citizen_table, slot_table, rp_seq_table, meta_table};
    return std::ranges::any_of(summed, [&](std::string_view name) {
        return table.starts_with(name) && table.substr(name.size()).starts_with('.');
    });
}

}  // namespace chopmark::runtime
