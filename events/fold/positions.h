// How far a fold has come: for every partition the sequence of the next record, zero where it has
// seen none. Positions are stored in the row store beside the rows they belong to, in the same
// commit; tokens and cuts speak of them too.
//
//   positions = count:u16 (partition:u16 next:u64)*      ; rising partitions, next > 0
#pragma once

#include <vector>

#include "events/core/ids.h"
#include "events/core/result.h"
#include "events/fold/row_store.h"

namespace chopmark::fold {

inline constexpr Reason bad_positions{"fold.bad_positions", Kind::damaged};

class Positions {
  public:
    [[nodiscard]] Sequence at(PartitionId partition) const {
        return partition.value() < next_.size() ? next_[partition.value()] : Sequence();
    }
    void set(PartitionId partition, Sequence next);
    /// Nothing that `other` has seen is missing here.
    [[nodiscard]] bool covers(const Positions& other) const;
    /// What either has seen.
    [[nodiscard]] Positions furthest(const Positions& other) const;
    /// Partitions with a position above zero, rising.
    [[nodiscard]] std::vector<PartitionId> partitions() const;

    [[nodiscard]] Bytes encode() const;
    /// fold.bad_positions unless the bytes are exactly one encoding.
    static Result<Positions> decode(ByteView bytes);

    friend bool operator==(const Positions&, const Positions&) = default;

  private:
    std::vector<Sequence> next_;  // by partition; never ends in a zero
};

/// The table of all positions, one row for each table of a fold, keyed by its name.
inline constexpr std::string_view positions_table = "positions";

/// Zero everywhere for a table that has none yet.
Result<Positions> read_positions(const ReadView& rows, const Table& positions, const Table& table);
/// How far any fold of the store has come, partition by partition: a journal that holds less has
/// lost its end (design 3, guarded recovery).
Result<Positions> furthest_position(const ReadView& rows, const Table& positions);

}  // namespace chopmark::fold
