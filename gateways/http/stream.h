// A body without an end, such as server-sent events, written from any thread. The queue to the
// client is bounded: what does not fit is refused, not stored, so a slow reader costs its own
// stream and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace chopmark::http {

enum class Ended : std::uint8_t { client_gone, time_over, draining };

/// Both run on an I/O thread and MUST be quick.
struct StreamHooks {
    /// The queue, found full by send(), has room again.
    std::function<void()> room;
    /// At most once, and not after close(): nobody reads any more.
    std::function<void(Ended)> ended;
};

enum class Sent : std::uint8_t {
    taken,
    full,  // nothing was taken; `room` will be called
    gone,
};

class StreamTarget {
  public:
    virtual ~StreamTarget() = default;
    virtual Sent send(std::string bytes) = 0;
    virtual void close() = 0;
};

/// Move-only; closes the stream when it goes.
class Stream {
  public:
    Stream() = default;
    explicit Stream(std::shared_ptr<StreamTarget> target) : target_(std::move(target)) {}
    Stream(Stream&&) noexcept = default;
    Stream& operator=(Stream&& other) noexcept;
    ~Stream() { close(); }

    Sent send(std::string bytes);
    void close();

  private:
    std::shared_ptr<StreamTarget> target_;
};

/// One event of text/event-stream; `data` may hold line feeds, `event` and `id` MUST NOT.
std::string server_sent_event(std::string_view event, std::string_view id, std::string_view data);

}  // namespace chopmark::http
