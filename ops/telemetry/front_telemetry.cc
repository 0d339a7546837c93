#include "ops/telemetry/front_telemetry.h"

namespace chopmark::telemetry {
namespace {

Level level_of(int status) {
    if (status >= 500) {
        return Level::warn;
    }
    return status >= 400 || status == 0 ? Level::info : Level::debug;
}

void probe_route(Samples& samples, const std::string& gateway, const http::RouteNumbers& route) {
    const Labels labels{{"gateway", gateway}, {"route", route.route}};
    for (std::size_t hundred = 0; hundred < route.by_class.size(); ++hundred) {
        Labels with_class = labels;
        with_class.emplace_back("class", hundred == 0 ? "left" : std::to_string(hundred) + "xx");
        samples.counter("http_requests_total", "Requests by class of status; left: no answer.",
                        static_cast<double>(route.by_class[hundred]), with_class);
    }
    samples.histogram("http_request_seconds", "First byte in to last byte out.",
                      http::latency_bounds, route.by_latency, route.seconds, labels);
    samples.counter("http_request_body_bytes_total", "Bodies received.",
                    static_cast<double>(route.bytes_in), labels);
    samples.counter("http_answer_bytes_total", "Headers and bodies sent.",
                    static_cast<double>(route.bytes_out), labels);
}

}  // namespace

void RequestLines::note(const http::RequestLine& line) {
    log_.write(level_of(line.status), "http.request",
               {{"gateway", gateway_},
                {"method", line.method},
                {"route", line.route},
                {"status", line.status},
                {"reason", line.reason},
                {"took_us", line.took.count()},
                {"in_bytes", line.bytes_in},
                {"out_bytes", line.bytes_out},
                {"trace", line.trace.trace}});
}

void probe_front(Samples& samples, const std::string& gateway, const http::FrontNumbers& numbers) {
    for (const http::RouteNumbers& route : numbers.routes) {
        probe_route(samples, gateway, route);
    }
    const Labels labels{{"gateway", gateway}};
    const auto now = [&](const char* name, const char* help, std::uint64_t value) {
        samples.gauge(name, help, static_cast<double>(value), labels);
    };
    const auto ever = [&](const char* name, const char* help, std::uint64_t value) {
        samples.counter(name, help, static_cast<double>(value), labels);
    };
    now("http_connections", "Open connections.", numbers.connections);
    now("http_requests_in_flight", "Requests with a handler.", numbers.in_flight);
    now("http_requests_parked", "Requests that wait without a thread.", numbers.parked);
    now("http_body_bytes", "Request bodies in memory.", numbers.body_bytes);
    now("http_streams", "Open event streams.", numbers.streams);
    now("http_worker_queue", "Requests that wait for a worker.", numbers.worker_queue);
    ever("http_connections_accepted_total", "Connections accepted.", numbers.connections_accepted);
    ever("http_connections_evicted_total", "Idle connections closed for a newcomer.",
         numbers.connections_evicted);
    ever("http_handshakes_failed_total", "TLS handshakes that failed.", numbers.handshakes_failed);
    for (const auto& [reason, count] : numbers.refused) {
        samples.counter("http_refused_total", "Requests the front itself refused, by reason.",
                        static_cast<double>(count), {{"gateway", gateway}, {"reason", reason}});
    }
}

}  // namespace chopmark::telemetry
