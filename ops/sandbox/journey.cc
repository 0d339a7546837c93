#include "ops/sandbox/journey.h"

#include <fmt/format.h>
#include <signal.h>

#include <iterator>

#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

std::vector<Step> all_steps(bool cluster) {
    std::vector<Step> all;
    const auto add = [&all](std::vector<Step> steps) {
        std::move(steps.begin(), steps.end(), std::back_inserter(all));
    };
    for (const auto& part : {setup_steps, login_steps, request_steps}) {
        add(part());
    }
    if (cluster) {
        add(cluster_steps());
    }
    for (const auto& part : {citizen_steps, detection_steps, audit_steps, proof_steps}) {
        add(part());
    }
    return all;
}

Result<void> clear(const fs::path& data) {
    std::error_code failed;
    if (!fs::exists(data, failed)) {
        return {};
    }
    // Only what is a sandbox's is cleared: a slip of the name must not cost somebody's files.
    if (!fs::exists(data / "sandbox" / "first_operator.key", failed) &&
        !fs::is_empty(data, failed)) {
        return Error(bad_state, data.string() + " is no sandbox's folder; it is left alone");
    }
    fs::remove_all(data, failed);
    fs::remove(data.string() + ".log", failed);
    for (const fs::path& place : Cluster::places(data)) {
        fs::remove_all(place, failed);
    }
    return failed ? Result<void>(Error(bad_state, data.string() + ": " + failed.message()))
                  : Result<void>();
}

Result<void> start(World& world) {
    const JourneyOptions& options = world.options;
    if (options.brokers.empty()) {
        world.alone = std::make_unique<Daemon>(
            Daemon::alone(options.daemon, options.data, options.gateways.base));
        return world.alone->start();
    }
    CHOPMARK_ASSIGN(world.cluster, Cluster::start(options, world.entropy));
    CHOPMARK_ASSIGN(auto first, StaffClient::load(options.data / "sandbox" / "first_operator.key",
                                                  options.gateways, world.entropy));
    return world.cluster->admit(first);
}

/// How many processes had ended.
Result<int> keep_up(World& world) {
    if (world.cluster) {
        return world.cluster->keep_up();
    }
    if (world.alone->runs()) {
        return 0;
    }
    CHOPMARK_TRY(world.alone->start());
    return 1;
}

/// One more than the last run on this folder.
Result<unsigned> count_run(const World& world) {
    const fs::path file = world.folder() / "run.json";
    unsigned run = 1;
    if (const auto last = read_state(file)) {
        run = last->value("run", 0U) + 1;
    }
    CHOPMARK_TRY(write_state(file, {{"run", run}}));
    return run;
}

bool walk(const Step& step, World& world, std::ostream& out) {
    const auto begin = std::chrono::steady_clock::now();
    const auto seen = step.walk(world);
    const double took = Seconds(std::chrono::steady_clock::now() - begin).count();
    out << fmt::format("{:>2}  {}  {} ({:.1f} s): {}\n", step.number, seen ? "ok  " : "FAIL",
                       step.title, took,
                       seen                          ? *seen
                       : seen.error().detail.empty() ? to_string(seen.error())
                                                     : seen.error().detail)
        << std::flush;
    return seen.has_value();
}

/// A step that looks up what an earlier one should have left finds nothing if that one failed.
bool walk_safely(const Step& step, World& world, std::ostream& out) {
    try {
        return walk(step, world, out);
    } catch (const std::exception& missing) {
        out << fmt::format("{:>2}  FAIL  {}: an earlier step left nothing to go on with ({})\n",
                           step.number, step.title, missing.what())
            << std::flush;
        return false;
    }
}

void print_node(const std::string& data, const Gateways& gateways, std::ostream& out) {
    out << fmt::format(
        "  data in {0}, the daemon's words in {0}.log\n"
        "    relying parties  http://127.0.0.1:{1}\n"
        "    phones           http://127.0.0.1:{2}\n"
        "    terminals        http://127.0.0.1:{3}\n"
        "    auditors         http://127.0.0.1:{4}\n"
        "    security teams   http://127.0.0.1:{5}\n"
        "    operators        http://127.0.0.1:{6}\n",
        data, gateways.rp(), gateways.app(), gateways.channel(), gateways.audit(),
        gateways.security(), gateways.admin());
}

void print_addresses(const JourneyOptions& options, std::ostream& out) {
    const bool two = options.gateways.services != 0;
    out << (two ? "\nThe sandbox stays up, two nodes that share one log:\n"
                : "\nThe sandbox stays up:\n");
    print_node(options.data.string(), Gateways{options.gateways.base}, out);
    if (two) {
        print_node(second_data(options.data).string(), Gateways{options.gateways.services}, out);
        out << fmt::format("  brokers {}\n", options.brokers);
    }
    out << "each address with /openapi.json. Ctrl-C ends it.\n" << std::flush;
}

/// SIGINT and SIGTERM are blocked from the start, so that none gets past the daemon's end.
class Signals {
  public:
    Signals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGINT);
        sigaddset(&set_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    }
    [[nodiscard]] bool came() const {
        const timespec now{};
        return sigtimedwait(&set_, nullptr, &now) > 0;
    }
    void wait() const {
        int received = 0;
        sigwait(&set_, &received);
    }

  private:
    sigset_t set_{};
};

}  // namespace

Result<int> run_journey(const JourneyOptions& options, Entropy& entropy, std::ostream& out) {
    const Signals signals;
    if (options.fresh) {
        CHOPMARK_TRY(clear(options.data));
    }
    World world(options, entropy);
    CHOPMARK_TRY(start(world));
    CHOPMARK_ASSIGN(world.run, count_run(world));
    const auto steps = all_steps(world.cluster != nullptr);
    out << fmt::format("journey {} on {}: {} steps\n", world.run, options.data.string(),
                       steps.size())
        << std::flush;
    int failed = 0;
    for (const Step& step : steps) {
        if (signals.came()) {
            out << "stopped\n";
            return std::max(failed, 1);
        }
        const bool good = walk_safely(step, world, out);
        failed += good ? 0 : 1;
        CHOPMARK_ASSIGN(const int ended, keep_up(world));
        if (good && ended > 0) {  // whoever kills brings back
            out << "    FAIL  a process ended by itself; its last words are in its log\n"
                << std::flush;
            ++failed;
        }
    }
    out << fmt::format("{} of {} steps good\n", steps.size() - static_cast<std::size_t>(failed),
                       steps.size())
        << std::flush;
    if (!options.once) {
        print_addresses(options, out);
        signals.wait();
    }
    if (world.cluster) {
        world.cluster->stop();
    } else {
        world.alone->stop();
    }
    return failed;
}

}  // namespace chopmark::sandbox
