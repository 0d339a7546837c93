// Alerts as they are recorded, to whoever listens. The wiring hands it every accepted record of
// control, in order; it keeps the newest few and sends them to all streams. A stream that comes
// back names the last it saw: what the feed no longer has, the alerts view tells first. A listener
// too slow for its own queue goes on when there is room, and is closed once it has missed what the
// feed holds: it comes back and reads on. Bounded; safe from any thread; never blocks.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/limits.h"
#include "events/schema/catalog.h"
#include "gateways/http/reply.h"

namespace chopmark::security {

inline constexpr Reason feed_full{"alerts.too_many_streams", Kind::busy};

/// One server-sent event; its id is the control sequence.
struct AlertNews {
    Sequence at;
    std::string text;
};
/// Nothing for an event that is no alert's. Leaf and link only: no personal layer.
std::optional<AlertNews> news_of(Sequence at, Instant recorded_at, const EventId& id,
                                 const schema::Event& event);

class AlertFeed {
  public:
    struct Options {
        std::size_t streams = limits::alert_streams;
        std::size_t kept = limits::alert_feed_alerts;
    };
    explicit AlertFeed(Options options);
    AlertFeed() : AlertFeed(Options()) {}
    /// Closes all streams.
    ~AlertFeed();

    /// A record of control was accepted.
    void publish(Sequence at, Instant recorded_at, const EventId& id, const schema::Event& event);

    /// Where a stream that begins now would begin.
    [[nodiscard]] Sequence next() const;

    /// Opens the stream: `told` first, then what the feed has from `next` on, then what comes.
    /// alerts.too_many_streams.
    void open(http::Reply reply, const std::vector<AlertNews>& told, Sequence next);

    struct Probe {
        std::size_t streams = 0;
        std::uint64_t published = 0;
        std::uint64_t closed_behind = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct Core;
    struct Listener;
    std::shared_ptr<Core> core_;  // hooks of streams may outlive the feed
};

}  // namespace chopmark::security
