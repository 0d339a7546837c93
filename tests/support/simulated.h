// Time, chance and threads under a test's control: a clock that moves only when told, entropy from
// a seed, and strands that run on the calling thread in an order that the seed decides. With these
// one seed replays a whole run.
#pragma once

#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/strand.h"

namespace chopmark::test {

class ManualClock final : public Clock {
  public:
    explicit ManualClock(Instant start = Instant::from_seconds(1'767'225'600)) : now_(start) {}
    [[nodiscard]] Instant now() const override { return now_; }
    void advance(Duration by) { now_ = now_ + by; }
    void set(Instant to) { now_ = to; }

  private:
    Instant now_;  // 2026-01-01T00:00:00Z by default
};

class SeededEntropy final : public Entropy {
  public:
    explicit SeededEntropy(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out) {
            byte = static_cast<std::uint8_t>(engine_());
        }
    }

  private:
    std::mt19937_64 engine_;
};

/// All strands of a simulation. run_one() picks, by the seed, a strand that has work and runs its
/// oldest task: tasks of one strand keep their order, strands interleave.
class Scheduler {
  public:
    explicit Scheduler(std::uint64_t seed);
    ~Scheduler();

    Strand& make_strand();
    /// False when no strand has work.
    bool run_one();
    /// Drops all strands with what they had to do, as a killed process does.
    void forget();
    void run_until_idle() {
        while (run_one()) {
        }
    }

  private:
    class Queue;
    std::mt19937_64 engine_;
    std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace chopmark::test
