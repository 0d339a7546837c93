// A full house: so many accounts of grade default, so many connections that say nothing, and logins
// all the while. Memory is that of this process, the generator and its ends of the connections
// included.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>

#include "ops/figures/figure.h"
#include "ops/figures/gateways.h"
#include "ops/figures/login_traffic.h"
#include "ops/figures/machine.h"

namespace chopmark::figures {
namespace {

constexpr double megabytes_wanted = 1024;
constexpr unsigned callers = 16;
constexpr std::size_t phones = 500;

/// Both ends of every connection are descriptors of this process.
void raise_descriptors() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

Result<void> ask_once(Wire& wire) {
    CHOPMARK_TRY(wire.call("POST", "/app/v1/challenge", "", "{}"));
    return {};
}

Result<std::vector<Wire>> hold(const Origin& origin, std::uint32_t number) {
    std::vector<Wire> out;
    for (std::uint32_t i = 0; i < number; ++i) {
        CHOPMARK_ASSIGN(Wire wire, Wire::connect(origin));
        CHOPMARK_TRY(ask_once(wire));
        out.push_back(std::move(wire));
    }
    return out;
}

double megabytes() { return static_cast<double>(resident_bytes()) / (1 << 20); }

}  // namespace

Result<void> measure_idle(Bench& bench) {
    using SteadyClock = std::chrono::steady_clock;
    raise_descriptors();
    const Settings& settings = bench.settings;
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
    CHOPMARK_ASSIGN(auto held, hold(gateways.app, settings.connections));
    CHOPMARK_ASSIGN(const auto outcome, traffic->run(callers, settings.warm, settings.span));
    std::uint32_t dropped = 0;
    for (Wire& wire : held) {
        dropped += ask_once(wire) ? 0 : 1;
    }
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
