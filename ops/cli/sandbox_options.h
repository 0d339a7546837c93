// What the commands that speak to a running sandbox have in common: where it listens, where clients
// keep what they know, and how an answer is shown. One thread.
#pragma once

#include <functional>
#include <memory>

#include "events/crypto/system_entropy.h"
#include "ops/cli/console.h"
#include "ops/sandbox/caller.h"
#include "ops/sandbox/staff.h"

namespace CLI {
class App;
}

namespace chopmark::cli {

struct SandboxOptions {
    sandbox::Gateways gateways;
    std::string data = "chopmark-data";
    crypto::SystemEntropy entropy;

    /// DATA/sandbox/clients/NAME.json, where the tool's own clients are kept.
    [[nodiscard]] std::filesystem::path client_file(const std::string& name) const;
    /// The same, or where the journey keeps its clients, or `name` itself if that is a file.
    [[nodiscard]] std::filesystem::path find_client(const std::string& name) const;
    /// The key file of a member of staff: a file, or a name in DATA/sandbox and its journey folder.
    [[nodiscard]] Result<sandbox::StaffClient> member(const std::string& name);
};
using SandboxOptionsPtr = std::shared_ptr<SandboxOptions>;

/// --ports and --data, on a group of commands.
SandboxOptionsPtr add_sandbox_options(CLI::App& group);

/// Prints a good answer's JSON, or the refusal, and sets the exit code: 1 if the platform refused.
void show(Console& console, const Result<sandbox::Answer>& answer);
void show(Console& console, const Result<nlohmann::json>& result);

/// A command of a group whose whole work is one answer.
CLI::App* add_answer(CLI::App& group, Console& console, const std::string& name,
                     const std::string& about, std::function<Result<sandbox::Answer>()> run);

}  // namespace chopmark::cli
