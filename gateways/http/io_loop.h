// One I/O thread with its io_context: the sockets given to it, their deadlines, one read buffer for
// all of them. Deadlines live in one dense table that is swept at a fixed tick, so ten thousand
// idle connections cost neither timers nor buffers.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "events/core/strand.h"
#include "gateways/http/front_context.h"

namespace chopmark::http {

class Connection;

class IoLoop : public std::enable_shared_from_this<IoLoop> {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit IoLoop(FrontContext& front);
    ~IoLoop();

    void start();
    /// Closes every connection at once and joins. Idempotent; not from the loop's own thread.
    void stop();

    [[nodiscard]] boost::asio::io_context& io() { return io_; }
    void post(Task task);
    void post_after(Duration pause, Task task);
    /// At once if on the loop's thread, else posted.
    void run_here_or_post(Task task);

    // ---- on the loop's thread ----
    void adopt(std::shared_ptr<Connection> connection);
    void release(const Connection& connection);
    /// `idle`: may be closed in favour of a newcomer.
    void set_deadline(const Connection& connection, Time at, bool idle);
    bool evict_longest_idle();
    void drain();
    [[nodiscard]] std::span<char> scratch() { return scratch_; }
    [[nodiscard]] TraceSource& traces() { return traces_; }

  private:
    struct Entry {
        Time deadline;
        bool idle = false;
        std::shared_ptr<Connection> connection;
    };

    void sweep();
    void arm_sweep();

    FrontContext& front_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer tick_;
    Duration tick_every_;
    bool stopping_ = false;  // on the loop's own thread
    std::vector<Entry> entries_;
    std::vector<char> scratch_;
    TraceSource traces_;
    std::thread thread_;
};

}  // namespace chopmark::http
