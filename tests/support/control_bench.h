// Control on memory adapters under a test's hand: journal, executor, domain and strand, stepped
// from one thread. Commands are sent by the first administrator, whom the genesis record names.
#pragma once

#include <functional>
#include <optional>

#include "aggregates/runtime/control_domain.h"
#include "aggregates/runtime/local_commands.h"
#include "events/fold/memory_rows.h"
#include "events/journal/memory.h"
#include "tests/support/plain_vault.h"
#include "tests/support/simulated.h"
#include "tests/support/test_node.h"

namespace chopmark::test {

/// A P-256 point as far as a key's shape is checked; different for different names.
Bytes key_named(std::string_view name);

/// A genesis document for a sandbox whose first administrator has the key "first".
journal::Founding sandbox_founding(std::uint16_t partitions = 2);

/// A command of a member of staff, named so that the same name is the same command.
CommandHead staff_command(std::string_view name, const StaffId& staff, Instant at,
                          std::string_view content = "content");

class ControlBench {
  public:
    using Executor = runtime::Executor<runtime::ControlDomain>;
    using Outcome = std::optional<Result<runtime::Receipt>>;

    explicit ControlBench(std::uint64_t seed = 1, journal::FaultPlan faults = {});

    /// Opens domain and term and runs until idle; the outcome of serve().
    Result<void> serve();
    /// Queues a command; its outcome appears in the returned place once run() got that far.
    std::shared_ptr<Outcome> send(control::Command command, const CommandHead& head);
    /// Steps strands and journal until nothing is left to do.
    void run();
    /// Strands only: what was appended stays in flight.
    void run_strands() { scheduler_.run_until_idle(); }
    /// Everything in memory is gone but the log and what rows were flushed.
    void restart();

    [[nodiscard]] CommandHead by_first(std::string_view name,
                                       std::string_view content = "content") const;
    /// An enrolment that is in order, of the member of staff called `name`.
    static control::Command enrol(std::string_view name);
    [[nodiscard]] std::size_t staff() const;

    ManualClock clock;
    SeededEntropy entropy;
    PlainVault vault;
    journal::FaultPlan faults;
    control::Snapshots snapshots;

    Executor& executor() { return *executor_; }
    journal::MemoryJournal& journal() { return *journal_; }
    runtime::ControlDomain& domain() { return *domain_; }

  private:
    void build();

    chopmark::test::TestNodeCa ca_{"ca"};
    chopmark::test::TestNode node_ = ca_.issue("node");
    std::shared_ptr<journal::MemoryLog> log_;
    fold::MemoryRows rows_;
    Scheduler scheduler_;
    Strand* strand_ = nullptr;
    std::unique_ptr<journal::MemoryJournal> journal_;
    std::unique_ptr<runtime::ControlDomain> domain_;
    std::unique_ptr<Executor> executor_;
};

}  // namespace chopmark::test
