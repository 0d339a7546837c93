// A full house: so many accounts of grade default, so many connections that say nothing, and logins
// all the while. Memory is that of this process, the generator of the logins included.
#include <fmt/format.h>

#include <chrono>

#include "ops/figures/figure.h"
#include "ops/figures/gateways.h"
#include "ops/figures/held.h"
#include "ops/figures/login_traffic.h"
#include "ops/figures/machine.h"

namespace chopmark::figures {
namespace {

constexpr double megabytes_wanted = 1024;
constexpr unsigned callers = 16;
constexpr std::size_t phones = 500;

double megabytes() { return static_cast<double>(resident_bytes()) / (1 << 20); }

}  // namespace

Result<void> measure_idle(Bench& bench) {
    using SteadyClock = std::chrono::steady_clock;
    const Settings& settings = bench.settings;
    CHOPMARK_ASSIGN(const auto held, Held::fork());
    const double before = megabytes();
    CHOPMARK_ASSIGN(const auto node,
                    NodeHome::serving(bench.make_folder("idle"), serving_config(settings, false)));
    CHOPMARK_ASSIGN(const auto gateways, gateways_of(*node, false));
    const auto begin = SteadyClock::now();
    CHOPMARK_ASSIGN(const auto traffic, LoginTraffic::prepare(*node, gateways, phones));
    CHOPMARK_TRY(traffic->register_more(
        settings.accounts - std::min<std::uint64_t>(settings.accounts, phones),
        [&](std::uint64_t done) {
            Report::say(fmt::format("         {} accounts, {:.0f} MB", done, megabytes()));
        }));
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    CHOPMARK_TRY(held->hold(gateways.app, settings.connections));
    CHOPMARK_ASSIGN(const auto outcome, traffic->run(callers, settings.warm, settings.span));
    CHOPMARK_ASSIGN(const std::uint32_t dropped, held->count_dropped());
    Row memory;
    memory.name = "idle";
    memory.variant = fmt::format("{} accounts", settings.accounts);
    memory.value = megabytes();
    memory.unit = "MB";
    memory.reach = Reach::below(megabytes_wanted);
    memory.note =
        fmt::format("before {:.0f} MB; registered in {:.0f} s by commands", before, seconds);
    bench.report.add(std::move(memory));
    Row drops;
    drops.name = "idle";
    drops.variant = fmt::format("{} connections", settings.connections);
    drops.value = dropped;
    drops.unit = "dropped";
    drops.reach = Reach::below(1);
    drops.waits = outcome.waits;
    drops.note = fmt::format("{:.0f} logins/s meanwhile", outcome.per_second);
    bench.report.add(std::move(drops));
    return {};
}

}  // namespace chopmark::figures
