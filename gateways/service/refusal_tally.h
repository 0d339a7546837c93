// Failures of callers that nobody authenticated, counted by minute, reason, network and claimed
// client (design-notes E7), until one CountRefusals a minute takes them to control. An address is
// made a keyed token before it is kept; a claimed client counts only if control knows it. Bounded:
// so many keys a minute, what comes beyond them goes into the total alone, and so many minutes
// that were not taken; the oldest gives its total to the next. Safe from any thread.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "aggregates/control/cut.h"
#include "aggregates/control/snapshot.h"
#include "events/core/clock.h"
#include "gateways/http/strangers.h"
#include "gateways/service/network.h"

namespace chopmark::service {

inline constexpr std::size_t refusal_keys = 1024;      // counted one by one in a minute
inline constexpr std::size_t refusals_recorded = 240;  // the largest of them: about 36 KiB
inline constexpr std::size_t refusal_minutes = 10;     // that control has not taken yet

class RefusalTally final : public http::Strangers {
  public:
    /// All must outlive the tally.
    RefusalTally(const Networks& networks, const control::Snapshots& control, const Clock& clock)
        : networks_(networks), control_(control), clock_(clock) {}

    void failed(const http::Call& call, const Reason& reason) override;

    /// The oldest minute that is over, its largest counts first; nothing: none had a failure. What
    /// is taken is the taker's to deliver.
    std::optional<control::CountRefusals> take();

  private:
    using Key = std::tuple<std::string, Bytes, Bytes>;  // reason, network token, client
    struct Count {
        schema::KeyedToken network;
        std::uint64_t times = 0;
    };
    struct Minute {
        Instant begin;
        std::uint64_t total = 0;
        std::map<Key, Count> counts;
    };

    /// The minute of now, for which those before it are closed. Under the lock.
    Minute& minute_of(Instant now);
    static control::CountRefusals to_command(const Minute& minute);

    const Networks& networks_;
    const control::Snapshots& control_;
    const Clock& clock_;
    std::mutex mutex_;  // guards the minutes
    std::deque<Minute> minutes_;
};

}  // namespace chopmark::service
