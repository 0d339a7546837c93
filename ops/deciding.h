// The deciding half of a node: control's executor, one executor for each citizen partition, their
// states and the service that hands them commands; and what keeps them going – terms are opened
// again after they ended, rows are flushed, control is confirmed, deadlines are swept. The owner
// calls the upkeep functions from its timers; all of them only post to strands and return at once,
// but for serve().
//
// A node that shares the journal with others opens terms where assign() says so and stands by
// elsewhere. A partition that is assigned elsewhere is served on until its new owner's term is
// read, so that nobody finds it unserved; upkeep that commands is done for served partitions only.
//
// What it is given must outlive it, and its strands' threads must have been stopped before it goes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "aggregates/runtime/local_commands.h"
#include "aggregates/runtime/partition_upkeep.h"
#include "events/keys/key_ring.h"
#include "ops/membership.h"

namespace chopmark::ops {

class Deciding {
  public:
    struct Surroundings {
        journal::Journal& journal;
        fold::RowStore& rows;
        const fold::LiveTables& tables;
        const keys::EventVault& vault;
        const keys::KeyRing& ring;
        const Clock& clock;
        Entropy& entropy;
        WorkPool& work;
        std::function<Strand&()> make_strand;
        /// What does not count in the partitions' store; null: nobody else can write there.
        const journal::SkippedSource* skipped = nullptr;
        /// Reads control to its end and says where that is; may block. Empty: only the owner of
        /// control knows its end.
        std::function<Result<Sequence>()> read_control = nullptr;
        /// Runs what blocks on the journal; see runtime::ExecutorOptions::opener.
        WorkPool* opener = nullptr;
        /// Runs read_control; null where that is empty.
        WorkPool* asker = nullptr;
        /// Of each partition that this node begins or ceases to serve.
        std::function<void(PartitionId, bool serves)> turned = nullptr;
        /// Whether this node must not own anything now: then it gives up at once what it serves.
        std::function<bool()> barred = nullptr;
        /// The rows were written by another node; see runtime::remake_unsummed.
        bool rows_arrived = false;
    };

    struct Options {
        runtime::ExecutorOptions executor;
        runtime::CitizenDomainOptions domain;
        runtime::PartitionUpkeep::Options upkeep{};
    };

    static Result<std::unique_ptr<Deciding>> open(const Surroundings& around,
                                                  const Options& options);
    ~Deciding();

    /// For a node that is alone: opens a term on every partition; returns when all serve, or with
    /// the first error.
    Result<void> serve();
    /// For one among several: folds all partitions from then on, and serves those of the latest
    /// assign().
    void follow();
    void assign(const Ownership& ownership);
    [[nodiscard]] bool serves(PartitionId partition) const;
    /// Records of the partition that its state has taken in.
    [[nodiscard]] std::uint64_t folded(PartitionId partition) const;
    /// Everything that the journal has is folded.
    [[nodiscard]] bool caught_up() const;
    /// A record of a newer software was met, and its partition is folded no further.
    [[nodiscard]] bool outdated() const;

    [[nodiscard]] runtime::CommandService& commands() { return *commands_; }
    [[nodiscard]] runtime::EventFinder& events() { return *finder_; }
    [[nodiscard]] const control::Snapshots& control() const { return snapshots_; }

    // ---- upkeep, with how often it is wanted ----

    /// 100 ms: opens the next term where one has ended or is wanted.
    void keep_serving();
    /// 250 ms: control was read to its end – by its executor, while that serves, else by asking.
    void confirm_control();
    /// 1 s: states and positions into rows.
    void flush();
    /// 500 ms: the commands of deadlines that have passed.
    void sweep();
    /// 1 s: what partitions have to say about themselves, where it is due.
    void keep_books();

    using Outstanding = std::function<void(std::vector<runtime::CitizenDomain::AddressedFollowUp>)>;
    /// What waits for an answer from outside, partition by partition; called on their strands.
    void look_outstanding(const Outstanding& seen);
    /// 10 ms: the same of what has changed since.
    void look_newly_outstanding(const Outstanding& seen);

    struct Probe {
        runtime::ExecutorProbe executors;  // sums; serving: all that are wanted here
        std::uint64_t served = 0;          // partitions
        std::uint64_t flush_failures = 0;
        std::uint64_t opened_sources = 0;
        std::uint64_t attested = 0;  // records of these kinds, of this process
        std::uint64_t counted = 0;
        std::uint64_t foreign_reported = 0;
        /// Partitions whose state is not what the log says it was (state.differs).
        std::uint64_t differing = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct ControlLane;
    struct CitizenLane;

    explicit Deciding(const Surroundings& around);
    Result<void> build(const Options& options);
    void each_lane(const auto& act);
    void each_lane(const auto& act) const;
    void keep_serving(auto& lane, bool barred);
    void note_turns(auto& lane);
    [[nodiscard]] bool may_open(const auto& lane) const;
    void ask_control();
    void sweep(CitizenLane& lane);
    template <class Lane>
    void send_upkeep(Lane& lane, runtime::PartitionCommand command);
    template <class Lane>
    void report_foreign(Lane& lane, std::uint64_t reported);
    void count_upkeep(const runtime::PartitionCommand& command);

    Surroundings around_;
    control::Snapshots snapshots_;
    bool shares_ = false;  // the journal, with other nodes
    std::mutex serving_mutex_;
    bool settled_ = true;  // partitions are not being shared out anew; under serving_mutex_
    std::atomic<bool> asking_control_{false};
    std::unique_ptr<ControlLane> control_;
    std::vector<std::unique_ptr<CitizenLane>> citizens_;
    std::unique_ptr<runtime::EventFinder> finder_;
    std::unique_ptr<runtime::LocalCommands> commands_;
    std::atomic<std::uint64_t> flush_failures_{0}, attested_{0}, counted_{0}, foreign_reported_{0};
};

/// The head of a command that the platform gives itself, of a timer.
CommandHead timer_command(const CommandId& id, Instant at);

}  // namespace chopmark::ops
