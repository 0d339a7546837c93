// One caller that keeps a number of records in flight: it asks for every slot that was answered
// since it last looked, as a burst. One thread and one wake-up a burst, so that what lies beneath
// is measured and not the waking of many callers; ours and the bare comparator pay the same.
// answer() and fail() may be called from any thread, but not from within `ask`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "events/core/result.h"
#include "ops/figures/clients.h"

namespace chopmark::figures {

inline constexpr Reason not_answered{"figures.not_answered", Kind::unavailable};

class InFlight {
  public:
    using Slots = std::vector<unsigned>;
    /// Sends one record for each slot; answer() must come for each of them.
    using Ask = std::function<Result<void>(std::span<const unsigned> slots)>;

    explicit InFlight(unsigned number);

    /// Returns when all was answered: what follows finds nothing under way. The error of `ask` or
    /// fail(), or figures.not_answered when nothing came for too long.
    Result<Clients::Outcome> run(const Ask& ask, std::chrono::milliseconds warm,
                                 std::chrono::milliseconds span);
    void answer(std::span<const unsigned> slots);
    void fail(const Error& error);

  private:
    using SteadyClock = std::chrono::steady_clock;

    /// Slots to ask for, empty at the end.
    Result<Slots> next();
    Clients::Outcome outcome(std::chrono::milliseconds span);

    std::mutex mutex_;
    std::condition_variable came_;
    Slots free_;
    std::vector<SteadyClock::time_point> began_;  // by slot
    std::vector<std::uint32_t> waits_us_;
    SteadyClock::time_point counted_from_;
    SteadyClock::time_point counted_to_;
    std::optional<Error> failure_;
};

}  // namespace chopmark::figures
