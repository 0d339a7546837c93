// One listening address: accepts, frames, limits, dispatches to the rows of its table, answers.
// Sockets, TLS and time-outs live on a few I/O threads, handlers on a bounded pool; waiting
// requests hold no thread. A process may have several fronts (one address each). All functions are
// safe from any thread but the front's own.
#pragma once

#include <memory>

#include "gateways/http/front_context.h"

namespace chopmark::http {

inline constexpr Reason listen_failed{"http.listen_failed", Kind::unavailable};
inline constexpr Reason authorizer_missing{"http.authorizer_missing", Kind::internal};

class Front {
  public:
    /// Listens when it returns. Fails on listen policy, TLS files, a taken port, or a table with
    /// permissions and no authorizer.
    static Result<std::unique_ptr<Front>> start(RouteTable table, const FrontOptions& options,
                                                const FrontPorts& ports);
    /// drain(0), then waits for handlers that still run.
    ~Front();

    /// Stops accepting, closes idle connections, answers the parked with 503, lets the rest finish
    /// for at most `within`, then cuts. True if nothing had to be cut. Later calls do nothing.
    bool drain(Duration within);
    [[nodiscard]] bool is_draining() const;

    /// Reads certificate, key, authority and revocations again, for connections to come. On failure
    /// everything stays as it was. Without TLS there is nothing to do.
    Result<void> renew_tls();

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] FrontNumbers numbers() const;

  private:
    struct Parts;
    explicit Front(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace chopmark::http
