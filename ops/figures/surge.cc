// A node that serves with 10,000 silent connections, while strangers from sixty addresses ask as
// fast as they are answered: citizens of relying parties go on logging in, trying again as
// Retry-After says; health and staff are answered; no silent connection is lost; and when it is
// over all is as it was. Everything is on these cores, the flood as well.
#include <fmt/format.h>

#include <mutex>
#include <thread>

#include "ops/figures/figure.h"
#include "ops/figures/flood.h"
#include "ops/figures/gateways.h"
#include "ops/figures/held.h"
#include "ops/figures/machine.h"

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr unsigned callers = 16;
constexpr std::size_t phones = 100;
constexpr unsigned flooding = 200;
constexpr unsigned addresses = 60;
/// From one login of a caller to its next: all together stay below what one address may ask.
constexpr milliseconds pace{500};
constexpr milliseconds retry_after{1000};
constexpr double p99_wanted_us = 500'000;

/// Logs in at an even pace; what was refused is tried again after a second.
class Patient {
  public:
    Patient(LoginTraffic& traffic, unsigned number)
        : traffic_(traffic), number_(number), thread_([this] { run(); }) {}
    Patient(const Patient&) = delete;
    Patient& operator=(const Patient&) = delete;
    ~Patient() { stop(); }

    void stop() {
        over_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    [[nodiscard]] std::uint64_t done() const { return done_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    void run() {
        for (std::size_t turn = 0; !over_; ++turn) {
            const auto next = SteadyClock::now() + pace;
            const Phone& phone = traffic_.phones()[(number_ + callers * turn) % phones];
            while (!over_ && !log_in(phone)) {
                ++refused_;
                wires_.reset();
                std::this_thread::sleep_for(retry_after);
            }
            std::this_thread::sleep_until(next);
        }
    }
    bool log_in(const Phone& phone) {
        if (!wires_) {
            auto connected = LoginTraffic::Caller::connect(traffic_.gateways());
            if (!connected) {
                return false;
            }
            wires_.emplace(*std::move(connected));
        }
        const auto code = traffic_.log_in(*wires_, phone);
        const bool good = code && traffic_.service().get_token(wires_->server, *code);
        done_ += good ? 1 : 0;
        return good;
    }

    LoginTraffic& traffic_;
    const unsigned number_;
    std::optional<LoginTraffic::Caller> wires_;
    std::atomic<bool> over_{false};
    std::atomic<std::uint64_t> done_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::thread thread_;
};

/// Asks for the health of a listener twenty times a second.
class Watcher {
  public:
    explicit Watcher(const Origin& origin) : origin_(origin), thread_([this] { run(); }) {}
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() { (void)stop(); }

    Percentiles stop() {
        over_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
        return percentiles(waits_us_);
    }
    [[nodiscard]] std::uint64_t silent() const { return silent_; }

  private:
    void run() {
        std::optional<Wire> wire;
        while (!over_) {
            const auto begin = SteadyClock::now();
            if (!wire) {
                if (auto connected = Wire::connect(origin_)) {
                    wire.emplace(*std::move(connected));
                }
            }
            const bool told = wire && wire->call("GET", "/health/live", "", "");
            if (!told) {
                ++silent_;
                wire.reset();
            }
            waits_us_.push_back(static_cast<std::uint32_t>(
                std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin)
                    .count()));
            std::this_thread::sleep_until(begin + milliseconds(50));
        }
    }

    const Origin origin_;
    std::atomic<bool> over_{false};
    std::atomic<std::uint64_t> silent_{0};
    std::vector<std::uint32_t> waits_us_;
    std::thread thread_;
};

std::uint64_t done_by(const std::vector<std::unique_ptr<Patient>>& patients) {
    std::uint64_t all = 0;
    for (const auto& patient : patients) {
        all += patient->done();
    }
    return all;
}

/// Logins a second in so long.
double rate_of(const std::vector<std::unique_ptr<Patient>>& patients, milliseconds span) {
    const std::uint64_t before = done_by(patients);
    std::this_thread::sleep_for(span);
    return static_cast<double>(done_by(patients) - before) * 1000 /
           static_cast<double>(span.count());
}

void add(Bench& bench, std::string variant, double value, std::string unit, Reach reach,
         std::string note) {
    Row row;
    row.name = "surge";
    row.variant = std::move(variant);
    row.value = value;
    row.unit = std::move(unit);
    row.reach = reach;
    row.note = std::move(note);
    bench.report.add(std::move(row));
}

std::string told(const std::map<int, std::uint64_t>& answers, double seconds) {
    std::string out = "the flood was told";
    for (const auto& [status, count] : answers) {
        out += fmt::format(" {}: {:.0f}/s", status == 0 ? "nothing" : std::to_string(status),
                           static_cast<double>(count) / seconds);
    }
    return out;
}

}  // namespace

Result<void> measure_surge(Bench& bench) {
    const Settings& settings = bench.settings;
    CHOPMARK_ASSIGN(const auto held, Held::fork());
    config::Config config = serving_config(settings, /*tls=*/false);
    config.front.peers.exempt_loopback = false;  // the flood comes from this machine, too
    config.front.peers.connections = config.front.bounds.connections;
    // All who are silent, and all citizens, have one address here; the flood is for the bound of
    // all.
    config.front.peers.requests_per_second = 2000;
    config.front.peers.burst = 2.0 * settings.connections;
    CHOPMARK_ASSIGN(const auto node, NodeHome::serving(bench.make_folder("surge"), config));
    CHOPMARK_ASSIGN(const auto gateways, gateways_of(*node, false));
    CHOPMARK_ASSIGN(const auto traffic, LoginTraffic::prepare(*node, gateways, phones));
    CHOPMARK_TRY(held->hold(gateways.app, settings.connections));
    node->settle();
    std::vector<std::unique_ptr<Patient>> patients;
    for (unsigned i = 0; i < callers; ++i) {
        patients.push_back(std::make_unique<Patient>(*traffic, i));
    }
    const milliseconds span = std::max(settings.span, milliseconds(2000));
    std::this_thread::sleep_for(settings.warm);
    const double before = rate_of(patients, span);
    const double megabytes_before = static_cast<double>(resident_bytes()) / (1 << 20);

    Watcher watcher(gateways.rp);
    Flood flood({gateways.rp.port, flooding, addresses,
                 fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", traffic->page())});
    const milliseconds surge = settings.surge;
    const double during = rate_of(patients, surge);
    const auto answers = flood.stop();
    const Percentiles health = watcher.stop();
    const double megabytes_after = static_cast<double>(resident_bytes()) / (1 << 20);
    const double after = rate_of(patients, span);
    patients.clear();
    CHOPMARK_ASSIGN(const std::uint32_t dropped, held->count_dropped());

    add(bench, "before", before, "logins/s", {},
        fmt::format("{} citizens at an even pace", callers));
    add(bench, "meanwhile", during, "logins/s", {},
        told(answers, std::chrono::duration<double>(surge).count()));
    add(bench, "after", after / before, "of before", Reach::at_least(0.9), "from the first moment");
    add(bench, "health meanwhile", health.p99_us, "µs p99", Reach::below(p99_wanted_us),
        fmt::format("{} of them unanswered", watcher.silent()));
    add(bench, "memory", megabytes_after - megabytes_before, "MB more", {},
        fmt::format("{:.0f} MB before", megabytes_before));
    add(bench, fmt::format("{} silent", settings.connections), dropped, "dropped", Reach::below(1),
        "");
    return {};
}

}  // namespace chopmark::figures
