// Runs the anomaly fold and hands its findings on. It follows the journal cut by cut; state and
// position go in one commit, so a crash or a restart changes nothing. Whoever turns findings into
// commands takes outstanding(), submits each, and calls settled() once control has accepted it or
// said that it knows it; what was not settled is given again after a restart, which control's
// uniqueness makes harmless. Detection is never in the path of an acknowledgement.
//
// Every node folds, only control's owner submits. start() or pump(), as fold::Runner; everything
// else may be called from any thread.
//
//   table "anomaly/settled/" version:  "w" → all findings before number:u64 are settled
//                                      "n" number:u64 → (empty)            ; settled beyond it
#pragma once

#include <map>
#include <mutex>

#include "anomaly/runner/anomaly_fold.h"
#include "events/fold/runner.h"

namespace chopmark::anomaly {

inline constexpr Reason not_outstanding{"anomaly.not_outstanding", Kind::not_found};

struct AlertProbe {
    std::uint64_t found = 0;        // ever, in this fold
    std::uint64_t outstanding = 0;  // found and not settled
    std::uint64_t lost = 0;         // since start: gone before anybody settled them
};

class AlertRunner {
  public:
    struct Options {
        /// Called when the fold stops at an event, on the folding thread; MUST NOT block.
        fold::Runner::Stopped stopped{};
        /// Findings about earlier records are settled unseen: history that a new rule is folded
        /// over need not raise alerts about years ago.
        Instant hand_on_from{};
    };

    /// All arguments must outlive the object. The surroundings' tables must be those of `fold`'s
    /// own store; no other runner may hold the fold of this name.
    static Result<std::unique_ptr<AlertRunner>> open(const fold::Runner::Surroundings& around,
                                                     const AnomalyFold& fold, Options options);

    void start() { runner_->start(); }
    void stop() { runner_->stop(); }
    /// Folds at most one batch; false when there was nothing to fold.
    Result<bool> pump() { return runner_->pump(); }

    /// The oldest findings that are not settled, in the order they were found; revisions of an
    /// alert MUST be submitted in it.
    Result<std::vector<Finding>> outstanding(std::size_t limit);
    /// Accepted by control, or known to it. Only what outstanding() gave last can be settled.
    Result<void> settled(const AlertId& alert, std::uint32_t revision);

    /// Folding, for whoever watches views.
    [[nodiscard]] fold::Runner& runner() { return *runner_; }
    [[nodiscard]] fold::ViewStatus status() const { return runner_->status().front(); }
    [[nodiscard]] Result<AlertProbe> probe() const;

  private:
    AlertRunner(fold::LiveTables& tables, Options options)
        : tables_(tables), options_(std::move(options)) {}
    Result<void> open_settled(std::uint32_t version);
    Result<void> write(fold::RowBatch& rows, std::uint64_t watermark);
    [[nodiscard]] Result<Head> head() const;

    fold::LiveTables& tables_;
    Options options_;
    fold::TablePtr settled_;
    mutable std::mutex mutex_;  // guards what is below
    std::uint64_t watermark_ = 1;
    std::uint64_t lost_ = 0;
    std::map<std::uint64_t, bool> beyond_;  // settled beyond the watermark
    std::map<std::pair<AlertId, std::uint32_t>, std::uint64_t> given_;
    std::unique_ptr<fold::Runner> runner_;
};

}  // namespace chopmark::anomaly
