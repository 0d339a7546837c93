// Connections that say nothing, held by a child process: both ends in one process would need twice
// the descriptors. The child is forked before anything else has threads, does what it is told over
// a socket pair, and ends with it.
#pragma once

#include <memory>
#include <vector>

#include "ops/figures/wire.h"

namespace chopmark::figures {

class Held {
  public:
    /// Call it while this process has no threads of its own.
    static Result<std::unique_ptr<Held>> fork();
    ~Held();

    /// Connects until there are so many in all, one call each; how many came about.
    Result<std::uint32_t> hold(const Origin& origin, std::uint32_t number);
    /// One more call on each: how many are gone.
    Result<std::uint32_t> count_dropped();
    /// Closes all of them.
    Result<void> let_go();

  private:
    Held(int socket, int child) : socket_(socket), child_(child) {}
    struct Order;
    Result<std::uint32_t> ask(const Order& order);
    static std::uint32_t carry_out(const Order& order, std::vector<Wire>& wires);
    int socket_;
    int child_;
};

}  // namespace chopmark::figures
