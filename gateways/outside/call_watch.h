// Ends calls at their deadlines, whatever the other side does. The time-outs of an HTTP client
// bound each wait for a byte, so a peer that sends one now and then could hold a thread for ever;
// when a deadline has passed, the call's socket is shut down, and whoever waits on it wakes up with
// an error. One thread for all connections of a client, which begins with the first call; a call
// costs an entry in a set. A Seat is used by one thread at a time, the watch by any.
// SIGPIPE MUST be ignored by the process.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace chopmark::outside {

class CallWatch {
  public:
    using Time = std::chrono::steady_clock::time_point;

    CallWatch() = default;
    /// Every seat MUST have gone.
    ~CallWatch();
    CallWatch(const CallWatch&) = delete;
    CallWatch& operator=(const CallWatch&) = delete;

    /// One connection, whose calls are made one after another.
    class Seat {
      public:
        explicit Seat(CallWatch& watch) : watch_(watch) {}
        ~Seat();
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;

        /// The connection's socket from now on: holds a duplicate of the descriptor, so that one
        /// which the client has closed and the system has given to somebody else is never shut
        /// down. One that cannot be watched is shut down at once.
        void hold(int socket);
        /// A call begins, and has to be over by then.
        void begin(Time until);
        void end();

      private:
        friend class CallWatch;
        CallWatch& watch_;
        int socket_ = -1;  // ours; this and the next under the watch's mutex
        Time until_{};     // of the call that is under way
    };

  private:
    using Due = std::pair<Time, Seat*>;
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<Due> calls_;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace chopmark::outside
