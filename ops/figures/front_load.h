// A lean load on one listener: so many kept connections, each with one request under way, driven by
// one thread over epoll, so that the generator costs the same small share whoever answers. Answers
// must carry Content-Length; clear text, loopback.
#pragma once

#include <chrono>

#include "ops/figures/samples.h"
#include "ops/figures/wire.h"

namespace chopmark::figures {

struct LoadOutcome {
    double per_second = 0;
    Percentiles waits;
};

/// `request`: the bytes sent each time. Fails if a connection breaks or an answer is not 200.
Result<LoadOutcome> load_front(std::uint16_t port, unsigned connections, std::string_view request,
                               std::chrono::milliseconds warm, std::chrono::milliseconds span);

}  // namespace chopmark::figures
