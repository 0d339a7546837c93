// One citizen partition on memory adapters under a test's hand: journal, executor, domain and
// strand, stepped from one thread, over the control state of a story.
#pragma once

#include <optional>

#include "aggregates/runtime/local_commands.h"
#include "events/fold/memory_rows.h"
#include "events/journal/memory.h"
#include "tests/support/citizen_evidence.h"
#include "tests/support/plain_vault.h"
#include "tests/support/simulated.h"
#include "tests/support/test_node.h"

namespace chopmark::test {

class CitizenBench {
  public:
    using Executor = runtime::Executor<runtime::CitizenDomain>;
    using Outcome = std::optional<Result<runtime::Receipt>>;

    /// Control is the story's, the clock stands at its time.
    explicit CitizenBench(const CitizenStory& story);

    Result<void> serve();
    std::shared_ptr<Outcome> send(runtime::CitizenDomain::Command command, const CommandHead& head);
    /// As the timer gives it.
    std::shared_ptr<Outcome> send(runtime::PartitionCommand command);
    /// Whether the rows open; restart() insists on it.
    Result<void> try_restart();
    void run();
    /// Everything in memory is gone but the log and what rows were flushed.
    void restart();
    /// Every row of every table, in order.
    [[nodiscard]] std::map<std::string, Bytes> rows();

    ManualClock clock;
    SeededEntropy entropy{7};
    PlainVault vault;
    control::Snapshots snapshots;

    runtime::CitizenDomain& domain() { return *domain_; }
    fold::MemoryRows& store() { return rows_; }
    journal::MemoryJournal& journal() { return *journal_; }

    static constexpr PartitionId partition{1};

  private:
    Result<void> build();
    void submit(runtime::CitizenDomain::Command command, const CommandHead& head, Opened opened,
                const std::shared_ptr<Outcome>& outcome);
    [[nodiscard]] Opened open(const std::vector<EventId>& sources) const;

    TestNodeCa ca_{"ca"};
    TestNode node_ = ca_.issue("node");
    std::shared_ptr<journal::MemoryLog> log_;
    fold::MemoryRows rows_;
    Scheduler scheduler_{7};
    std::unique_ptr<journal::MemoryJournal> journal_;
    std::unique_ptr<runtime::CitizenDomain> domain_;
    std::unique_ptr<Executor> executor_;
};

}  // namespace chopmark::test
