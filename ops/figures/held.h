// Connections that say nothing, held by a child process: both ends in one process would need twice
// the descriptors. The child is forked before anything else has threads, does what it is told over
// a socket pair, and ends with it.
#pragma once

#include <memory>

#include "ops/figures/wire.h"

namespace chopmark::figures {

class Held {
  public:
    /// Call it while this process has no threads of its own.
    static Result<std::unique_ptr<Held>> fork();
    ~Held();

    /// Connects, one call each; how many came about.
    Result<std::uint32_t> hold(const Origin& origin, std::uint32_t number);
    /// One more call on each: how many are gone.
    Result<std::uint32_t> count_dropped();

  private:
    Held(int socket, int child) : socket_(socket), child_(child) {}
    Result<std::uint32_t> ask(std::uint32_t number, std::uint16_t port);
    int socket_;
    int child_;
};

}  // namespace chopmark::figures
