// Another node that wants a citizen partition of the bench: a journal of its own over the same log,
// a domain folded from nothing, an executor and its strand. It dies with the object, as a process
// does. One thread.
#pragma once

#include <vector>

#include "tests/simulation/witness.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::test {

class Rival {
  public:
    Rival(GatewayBench& bench, PartitionId partition, std::uint64_t seed,
          journal::FaultPlan faults);
    ~Rival();

    /// Folds the log and opens a term, once it is stepped.
    void serve();
    /// One step; false when there was nothing to do.
    bool step();
    /// The command as somebody else sent it to the bench's node, or will.
    void submit(AskedCommand command);
    [[nodiscard]] PartitionId partition() const { return executor_->partition(); }

    [[nodiscard]] const std::vector<AskedCommandPtr>& asked() const { return asked_; }

  private:
    using Executor = runtime::Executor<runtime::CitizenDomain>;
    void send(const AskedCommandPtr& asked, const Opened& opened);

    GatewayBench& bench_;
    fold::MemoryRows rows_;
    Scheduler scheduler_;
    std::unique_ptr<journal::MemoryJournal> journal_;
    std::unique_ptr<runtime::CitizenDomain> domain_;
    std::unique_ptr<Executor> executor_;
    std::vector<AskedCommandPtr> asked_;
};

}  // namespace chopmark::test
