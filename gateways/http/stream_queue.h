// The bounded queue between who writes a stream and the connection that sends it. Bytes are framed
// when they are put in, so the connection only moves them.
#pragma once

#include <mutex>

#include "gateways/http/stream.h"

namespace chopmark::http {

class StreamQueue final : public StreamTarget {
  public:
    /// `wake` asks the connection to take(); called from any thread, at most once until take().
    StreamQueue(std::size_t bound_bytes, bool chunked, StreamHooks hooks,
                std::function<void()> wake)
        : bound_(bound_bytes),
          chunked_(chunked),
          hooks_(std::move(hooks)),
          wake_(std::move(wake)) {}

    // ---- the writer's side, any thread ----
    Sent send(std::string bytes) override;
    void close() override;

    // ---- the connection's side, I/O thread ----
    struct Taken {
        std::string bytes;
        bool last = false;  // nothing will follow; the end is in `bytes`
    };
    /// Everything queued; what the last call returned counts as sent. May call `room`.
    Taken take();
    /// Nobody reads any more: `ended` is called unless the writer closed before.
    void end(Ended why);

  private:
    void wake(std::unique_lock<std::mutex>& lock);

    const std::size_t bound_;
    const bool chunked_;
    std::mutex mutex_;
    StreamHooks hooks_;
    std::function<void()> wake_;
    std::string pending_;
    std::size_t in_flight_ = 0;  // bytes of the last take()
    bool woken_ = false;
    bool found_full_ = false;
    bool closed_ = false;
    bool ended_ = false;
};

}  // namespace chopmark::http
