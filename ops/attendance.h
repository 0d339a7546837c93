// Whether this node takes part in sharing out the partitions: it joins once it has read what the
// others wrote, leaves when it is told to or when it must not own anything – its clock is off, it
// meets records of a newer software – and comes back when it may. Who leaves serves on until the
// others have opened their terms, so that nobody finds a partition unserved; what happens at once
// when a node must not own anything is its executors' matter.
//
// tick() is called by a timer and returns at once: what blocks on the cluster runs in the given
// pool. All methods are safe from any thread; stop() MUST be called before what it is given goes.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "events/core/strand.h"
#include "ops/membership.h"
#include "ops/telemetry/log.h"

namespace chopmark::ops {

class Attendance {
  public:
    struct Surroundings {
        std::unique_ptr<Membership> membership;
        /// Everything that the others wrote was read and folded.
        std::function<bool()> caught_up;
        /// Told what this node is to own.
        std::function<void(const Ownership&)> assign;
        /// Partitions that are served here.
        std::function<std::uint64_t()> served;
        /// Why this node must not own anything now, as a stable dotted name; empty: it may.
        std::function<std::string()> barred;
        WorkPool& pool;
        telemetry::Log& log;
    };
    struct Options {
        /// For a hand-over by order, which takes less than a second.
        Duration drain = std::chrono::seconds(10);
        /// The others hear within a heartbeat that we left, and open their terms: who is alone
        /// hands over to nobody, and need not wait longer to see it.
        Duration successor = std::chrono::seconds(3);
    };

    explicit Attendance(Surroundings around) : Attendance(std::move(around), Options()) {}
    Attendance(Surroundings around, const Options& options)
        : around_(std::move(around)), options_(options) {}

    /// About ten times a second.
    void tick();

    /// For good. Serves on until others have the partitions, no longer than `within`; false if some
    /// are still served here.
    bool hand_over(Duration within);
    /// The same by order of an operator, and nothing is taken until resume(). `drained` is told how
    /// long it took, once: node.draining, also before this node has joined; node.no_successor, and
    /// then it joins again.
    using Drained = std::function<void(Result<Duration>)>;
    void drain(Drained drained);
    /// node.not_drained.
    Result<void> resume();
    /// Leaves, and hears of no assignment any more.
    void stop();

    /// Why this node is not ready, as stable dotted names; empty: partitions are shared out.
    [[nodiscard]] std::vector<std::string> not_ready() const;

  private:
    enum class Part : std::uint8_t {
        catching_up,
        joining,
        taken,
        draining,  // by order
        drained,
        barring,  // leaves because of it
        barred,
        left,  // for good
    };
    void join();
    bool leave();
    bool wait_for_successors(Duration within);

    const Surroundings around_;
    const Options options_;
    std::mutex group_mutex_;  // joining and leaving
    std::atomic<Part> part_{Part::catching_up};
    std::atomic<bool> settled_{false};
};

}  // namespace chopmark::ops
