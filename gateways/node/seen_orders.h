// Answers about control that another node recorded for us, held back until this node has folded the
// record as well: gateways authenticate and answer by control as it is known here, so whoever was
// told "done" must not meet a node that has not heard of it. What takes too long, or comes when too
// many wait, is answered all the same: the record stands, and only this node lags. What still waits
// when it goes is never answered. Safe from any thread; never blocks.
#pragma once

#include <chrono>
#include <mutex>
#include <vector>

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/receipt.h"

namespace chopmark::node {

class SeenOrders {
  public:
    struct Options {
        /// Well above what a reader of the log is behind, below what callers wait for an answer.
        Duration patience = std::chrono::seconds(2);
        std::size_t waiting = 8192;
    };

    /// `control`, this node's, must outlive it.
    SeenOrders(const control::Snapshots& control, const Options& options)
        : control_(control), options_(options) {}

    /// `receipt` is of control. Answers at once when it is known here.
    void answer_when_seen(runtime::Receipt receipt, runtime::Answer answer);
    /// Every few ten milliseconds: answers what is known by now, and what has waited too long.
    void tick();

    struct Probe {
        std::uint64_t unseen = 0;  // answered although not known here
        std::size_t waiting = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    using Moment = std::chrono::steady_clock::time_point;
    struct Waiting {
        Moment until;
        runtime::Receipt receipt;
        runtime::Answer answer;
    };

    const control::Snapshots& control_;
    const Options options_;
    mutable std::mutex mutex_;
    std::vector<Waiting> waiting_;
    std::uint64_t unseen_ = 0;
};

}  // namespace chopmark::node
