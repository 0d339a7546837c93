// A node without its listeners: what it keeps, the threads, executors, views, trees and follow-ups
// over it, and the timers that keep all of them going. Gateways and tools stand on its accessors.
// start() returns when the partitions that this node is to own serve; hand_over() gives them to
// others while it still serves; stop() drains nothing – listeners go first – and returns when no
// thread of the backbone runs any more.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "events/fold/rebuild.h"
#include "events/fold/runner.h"
#include "ops/attendance.h"
#include "ops/broker_clock.h"
#include "ops/checkpoint/checkpoints.h"
#include "ops/clock_watch.h"
#include "ops/deciding.h"
#include "ops/erasures.h"
#include "ops/follow_ups.h"
#include "ops/peers.h"
#include "ops/proving.h"
#include "ops/storage.h"
#include "ops/telemetry/log.h"
#include "ops/telemetry/metrics.h"
#include "projections/views.h"

namespace chopmark::ops {

class Backbone {
  public:
    /// What the process has around it; must outlive the backbone.
    struct Process {
        telemetry::Log& log;
        const Clock& clock;
        Entropy& entropy;
        /// `clock`, where nodes share a journal and it is to be compared; null: it is believed.
        ClockGuard* guard = nullptr;
    };

    /// Opens a founded folder.
    static Result<std::unique_ptr<Backbone>> open(const config::Config& config,
                                                  const DataFolder& folder, const Process& process);
    ~Backbone();

    /// Among several nodes: takes part as soon as it has read what the others wrote, and returns
    /// then, or after a minute of it, or as soon as it is clear that it may own nothing.
    Result<void> start();
    /// Among several nodes: leaves the partitions to the others and goes on serving until they have
    /// them, no longer than `within`. False if some are still served here.
    bool hand_over(Duration within);
    /// The same by order of an operator (Attendance::drain); node.alone where there are no others.
    void drain(Attendance::Drained drained);
    Result<void> resume();
    void stop();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] Storage& storage() { return *storage_; }
    [[nodiscard]] Threads& threads() { return threads_; }
    [[nodiscard]] Deciding& deciding() { return *deciding_; }
    /// For everybody but the upkeep of partitions: finds the owner, wherever it is.
    [[nodiscard]] runtime::CommandService& commands() {
        return peers_ ? peers_->commands() : deciding_->commands();
    }
    /// Null where there are none.
    [[nodiscard]] Peers* peers() { return peers_.get(); }
    [[nodiscard]] Proving& proving() { return *proving_; }
    [[nodiscard]] checkpoint::Checkpoints& checkpoints() { return *checkpoints_; }
    [[nodiscard]] FollowUps& follow_ups() { return *follow_ups_; }
    [[nodiscard]] fold::Runner& views() { return *views_runner_; }
    /// Every view, and the event-id index that is folded like one.
    [[nodiscard]] std::vector<const fold::View*> folds() const;
    /// What a rebuild works with.
    [[nodiscard]] fold::Runner::Surroundings folding();
    [[nodiscard]] const Process& process() const { return process_; }

    /// Why this node should get no traffic now, as stable dotted names; empty: ready.
    [[nodiscard]] std::vector<std::string> not_ready() const;
    void probe(telemetry::Samples& samples) const;

  private:
    Backbone(const config::Config& config, const Process& process);
    Result<void> build(const config::Config& config, const DataFolder& folder);
    Result<void> build_deciding(const config::Config& config);
    void attend(const config::Config& config);
    [[nodiscard]] std::string barred() const;
    [[nodiscard]] bool may_own_soon() const;
    Result<void> find_peers(const DataFolder& folder);
    Result<void> fold_views(const DataFolder& folder);
    Result<void> build_views(const std::vector<fold::Runner::Assigned>& views,
                             const DataFolder& folder);
    void keep_going();
    [[nodiscard]] bool shares() const { return storage_->kafka() != nullptr; }
    [[nodiscard]] bool owns_control() const { return deciding_->serves(control_partition); }
    void probe_journal(telemetry::Samples& samples) const;
    void owe(const std::vector<runtime::CitizenDomain::AddressedFollowUp>& found);
    void expire_periods();
    void recover_rows();

    Process process_;
    const std::string name_;
    std::unique_ptr<Storage> storage_;
    Threads threads_;  // stops before what its tasks refer to goes
    projections::Views views_;
    fold::EventIndex event_index_;
    std::unique_ptr<fold::Runner> views_runner_;
    std::unique_ptr<Proving> proving_;
    std::unique_ptr<checkpoint::Checkpoints> checkpoints_;
    std::unique_ptr<BrokerClock> broker_clock_;  // these two null where no clock is compared
    std::unique_ptr<ClockWatch> clock_watch_;
    std::unique_ptr<Deciding> deciding_;
    std::unique_ptr<Attendance> attendance_;  // null: this node is alone
    std::unique_ptr<Peers> peers_;
    std::unique_ptr<FollowUps> follow_ups_;
    std::unique_ptr<Erasures> erasures_;
    std::atomic<bool> recovering_rows_{false};
    std::atomic<bool> rows_were_ready_{true};
    bool stopped_ = false;
};

}  // namespace chopmark::ops
