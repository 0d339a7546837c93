// The daemon: reads its configuration, opens or – in the sandbox – founds its data folder, serves
// until SIGTERM or SIGINT, drains, leaves; SIGHUP makes it read the files of TLS again. Exit codes:
// 0 left as asked, 2 usage or configuration, 3 could not start or had to cut something off.
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "events/crypto/system_entropy.h"
#include "ops/config/read.h"
#include "ops/sandbox_founding.h"
#include "ops/wiring.h"

namespace {

using namespace chopmark;

constexpr int exit_usage = 2;
constexpr int exit_unavailable = 3;
constexpr Duration drain_time = std::chrono::seconds(10);

struct Arguments {
    std::string config_file;
    bool sandbox = false;
    bool print_config = false;
    std::string data;
    int base_port = 0;
};

int complain(const Error& error, int code) {
    std::fprintf(stderr, "chopmarkd: %s\n", to_string(error).c_str());
    return code;
}

/// Every connection is a descriptor: take as many as the system allows.
void raise_descriptors() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

Result<config::Config> configuration(const Arguments& arguments) {
    config::Config config;
    if (!arguments.config_file.empty()) {
        CHOPMARK_ASSIGN(config, config::read_config(arguments.config_file));
    }
    if (!arguments.data.empty()) {
        config.node.data = arguments.data;
    }
    if (arguments.base_port > 0) {
        int port = arguments.base_port;
        for (config::GatewayConfig* gateway : {&config.rp, &config.app, &config.channel,
                                               &config.audit, &config.security, &config.admin}) {
            gateway->listen.port = static_cast<std::uint16_t>(port++);
        }
        config.node.peer_port = static_cast<std::uint16_t>(port);
    }
    if (arguments.sandbox && config.node.environment != config::Environment::sandbox) {
        return Error(config::refused, "--sandbox with a configuration of another environment");
    }
    return config;
}

int serve(const config::Config& config, bool sandbox) {
    ::umask(S_IRWXG | S_IRWXO);  // rows, journal and secrets are this user's alone
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread made from here on
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptors();

    const SystemClock machine;
    ops::ClockGuard clock(machine);
    crypto::SystemEntropy entropy;
    telemetry::LogOptions log_options = config.log;
    log_options.node = config.node.name;
    auto log = telemetry::Log::open(log_options, clock);
    if (!log) {
        return complain(log.error(), exit_unavailable);
    }
    const ops::DataFolder folder(config.node.data);
    if (sandbox) {
        const auto founded =
            ops::found_sandbox(folder, config.journal.partitions, clock, entropy, config.keys);
        if (!founded) {
            return complain(founded.error(), exit_unavailable);
        }
    }
    auto server = ops::Server::start(config, folder, {**log, clock, entropy, &clock});
    if (!server) {
        return complain(server.error(), exit_unavailable);
    }
    for (const auto& address : (*server)->addresses()) {
        std::printf("%-9s %s\n", address.gateway.c_str(), address.url.c_str());
    }
    std::printf("ready\n");
    std::fflush(stdout);

    int received = 0;
    while (sigwait(&signals, &received) == 0 && received == SIGHUP) {
        (*server)->renew_files();
    }
    (*log)->info("node.draining", {{"signal", received}});
    const bool whole = (*server)->drain(drain_time);
    server->reset();
    (*log)->info("node.ended", {{"drained", whole}});
    return whole ? 0 : exit_unavailable;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app{
        "Chopmark's daemon: the event-sourced transaction and audit backbone of a digital "
        "identity.\n\nTry it: chopmarkd --sandbox --data /tmp/chopmark"};
    app.add_option("--config", arguments.config_file, "TOML file; see --print-config")
        ->check(CLI::ExistingFile);
    app.add_flag("--sandbox", arguments.sandbox,
                 "found the data folder if it is empty, with keys in files; for trying only");
    app.add_option("--data", arguments.data, "the data folder, instead of the configured one");
    app.add_option("--ports", arguments.base_port,
                   "first of seven ports, instead of the configured ones: rp, app, channel, audit, "
                   "security, admin, and that for other nodes")
        ->check(CLI::Range(1, 65528));
    app.add_flag("--print-config", arguments.print_config,
                 "print the configuration in force with every setting explained, and leave");
    CLI11_PARSE(app, argc, argv);

    const auto config = configuration(arguments);
    if (!config) {
        return complain(config.error(), exit_usage);
    }
    if (arguments.print_config) {
        std::fputs(config::print_config(*config).c_str(), stdout);
        return 0;
    }
    return serve(*config, arguments.sandbox);
}
