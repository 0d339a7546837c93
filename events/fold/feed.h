// Where a fold gets its next records: from every partition in its own order, or cut by cut (design
// 7). Pages are bounded; what a feed returns continues exactly at the positions it is asked for.
// One thread at a time.
#pragma once

#include <optional>
#include <vector>

#include "events/core/limits.h"
#include "events/fold/positions.h"
#include "events/journal/journal.h"

namespace chopmark::fold {

class Feed {
  public:
    virtual ~Feed() = default;
    /// The next records behind `from`, at most about limits::fold_batch_records; empty when there
    /// is none yet. Of a partition every record follows the one before it, or `from`.
    virtual Result<std::vector<journal::EntryPtr>> next(const Positions& from) = 0;
};

/// Partitions in turn. Within a partition the order is the journal's; between partitions there is
/// none.
class PartitionFeed final : public Feed {
  public:
    /// Gives nothing behind `until`, if there is one.
    PartitionFeed(const journal::Journal& journal, std::vector<PartitionId> partitions,
                  std::optional<Positions> until)
        : journal_(&journal), partitions_(std::move(partitions)), until_(std::move(until)) {}
    Result<std::vector<journal::EntryPtr>> next(const Positions& from) override;

  private:
    const journal::Journal* journal_;
    std::vector<PartitionId> partitions_;
    std::optional<Positions> until_;
    std::size_t turn_ = 0;
};

/// All partitions in the one order that every node and every run agrees on: cut by cut, inside a
/// cut by (recorded_at, partition, sequence). Records behind the last cut wait for the next.
class CutFeed final : public Feed {
  public:
    /// Gives nothing behind `until`, if there is one: a position that this order passes through.
    CutFeed(const journal::Journal& journal, std::optional<Positions> until)
        : journal_(&journal), until_(std::move(until)) {}
    Result<std::vector<journal::EntryPtr>> next(const Positions& from) override;

  private:
    /// Records of one partition up to the cut that have not been given out yet, next one last.
    struct Lane {
        std::vector<journal::EntryPtr> waiting;
        std::vector<Instant> recorded_at;
    };

    Result<bool> find_cut(const Positions& from);
    Result<void> fill(PartitionId partition, Sequence from);

    const journal::Journal* journal_;
    std::optional<Positions> until_;
    Positions given_;    // as the last next() left it
    Positions target_;   // sizes of the cut that is being given out
    Sequence searched_;  // control records before it hold no cut beyond target_
    std::vector<Lane> lanes_;
};

}  // namespace chopmark::fold
