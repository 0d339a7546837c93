// Whole QR logins a second over loopback, in clear and under TLS with kept connections. There is no
// bare comparator: what is asked is a rate, with the generator on the same cores.
#include <fmt/format.h>

#include "ops/figures/figure.h"
#include "ops/figures/gateways.h"
#include "ops/figures/login_traffic.h"

namespace chopmark::figures {
namespace {

constexpr double rate_wanted = 1500;
constexpr unsigned callers = 64;
constexpr std::size_t phones = 4000;

Result<void> measure(Bench& bench, bool tls) {
    const auto folder = bench.make_folder("login");
    const config::Config config = serving_config(bench.settings, tls);
    CHOPMARK_ASSIGN(const auto node, NodeHome::serving(folder, config));
    CHOPMARK_ASSIGN(const auto gateways, gateways_of(*node, tls));
    CHOPMARK_ASSIGN(const auto traffic, LoginTraffic::prepare(*node, gateways, phones));
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
    bench.report.add(std::move(row));
    return {};
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
