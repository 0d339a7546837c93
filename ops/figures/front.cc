// The front alone: an empty handler behind every limit, beside a bare coroutine server of Beast in
// the same run, and what one idle connection costs in memory, in clear text and under TLS.
#include "gateways/http/front.h"

#include <fmt/format.h>

#include "events/crypto/system_entropy.h"
#include "ops/figures/bare_beast.h"
#include "ops/figures/figure.h"
#include "ops/figures/front_load.h"
#include "ops/figures/gateways.h"
#include "ops/figures/held.h"
#include "ops/figures/machine.h"

namespace chopmark::figures {
namespace {

constexpr double ratio_wanted = 0.60;
constexpr double clear_kib_wanted = 16;
constexpr double tls_kib_wanted = 48;
constexpr unsigned callers = 64;

/// The path is the one that held connections ask for.
constexpr std::string_view on_loop_path = "/app/v1/challenge";
constexpr std::string_view on_pool_path = "/on_pool";

/// As the daemon's, but for the writing: lines of answers below 400 are not written there either.
class CountedLines final : public http::RequestLog {
  public:
    void note(const http::RequestLine&) override { lines_.fetch_add(1); }

  private:
    std::atomic<std::uint64_t> lines_{0};
};

http::Route empty_row(std::string_view path, http::Run run) {
    http::Route route;
    route.method = "POST";
    route.path = path;
    route.name = run == http::Run::on_loop ? "figures.on_loop" : "figures.on_pool";
    route.permission = http::public_access;
    route.run = run;
    route.handler = http::Handler([](const http::Call&) -> Result<httplib::Response> {
        httplib::Response response;
        response.set_content("{}", "application/json");
        return response;
    });
    return route;
}

/// A front with nothing behind it, and all it needs.
class EmptyFront {
  public:
    static Result<std::unique_ptr<EmptyFront>> start(const http::FrontOptions& options) {
        auto out = std::make_unique<EmptyFront>();
        std::vector<http::Route> rows;
        rows.push_back(empty_row(on_loop_path, http::Run::on_loop));
        rows.push_back(empty_row(on_pool_path, http::Run::on_pool));
        CHOPMARK_ASSIGN(auto table, http::RouteTable::build(std::move(rows)));
        CHOPMARK_ASSIGN(out->front_,
                        http::Front::start(std::move(table), options,
                                           {out->entropy_, out->clock_, nullptr, &out->lines_}));
        return out;
    }
    [[nodiscard]] std::uint16_t port() const { return front_->port(); }

  private:
    crypto::SystemEntropy entropy_;
    SystemClock clock_;
    CountedLines lines_;
    std::unique_ptr<http::Front> front_;
};

/// Nobody is exempt, so every limit is looked at; none is reached.
http::FrontOptions limited(const Settings& settings, bool tls) {
    http::FrontOptions options = serving_config(settings, tls).front;
    options.listen = serving_config(settings, tls).app.listen;
    constexpr double never_reached = 1e9;
    options.peers.exempt_loopback = false;
    options.peers.requests_per_second = never_reached;
    options.peers.burst = never_reached;
    options.peers.all_requests_per_second = never_reached;
    options.peers.all_burst = never_reached;
    options.peers.connections = options.bounds.connections;
    return options;
}

std::string request_for(std::string_view path) {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: figures\r\nAccept: */*\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
        path);
}

Result<void> measure_rate(Bench& bench, std::string_view path, std::string variant, Reach reach) {
    const Settings& settings = bench.settings;
    const std::string request = request_for(path);
    std::vector<double> ours;
    std::vector<double> bare;
    std::vector<Percentiles> our_waits;
    std::vector<Percentiles> bare_waits;
    for (unsigned round = 0; round < settings.rounds; ++round) {
        {
            CHOPMARK_ASSIGN(const auto front, EmptyFront::start(limited(settings, false)));
            CHOPMARK_ASSIGN(const auto outcome, load_front(front->port(), callers, request,
                                                           settings.warm, settings.span));
            ours.push_back(outcome.per_second);
            our_waits.push_back(outcome.waits);
        }
        CHOPMARK_ASSIGN(const auto beast, BareBeast::start());
        CHOPMARK_ASSIGN(const auto outcome,
                        load_front(beast->port(), callers, request, settings.warm, settings.span));
        bare.push_back(outcome.per_second);
        bare_waits.push_back(outcome.waits);
    }
    Row row;
    row.name = "front";
    row.variant = std::move(variant);
    row.value = median(ours);
    row.unit = "requests/s";
    row.bare = median(bare);
    row.reach = reach;
    row.waits = median(our_waits);
    row.bare_waits = median(bare_waits);
    row.note =
        fmt::format("{} kept connections, one I/O thread on each side, bare: coroutines", callers);
    bench.report.add(std::move(row));
    return {};
}

/// Resident memory that so many connections add after one request each; the client ends are in
/// another process, sockets' buffers in the kernel.
Result<void> measure_idle_memory(Bench& bench, Held& held, bool tls) {
    const Settings& settings = bench.settings;
    CHOPMARK_ASSIGN(const auto front, EmptyFront::start(limited(settings, tls)));
    const std::uint32_t some = settings.connections / 10 + 1;
    CHOPMARK_TRY(held.hold({front->port(), tls}, some));  // what the first ones cost is not theirs
    const auto before = static_cast<double>(resident_bytes());
    CHOPMARK_TRY(held.hold({front->port(), tls}, settings.connections + some));
    const auto after = static_cast<double>(resident_bytes());
    CHOPMARK_ASSIGN(const std::uint32_t dropped, held.count_dropped());
    Row row;
    row.name = "front";
    row.variant = fmt::format("{} idle, {}", settings.connections, tls ? "TLS" : "clear");
    row.value = (after - before) / 1024 / settings.connections;
    row.unit = "KiB each";
    row.reach = Reach::below(tls ? tls_kib_wanted : clear_kib_wanted);
    row.note = fmt::format("{} dropped", dropped);
    bench.report.add(std::move(row));
    return held.let_go();
}

}  // namespace

Result<void> measure_front(Bench& bench) {
    CHOPMARK_ASSIGN(const auto held, Held::fork());
    CHOPMARK_TRY(measure_rate(bench, on_loop_path, "empty handler, on the loop",
                              Reach::ratio(ratio_wanted)));
    CHOPMARK_TRY(measure_rate(bench, on_pool_path, "empty handler, on a worker", {}));
    CHOPMARK_TRY(measure_idle_memory(bench, *held, false));
    if (has_certificate(bench.settings)) {
        CHOPMARK_TRY(measure_idle_memory(bench, *held, true));
    }
    return {};
}

}  // namespace chopmark::figures
