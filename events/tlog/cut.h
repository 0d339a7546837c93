// Cuts: control's record of every partition's size and root at one moment, the only order across
// partitions (design 1, 7, 12). CutTracker folds them and refuses what no honest control could have
// recorded; it also says what the next cut would be. Plain values, one thread, deterministic.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "events/tlog/merkle.h"

namespace chopmark::tlog {

/// A cut that contradicts an earlier one.
inline constexpr Reason bad_cut{"tlog.bad_cut", Kind::damaged};

struct Cut {
    std::uint64_t number = 0;                             // from 1; several records may share one
    std::vector<std::pair<PartitionId, TreeHead>> grown;  // since the cut before, by partition

    friend bool operator==(const Cut&, const Cut&) = default;
};

class CutTracker {
  public:
    /// Takes the cut that lies at this sequence of control. tlog.bad_cut, changing nothing, unless
    /// numbers rise by at most one, every partition named has grown, and control is counted only up
    /// to the record itself.
    Result<void> add(const Cut& cut, Sequence at);

    /// The cut to record when the partitions stand so: those that grew, by partition. Nothing when
    /// none did; growth of control by cuts alone is none.
    [[nodiscard]] std::optional<Cut> next(
        const std::vector<std::pair<PartitionId, TreeHead>>& now) const;

    [[nodiscard]] std::uint64_t number() const { return number_; }
    /// As of the last cut; the empty tree for a partition in none.
    [[nodiscard]] TreeHead head(PartitionId partition) const;
    [[nodiscard]] const std::map<PartitionId, TreeHead>& heads() const { return heads_; }

  private:
    std::uint64_t number_ = 0;
    std::map<PartitionId, TreeHead> heads_;
    std::vector<Sequence> uncounted_;  // cut records in control that no cut counts yet, rising
};

}  // namespace chopmark::tlog
