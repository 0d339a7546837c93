// Takes the failures of strangers that this node has counted (gateways/service/refusal_tally.h) to
// control: one CountRefusals for each minute that had any. What control could not take for now is
// given again, under the same command id, before the next minute is. Safe from any thread; all of
// what it is given must outlive it and the answers it waits for.
#pragma once

#include <atomic>
#include <mutex>

#include "aggregates/runtime/command_service.h"
#include "gateways/service/refusal_tally.h"

namespace chopmark::ops {

class RefusalCounts {
  public:
    RefusalCounts(service::RefusalTally& tally, runtime::CommandService& commands,
                  const Clock& clock, const NodeId& node)
        : tally_(tally), commands_(commands), clock_(clock), node_(node) {}

    /// About once a second.
    void tick();

    struct Probe {
        std::uint64_t recorded = 0;
        std::uint64_t failed = 0;  // tried again
    };
    [[nodiscard]] Probe probe() const { return {recorded_.load(), failed_.load()}; }

  private:
    service::RefusalTally& tally_;
    runtime::CommandService& commands_;
    const Clock& clock_;
    const NodeId node_;
    std::atomic<bool> busy_{false};
    std::optional<control::CountRefusals> owed_;  // whoever made busy_ true has it
    std::atomic<std::uint64_t> recorded_{0};
    std::atomic<std::uint64_t> failed_{0};
};

}  // namespace chopmark::ops
