#include "ops/cli/journey_commands.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "ops/cli/sandbox_options.h"
#include "ops/sandbox/journey.h"

namespace chopmark::cli {
namespace {

/// Six gateways, one for peers, one for the key port of the first.
constexpr int ports_of_a_node = 10;

}  // namespace

void add_journey_commands(CLI::App& app, Console& console) {
    auto* command = app.add_subcommand(
        "journey",
        "Walks 24 steps through the whole platform – from enrolment over logins, signatures and\n"
        "attacks to erasure and proof – against a daemon that it starts, kills and starts again");
    command->footer(
        "  chopmark journey --daemon build/release/chopmarkd --data chopmark-data --once\n\n"
        "Exit codes: 0 every step was good, 1 a step failed, 3 there was no journey.");
    auto options = std::make_shared<sandbox::JourneyOptions>();
    options->tool = std::filesystem::read_symlink("/proc/self/exe");
    options->daemon = options->tool.parent_path() / "chopmarkd";
    options->auth_log = "tests/data/auth.log";
    auto shared = add_sandbox_options(*command);
    command->add_option("--daemon", options->daemon, "The program chopmarkd")
        ->check(CLI::ExistingFile)
        ->capture_default_str();
    command->add_option("--auth-log", options->auth_log, "A real sign-in log, for the last step")
        ->capture_default_str();
    command->add_option("--brokers", options->brokers,
                        "HOST:PORT,… of a Kafka cluster: walks over two nodes that share it");
    command->add_flag("--once", options->once, "Leave at the end, with the journey's exit code");
    command->add_flag("--fresh", options->fresh, "Clear the sandbox's data folder first");
    command->callback([options, shared, &console] {
        options->data = shared->data;
        options->gateways = shared->gateways;
        if (!options->brokers.empty()) {
            options->gateways.services = options->gateways.base + ports_of_a_node;
        }
        const auto failed = sandbox::run_journey(*options, shared->entropy, std::cout);
        if (!failed) {
            console.fail(failed.error());
        } else {
            console.finish(*failed == 0 ? Exit::ok : Exit::fault);
        }
    });
}

}  // namespace chopmark::cli
