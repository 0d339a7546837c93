// Who watches a partition while it is hurt: one citizen of it, who changes a line of the profile
// again and again, through whichever node answers, and notes when that was acknowledged. From the
// longest silence between two acknowledgements comes how long a partition was without an owner.
// live_through() is a thread's; the rest is for whoever started and joined that.
#pragma once

#include <array>
#include <atomic>
#include <map>

#include "tests/kafka/faults/fault_cluster.h"
#include "tests/support/service_record.h"

namespace chopmark::test {

class Watch {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    /// One for each partition of citizens; people are registered until each has somebody.
    static Result<std::vector<std::unique_ptr<Watch>>> post(FaultCluster& cluster,
                                                            ServiceRecord& record);

    /// Until `over`. `avoid` is a node that is being hurt: nobody asks it; -1: there is none.
    void live_through(const std::atomic<bool>& over, const std::atomic<int>& avoid);

    [[nodiscard]] PartitionId partition() const { return partition_; }
    /// So far; from any thread.
    [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }
    /// Between acknowledgements, since the last time this was asked.
    std::chrono::milliseconds longest_silence();

  private:
    Watch(PartitionId partition, std::vector<sandbox::SimulatedPhone> phones)
        : partition_(partition), phones_(std::move(phones)) {}

    const PartitionId partition_;
    std::vector<sandbox::SimulatedPhone> phones_;  // the same one, by node
    std::size_t turn_ = 0;
    std::atomic<std::size_t> acknowledged_{0};
    Moment last_;
    std::chrono::milliseconds longest_{};
};

}  // namespace chopmark::test
