// What the front is measured against: Boost.Beast as its own examples use it, one coroutine a
// connection on one thread, reading a request and writing an empty answer, with none of our limits,
// counters or refusals. On loopback, in clear text.
#pragma once

#include <memory>

#include "events/core/result.h"

namespace chopmark::figures {

inline constexpr Reason no_coroutines{"figures.no_coroutines", Kind::unavailable};

class BareBeast {
  public:
    virtual ~BareBeast() = default;
    /// Listens when it returns. Fails if this compiler's library has no coroutines.
    static Result<std::unique_ptr<BareBeast>> start();
    [[nodiscard]] virtual std::uint16_t port() const = 0;
};

}  // namespace chopmark::figures
