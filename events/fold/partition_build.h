// Folds the records of all partitions into fresh tables, for views of every order but that of cuts
// (design 7). Each record is read once and opened once for all views. Partitions are folded side by
// side by several threads:
//   - views of scope slots slot by slot in memory, each partition's rows written as sorted runs; a
//     partition whose rows do not fit is first set aside by slot range, and opened twice;
//   - views that only add: their rows are collected, sorted and written as sorted runs at the end;
//   - others, which see few events, take turns at a batch of rows each, in the order of each
//     partition.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>

#include "events/fold/row_sort.h"
#include "events/fold/runner.h"

namespace chopmark::fold {

/// A view of scope slots wrote a row that does not begin with the slot of its event, or an event
/// names a slot of another partition.
inline constexpr Reason wrong_slot{"fold.wrong_slot", Kind::internal};
/// A view that only adds erased a row.
inline constexpr Reason not_only_added{"fold.not_only_added", Kind::internal};
inline constexpr Reason cancelled{"fold.cancelled", Kind::unavailable};

struct BuildOptions {
    /// For records and rows set aside; emptied first. Needs room for the largest `threads`
    /// partitions, and for the rows of views that only add.
    std::filesystem::path scratch;
    /// Partitions folded at once.
    unsigned threads = 2;
    /// Rows held by each thread. Less: larger partitions are set aside, which opens them twice; a
    /// single slot is held whole in any case.
    std::size_t memory_bytes = 256 * 1024 * 1024;
    /// Rows waiting to be sorted, held by each thread for each view that only adds. Less: more
    /// chunks to be merged.
    std::size_t sort_bytes = 96 * 1024 * 1024;
    /// Checked often; when it becomes true, the build ends with fold.cancelled.
    const std::atomic<bool>* cancel = nullptr;
};

struct BuildReport {
    std::uint64_t events = 0;   // given to at least one view
    std::uint64_t expired = 0;  // their period is over: no view sees them
    std::uint64_t rows = 0;     // loaded as sorted runs
    std::uint64_t partitions_set_aside = 0;
};

class PartitionBuild {
  public:
    /// No view is of scope cuts, every table is fresh. All arguments must outlive the build.
    PartitionBuild(const journal::Journal& journal, RowStore& store, const keys::EventVault& vault,
                   const BuildOptions& options, const std::vector<Runner::Assigned>& views);
    ~PartitionBuild();

    /// Folds all records before `upto` and fills the tables; what was not loaded may still lie in
    /// the store's buffers. On an error the tables are to be dropped.
    Result<BuildReport> run(const Positions& upto);

  private:
    class Worker;
    struct Slots;   // of a view of scope slots
    struct Added;   // of one that only adds
    struct Shared;  // of any other
    [[nodiscard]] bool cancelled_now() const;
    [[nodiscard]] bool read_by_any(PartitionId partition) const;
    Result<void> prepare();
    Result<void> fold_all(const Positions& upto);
    Result<void> work(const Positions& upto);

    const journal::Journal& journal_;
    RowStore& store_;
    const keys::EventVault& vault_;
    BuildOptions options_;
    std::vector<std::unique_ptr<Slots>> slots_;
    std::vector<std::unique_ptr<Added>> added_;
    std::vector<std::unique_ptr<Shared>> shared_;
    std::atomic<std::uint32_t> next_partition_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    BuildReport report_;
};

}  // namespace chopmark::fold
