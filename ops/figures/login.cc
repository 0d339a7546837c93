// Whole QR logins a second over loopback, in clear and under TLS with kept connections. There is no
// bare comparator: what is asked is a rate, with the generator on the same cores.
#include <fmt/format.h>

#include "ops/figures/figure.h"
#include "ops/figures/gateways.h"
#include "ops/figures/login_traffic.h"

namespace chopmark::figures {
namespace {

constexpr double rate_wanted = 2000;
constexpr double p99_wanted_us = 50'000;
constexpr unsigned callers = 64;
constexpr std::size_t phones = 4000;

/// What a login takes when half as many are begun as can be.
Result<void> measure_half(Bench& bench, LoginTraffic& traffic, double rate) {
    const std::chrono::microseconds every(static_cast<std::int64_t>(2e6 * callers / rate));
    std::vector<Percentiles> waits;
    std::vector<double> rates;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const auto outcome,
                        traffic.run(callers, bench.settings.warm, bench.settings.span, every));
        waits.push_back(outcome.waits);
        rates.push_back(outcome.per_second);
    }
    Row row;
    row.name = "login";
    row.variant = "clear, at half that load";
    row.value = median(waits).p99_us;
    row.unit = "µs p99";
    row.reach = Reach::below(p99_wanted_us);
    row.waits = median(waits);
    row.note = fmt::format("{:.0f} logins/s", median(rates));
    bench.report.add(std::move(row));
    return {};
}

Result<void> measure(Bench& bench, bool tls) {
    const auto folder = bench.make_folder("login");
    const config::Config config = serving_config(bench.settings, tls);
    CHOPMARK_ASSIGN(const auto node, NodeHome::serving(folder, config));
    CHOPMARK_ASSIGN(const auto gateways, gateways_of(*node, tls));
    CHOPMARK_ASSIGN(const auto traffic, LoginTraffic::prepare(*node, gateways, phones));
    node->settle();
    std::vector<double> rates;
    std::vector<Percentiles> waits;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const auto outcome,
                        traffic->run(callers, bench.settings.warm, bench.settings.span));
        rates.push_back(outcome.per_second);
        waits.push_back(outcome.waits);
    }
    Row row;
    row.name = "login";
    row.variant = fmt::format("{}, {} callers", tls ? "TLS, kept" : "clear", callers);
    row.value = median(rates);
    row.unit = "logins/s";
    row.reach = tls ? Reach() : Reach::at_least(rate_wanted);
    row.waits = median(waits);
    row.note =
        "7 requests: getQR, wait twice, scan, challenge, approve, getToken; generator on these "
        "cores";
    const double rate = row.value;
    bench.report.add(std::move(row));
    return tls ? Result<void>() : measure_half(bench, *traffic, rate);
}

}  // namespace

Result<void> measure_login(Bench& bench) {
    CHOPMARK_TRY(measure(bench, false));
    if (!has_certificate(bench.settings)) {
        Report::say("         no tls.pem in the scratch folder: no row under TLS");
        return {};
    }
    return measure(bench, true);
}

}  // namespace chopmark::figures
