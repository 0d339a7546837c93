#include "ops/cli/keyport_command.h"

#include <pthread.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <iostream>

#include "events/crypto/system_entropy.h"
#include "ops/keyport_server.h"
#include "ops/telemetry/front_telemetry.h"

namespace chopmark::cli {
namespace {

constexpr Reason bad_option{"tool.bad_option", Kind::invalid};
constexpr Duration drain_time = std::chrono::seconds(10);

struct KeyPortCommand {
    std::string data;
    std::string listen = "127.0.0.1:8120";
    std::vector<std::string> refused;
};

Result<ops::KeyPortServer::Options> options_of(const KeyPortCommand& command) {
    ops::KeyPortServer::Options options;
    const auto colon = command.listen.rfind(':');
    const std::string_view port =
        std::string_view(command.listen).substr(colon == std::string::npos ? 0 : colon + 1);
    const auto read = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (colon == std::string::npos || read.ec != std::errc() ||
        read.ptr != port.data() + port.size()) {
        return Error(bad_option, "--listen takes ADDRESS:PORT");
    }
    options.address = command.listen.substr(0, colon);
    if (options.address.starts_with('[') && options.address.ends_with(']')) {
        options.address = options.address.substr(1, options.address.size() - 2);
    }
    for (const std::string& hex : command.refused) {
        const auto node = NodeId::from_hex(hex);
        if (!node) {
            return Error(bad_option, "--refuse takes the 32 hex digits of a node");
        }
        options.refused.insert(*node);
    }
    return options;
}

/// Blocked before any thread is made, so that all of them inherit it.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

Result<void> serve(const KeyPortCommand& command, Console& console) {
    ::umask(S_IRWXG | S_IRWXO);
    const sigset_t signals = block_signals();
    CHOPMARK_ASSIGN(auto options, options_of(command));
    const SystemClock clock;
    crypto::SystemEntropy entropy;
    telemetry::LogOptions log_options;
    log_options.node = "keyport";
    CHOPMARK_ASSIGN(const auto log, telemetry::Log::open(log_options, clock));
    telemetry::RequestLines lines(*log, "keyport");
    options.log = &lines;
    CHOPMARK_ASSIGN(const auto server, ops::KeyPortServer::start(ops::DataFolder(command.data),
                                                                 options, clock, entropy));
    console.line("node " + server->node().hex());
    console.line("port " + std::to_string(server->port()));
    console.line("ready");
    std::cout.flush();  // the end of the command is far away
    int received = 0;
    sigwait(&signals, &received);
    const bool whole = server->drain(drain_time);
    log->info("keyport.ended", {{"signal", received}, {"drained", whole}});
    return {};
}

}  // namespace

void add_keyport_command(CLI::App& app, Console& console) {
    auto command = std::make_shared<KeyPortCommand>();
    auto* keyport = app.add_subcommand(
        "keyport", "Serves the citizens' signing keys and passwords to the nodes of a deployment");
    keyport->footer(
        "  chopmark node cert --data DIR --into KEYS --name keyport\n"
        "  chopmark node enrol --data DIR --into KEYS --key-port\n"
        "  chopmark keyport --data KEYS --listen 127.0.0.1:8120\n"
        "then in every node's configuration: [keyport] address and node. Secrets that a single "
        "node\nhas already move with the folder DIR/secrets.");
    keyport->add_option("--data", command->data, "The key port's data folder")->required();
    keyport->add_option("--listen", command->listen, "ADDRESS:PORT; port 0: the system chooses")
        ->capture_default_str();
    keyport->add_option("--refuse", command->refused, "A withdrawn node; may be repeated");
    keyport->callback([command, &console] {
        const auto served = serve(*command, console);
        if (!served) {
            console.fail(served.error());
        }
    });
}

}  // namespace chopmark::cli
