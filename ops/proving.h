// The proving half of a node: a Merkle tree for each partition that follows the journal, and the
// cuts that control records of them (design 7, A7). Trees are appended on one thread of its own;
// heads and proofs may be asked from any.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/tlog/partition_tree.h"

namespace chopmark::ops {

class Proving {
  public:
    /// Reads what the journal holds beyond the stored tiles. All must outlive the object.
    static Result<std::unique_ptr<Proving>> open(journal::Journal& journal, fold::RowStore& rows);
    ~Proving();

    void start();
    /// Returns when the thread has ended.
    void stop();

    /// 0 is control.
    [[nodiscard]] const tlog::PartitionTree& tree(PartitionId partition) const {
        return *trees_[partition.value()];
    }
    [[nodiscard]] std::uint16_t partitions() const {
        return static_cast<std::uint16_t>(trees_.size() - 1);
    }

    /// 500 ms: records a cut if anything grew since the last one.
    void record_cut(runtime::CommandService& commands, const control::Snapshots& control,
                    const Clock& clock, Entropy& entropy);

    /// Why trees stand still; nothing when they do not.
    [[nodiscard]] std::optional<Error> failing() const;

  private:
    explicit Proving(journal::Journal& journal) : journal_(journal) {}
    void run();
    void catch_up();

    journal::Journal& journal_;
    std::vector<std::unique_ptr<tlog::PartitionTree>> trees_;
    std::atomic<bool> cutting_{false};  // a cut is on its way

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool grown_ = false;
    bool stopping_ = false;
    std::optional<Error> failing_;
    std::thread thread_;
    std::vector<std::unique_ptr<journal::Subscription>> subscriptions_;  // last: ends first
};

}  // namespace chopmark::ops
