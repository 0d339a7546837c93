#include "gateways/http/front_counters.h"

#include <algorithm>

namespace chopmark::http {
namespace {

constexpr std::array all_refusals = {
    refusals::bad_request_line,   refusals::bad_header,           refusals::bad_framing,
    refusals::bad_host,           refusals::bad_target,           refusals::not_found,
    refusals::method_not_allowed, refusals::request_too_slow,     refusals::body_too_large,
    refusals::target_too_long,    refusals::bad_expectation,      refusals::too_many_requests,
    refusals::header_too_large,   refusals::handler_threw,        refusals::reply_dropped,
    refusals::bad_answer,         refusals::bad_transfer_coding,  refusals::overloaded,
    refusals::too_many_waiting,   refusals::too_many_connections, refusals::draining,
    refusals::wait_over,          refusals::answer_late,          refusals::bad_version,
};

}  // namespace

FrontCounters::FrontCounters(const std::vector<Route>& routes)
    : rows_(std::make_unique<Row[]>(routes.size() + 1)),
      refusals_(std::make_unique<Number[]>(all_refusals.size())) {
    for (const Route& route : routes) {
        names_.push_back(route.name);
    }
    names_.emplace_back("-");
}

void FrontCounters::answered(std::size_t route, int status, Duration took, std::size_t bytes_in,
                             std::size_t bytes_out) {
    Row& row = rows_[std::min(route, names_.size() - 1)];
    const auto relaxed = std::memory_order_relaxed;
    row.by_class[static_cast<std::size_t>(std::clamp(status / 100, 0, 5))].fetch_add(1, relaxed);
    const double seconds = static_cast<double>(took.count()) / 1e6;
    const auto bucket = std::lower_bound(latency_bounds.begin(), latency_bounds.end(), seconds);
    row.by_latency[static_cast<std::size_t>(bucket - latency_bounds.begin())].fetch_add(1, relaxed);
    row.micros.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)),
                         relaxed);
    row.bytes_in.fetch_add(bytes_in, relaxed);
    row.bytes_out.fetch_add(bytes_out, relaxed);
}

void FrontCounters::refused(const Refusal& refusal) {
    const auto found = std::find(all_refusals.begin(), all_refusals.end(), refusal);
    if (found != all_refusals.end()) {
        refusals_[static_cast<std::size_t>(found - all_refusals.begin())].fetch_add(
            1, std::memory_order_relaxed);
    }
}

RouteNumbers FrontCounters::numbers_of(const std::string& name, const Row& row) {
    RouteNumbers out;
    out.route = name;
    std::copy(row.by_class.begin(), row.by_class.end(), out.by_class.begin());
    std::copy(row.by_latency.begin(), row.by_latency.end(), out.by_latency.begin());
    out.seconds = static_cast<double>(row.micros.load()) / 1e6;
    out.bytes_in = row.bytes_in;
    out.bytes_out = row.bytes_out;
    return out;
}

FrontNumbers FrontCounters::numbers() const {
    FrontNumbers out;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        out.routes.push_back(numbers_of(names_[i], rows_[i]));
    }
    out.connections = connections;
    out.connections_accepted = connections_accepted;
    out.connections_evicted = connections_evicted;
    out.handshakes_failed = handshakes_failed;
    out.in_flight = in_flight;
    out.body_bytes = body_bytes;
    out.parked = parked;
    out.streams = streams;
    for (std::size_t i = 0; i < all_refusals.size(); ++i) {
        out.refused.emplace_back(all_refusals[i].reason.name, refusals_[i].load());
    }
    return out;
}

}  // namespace chopmark::http
