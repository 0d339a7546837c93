// The newest records of one partition, kept in memory within a bound: followers read them without
// the disk. They are always an unbroken end of the partition. Guarded by its owner.
#pragma once

#include <deque>
#include <optional>

#include "events/journal/journal.h"

namespace chopmark::journal {

class RecentEntries {
  public:
    /// Adds what follows the last kept one; the oldest go while all together exceed `limit` bytes.
    void keep(std::span<const EntryPtr> entries, std::size_t limit);
    /// Nothing when the records from there on, up to the end `next`, are not all here.
    [[nodiscard]] std::optional<std::vector<EntryPtr>> read(Sequence from, Sequence next,
                                                            const ReadBudget& budget) const;

  private:
    std::deque<EntryPtr> entries_;
    std::size_t bytes_ = 0;
};

}  // namespace chopmark::journal
