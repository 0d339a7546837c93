#include "ops/cli/sandbox_options.h"

#include <CLI/CLI.hpp>

namespace chopmark::cli {
namespace {

namespace fs = std::filesystem;

fs::path first_there(const std::vector<fs::path>& places) {
    for (const fs::path& place : places) {
        std::error_code ignored;
        if (fs::is_regular_file(place, ignored)) {
            return place;
        }
    }
    return places.back();
}

}  // namespace

fs::path SandboxOptions::client_file(const std::string& name) const {
    return fs::path(data) / "sandbox" / "clients" / (name + ".json");
}

fs::path SandboxOptions::find_client(const std::string& name) const {
    return first_there({name, client_file(name),
                        fs::path(data) / "sandbox" / "journey" / (name + ".json"),
                        client_file(name)});
}

Result<sandbox::StaffClient> SandboxOptions::member(const std::string& name) {
    const fs::path sandbox = fs::path(data) / "sandbox";
    return sandbox::StaffClient::load(
        first_there({name, sandbox / (name + ".key"), sandbox / "journey" / (name + ".key"),
                     sandbox / (name + ".key")}),
        gateways, entropy);
}

SandboxOptionsPtr add_sandbox_options(CLI::App& group) {
    auto options = std::make_shared<SandboxOptions>();
    group
        .add_option("--ports", options->gateways.base,
                    "First of the six ports of the sandbox, as of chopmarkd --ports")
        ->check(CLI::Range(1, 65529))
        ->capture_default_str();
    group.add_option("--data", options->data, "Data folder of the sandbox")->capture_default_str();
    return options;
}

void show(Console& console, const Result<sandbox::Answer>& answer) {
    if (!answer) {
        console.fail(answer.error());
        return;
    }
    if (answer->json.is_null()) {
        console.line(answer->body);
    } else {
        console.print(answer->json);
    }
    if (!answer->good()) {
        console.note("refused: " + answer->summary());
        console.finish(Exit::fault);
    }
}

void show(Console& console, const Result<nlohmann::json>& result) {
    if (result) {
        console.print(*result);
    } else {
        console.fail(result.error());
    }
}

CLI::App* add_answer(CLI::App& group, Console& console, const std::string& name,
                     const std::string& about, std::function<Result<sandbox::Answer>()> run) {
    auto* command = group.add_subcommand(name, about);
    command->callback([run = std::move(run), &console] { show(console, run()); });
    return command;
}

}  // namespace chopmark::cli
