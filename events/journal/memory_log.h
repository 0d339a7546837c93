// What lies under memory journals, as a broker or a disk lies under the others: partitions of bytes
// that takes whatever is sent to it, from several journals at once, garbage included. A batch may
// be made to land later, even after its sender is dead: that is the delayed request which the
// accept rule exists for. Safe from any thread; deterministic when driven from one.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "events/core/entropy.h"

namespace chopmark::journal {

class MemoryLog {
  public:
    using Stored = std::shared_ptr<const Bytes>;

    explicit MemoryLog(std::uint16_t citizen_partitions);

    [[nodiscard]] std::uint16_t partitions() const { return partitions_; }

    /// Lands at once, or at the tick after `delay_ticks` others, the records of a batch together.
    void submit(PartitionId partition, std::vector<Bytes> batch, std::uint32_t delay_ticks = 0);
    /// Time passes for delayed batches; false when there are none.
    bool tick();
    /// What a power cut leaves of batches that had not landed: each record by a coin of its own, in
    /// any order (pages reach a disk as they like), and some of them torn.
    void crash(Entropy& entropy);

    /// What a cluster leaves that lost its newest records, confirmed ones among them: the first
    /// `kept`. Delayed batches go with them, as the connections do that they were on.
    void cut(PartitionId partition, std::size_t kept);

    [[nodiscard]] std::size_t size(PartitionId partition) const;
    /// At most `count` records from `offset` on; offsets count everything, skipped records too.
    [[nodiscard]] std::vector<Stored> read(PartitionId partition, std::size_t offset,
                                           std::size_t count) const;

    /// `landed` is called after every landing until the returned token is gone.
    [[nodiscard]] std::shared_ptr<void> watch(std::function<void()> landed);

  private:
    struct Delayed {
        PartitionId partition;
        std::vector<Bytes> batch;
        std::uint32_t ticks;
    };
    using Watcher = std::function<void()>;

    void land(PartitionId partition, std::vector<Bytes> batch);  // mutex_ held
    void notify();

    const std::uint16_t partitions_;
    mutable std::mutex mutex_;
    std::vector<std::vector<Stored>> stored_;
    std::vector<Delayed> delayed_;
    std::vector<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace chopmark::journal
