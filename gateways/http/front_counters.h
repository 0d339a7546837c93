// What the front counts about itself, as plain numbers for /metrics, tests and the bench. Written
// from all threads without locks, so a snapshot is not one instant's truth across fields.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "events/core/instant.h"
#include "gateways/http/refusal.h"
#include "gateways/http/route.h"

namespace chopmark::http {

/// Upper bounds of the latency buckets, in seconds; one more bucket holds the rest.
inline constexpr std::array<double, 13> latency_bounds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0};

struct RouteNumbers {
    std::string route;  // "-": requests that found no route
    /// By status / 100; [0]: the client left without an answer.
    std::array<std::uint64_t, 6> by_class{};
    std::array<std::uint64_t, latency_bounds.size() + 1> by_latency{};  // not cumulative
    double seconds = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
};

struct FrontNumbers {
    std::vector<RouteNumbers> routes;
    std::uint64_t connections = 0;  // now
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_evicted = 0;  // idle ones, for a newcomer
    std::uint64_t handshakes_failed = 0;
    std::uint64_t in_flight = 0;   // requests with a handler, now
    std::uint64_t body_bytes = 0;  // of request bodies in memory, now
    std::uint64_t parked = 0;      // now
    std::uint64_t streams = 0;     // now
    std::uint64_t worker_queue = 0;
    /// Refused by the front, by Reason::name.
    std::vector<std::pair<std::string, std::uint64_t>> refused;
};

class FrontCounters {
  public:
    explicit FrontCounters(const std::vector<Route>& routes);

    using Number = std::atomic<std::uint64_t>;
    Number connections{0};
    Number connections_accepted{0};
    Number connections_evicted{0};
    Number handshakes_failed{0};
    Number in_flight{0};
    Number body_bytes{0};
    Number parked{0};
    Number streams{0};

    static constexpr std::size_t no_route = static_cast<std::size_t>(-1);
    void answered(std::size_t route, int status, Duration took, std::size_t bytes_in,
                  std::size_t bytes_out);
    void refused(const Refusal& refusal);

    [[nodiscard]] FrontNumbers numbers() const;

  private:
    struct Row {
        std::array<Number, 6> by_class{};
        std::array<Number, latency_bounds.size() + 1> by_latency{};
        Number micros{0};
        Number bytes_in{0};
        Number bytes_out{0};
    };
    [[nodiscard]] static RouteNumbers numbers_of(const std::string& name, const Row& row);

    std::vector<std::string> names_;
    std::unique_ptr<Row[]> rows_;  // by route, then one for none
    std::unique_ptr<Number[]> refusals_;
};

}  // namespace chopmark::http
