// Strangers without manners: so many connections from so many addresses of this machine, each
// asking again as soon as it was answered or cut off, on one thread until it is stopped. What it
// was told is counted by status.
#pragma once

#include <atomic>
#include <map>
#include <thread>

#include "ops/figures/wire.h"

namespace chopmark::figures {

class Flood {
  public:
    struct Options {
        std::uint16_t port = 0;
        unsigned connections = 200;
        unsigned addresses = 50;  // 127.7.0.1 and up
        std::string request;
    };

    explicit Flood(Options options);
    ~Flood();

    /// Answers by status so far; 0: cut off or not let in.
    std::map<int, std::uint64_t> stop();

  private:
    void run();

    const Options options_;
    std::atomic<bool> over_{false};
    std::map<int, std::uint64_t> answers_;  // of the thread, while it runs
    std::thread thread_;
};

}  // namespace chopmark::figures
