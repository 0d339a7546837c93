// The end of one call over a socket, whatever the other side does. The time-outs of an HTTP client
// bound each wait for a byte, so a peer that sends one now and then could hold a thread for ever;
// when the deadline has passed, the sockets of the call are shut down, and whoever waits on one
// wakes up with an error. Watches by a thread of its own, which begins with the first socket.
// watch() is called by the thread that makes the call; SIGPIPE MUST be ignored by the process.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "events/core/instant.h"

namespace chopmark::outside {

class CallDeadline {
  public:
    /// From now.
    explicit CallDeadline(Duration longest);
    /// Ends the watch. The sockets, if they are still open, are left as they are.
    ~CallDeadline();
    CallDeadline(const CallDeadline&) = delete;
    CallDeadline& operator=(const CallDeadline&) = delete;

    /// Holds a duplicate of the descriptor, so that one which the client has closed and the system
    /// has given to somebody else is never shut down. One that cannot be watched is shut down at
    /// once.
    void watch(int socket);
    [[nodiscard]] bool is_over() const;

  private:
    void wait();

    const std::chrono::steady_clock::time_point end_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    std::vector<int> sockets_;  // ours
    std::thread watcher_;
};

}  // namespace chopmark::outside
