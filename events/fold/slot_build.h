// Folds the records of citizens' partitions into fresh tables, slot by slot in memory, and writes
// each partition's rows as sorted runs (design 7). Every event is opened once for all views as long
// as a partition's rows fit in the memory given; a larger partition is first set aside by slot
// range, and opened twice. Partitions are folded side by side by several threads.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>

#include "events/fold/runner.h"

namespace chopmark::fold {

/// A view of scope slots wrote a row that does not begin with the slot of its event, or an event
/// names a slot of another partition.
inline constexpr Reason wrong_slot{"fold.wrong_slot", Kind::internal};
inline constexpr Reason cancelled{"fold.cancelled", Kind::unavailable};

struct BuildOptions {
    /// For records set aside; emptied first. Needs room for the largest `threads` partitions.
    std::filesystem::path scratch;
    /// Partitions folded at once.
    unsigned threads = 2;
    /// Rows held by each thread. Less: larger partitions are set aside, which opens them twice; a
    /// single slot is held whole in any case.
    std::size_t memory_bytes = 256 * 1024 * 1024;
    /// Checked often; when it becomes true, the build ends with fold.cancelled.
    const std::atomic<bool>* cancel = nullptr;
};

struct BuildReport {
    std::uint64_t events = 0;   // given to at least one view
    std::uint64_t expired = 0;  // their period is over: no view sees them
    std::uint64_t rows = 0;
    std::uint64_t partitions_set_aside = 0;
};

class SlotBuild {
  public:
    /// Every view is of scope slots, every table fresh. All arguments must outlive the build.
    SlotBuild(const journal::Journal& journal, RowStore& store, const keys::EventVault& vault,
              const BuildOptions& options, std::vector<Runner::Assigned> views);

    /// Folds all records before `upto` and loads the tables. On an error nothing of it is visible.
    Result<BuildReport> run(const Positions& upto);

  private:
    class Worker;
    [[nodiscard]] bool cancelled_now() const;
    Result<void> work(const Positions& upto);

    const journal::Journal& journal_;
    RowStore& store_;
    const keys::EventVault& vault_;
    BuildOptions options_;
    std::vector<Runner::Assigned> views_;
    std::vector<std::unique_ptr<TableLoad>> loads_;  // by view
    std::atomic<std::uint32_t> next_partition_{1};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    BuildReport report_;
};

}  // namespace chopmark::fold
