// Time is injected, so that one seed replays a whole run. now() may be called from any thread and
// may go backwards; only the journal's recorded_at is monotone.
#pragma once

#include "events/core/instant.h"

namespace chopmark {

class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
};

/// The machine's real-time clock.
class SystemClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override {
        return Instant::from_micros(std::chrono::duration_cast<Duration>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
    }
};

}  // namespace chopmark
