// Keeps the dates of relying parties: what control's state says is due – a reminder that a
// declaration or a KEK's certificate is near its end, the suspension of a service whose declaration
// is late – becomes a command of the platform. The state alone says what is due, so a restart
// forgets nothing and two nodes that look at once record it once. Safe from any thread; all of what
// it is given must outlive it and the answers it waits for.
#pragma once

#include <atomic>

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/command_service.h"
#include "events/core/clock.h"

namespace chopmark::ops {

class RelyingPartyCalendar {
  public:
    RelyingPartyCalendar(runtime::CommandService& commands, const control::Snapshots& control,
                         const Clock& clock)
        : commands_(commands), control_(control), clock_(clock) {}

    /// Every few seconds, on the node that serves control; more than one does no harm.
    void tick();

    struct Probe {
        std::uint64_t recorded = 0;
        std::uint64_t failed = 0;             // asked for again
        std::uint64_t declarations_near = 0;  // now, within a month or late
        std::uint64_t keys_near = 0;          // KEK certificates, likewise
    };
    [[nodiscard]] Probe probe() const;

  private:
    void submit(const control::RelyingParty& party, const control::RelyingPartyLifeCommand& due,
                Instant now);
    void count_near(const control::State& state, Instant now);

    runtime::CommandService& commands_;
    const control::Snapshots& control_;
    const Clock& clock_;
    std::atomic<std::uint64_t> waiting_{0};  // commands without an answer
    std::atomic<std::uint64_t> recorded_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> declarations_near_{0};
    std::atomic<std::uint64_t> keys_near_{0};
};

}  // namespace chopmark::ops
