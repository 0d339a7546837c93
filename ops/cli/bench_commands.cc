#include "ops/cli/bench_commands.h"

#include <spawn.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "ops/cli/console.h"

namespace chopmark::cli {
namespace {

namespace fs = std::filesystem;

constexpr Reason not_measured{"bench.not_measured", Kind::unavailable};

struct BenchOptions {
    std::vector<std::string> names;
    fs::path disk = ".";
    std::string rows;  // file; empty: none
    std::uint64_t rounds = 3;
    std::uint64_t span_ms = 2000;
    std::uint64_t events = 2'000'000;
};

/// A folder of its own on the disk that is measured, gone with the object.
class Scratch {
  public:
    static Result<Scratch> make(const fs::path& disk) {
        std::string name = (disk / "figures.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            return Error(not_measured,
                         "no folder for scratch data can be made in " + disk.string());
        }
        return Scratch(name);
    }
    explicit Scratch(fs::path path) : path_(std::move(path)) {}
    Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, fs::path())) {}
    Scratch& operator=(Scratch&&) = delete;
    ~Scratch() {
        std::error_code ignored;
        if (!path_.empty()) {
            fs::remove_all(path_, ignored);
        }
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// Runs the program on our own streams: it draws its table and its progress itself.
Result<int> run_beside(std::vector<std::string> arguments) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    pid_t child = -1;
    if (::posix_spawn(&child, pointers.front(), nullptr, nullptr, pointers.data(), environ) != 0) {
        return Error(not_measured, arguments.front() + " cannot be started");
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<int> measure(const BenchOptions& options) {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "chopmark-figures";
    CHOPMARK_ASSIGN(const Scratch scratch, Scratch::make(options.disk));
    std::vector<std::string> arguments{program.string(),
                                       "--scratch",
                                       scratch.path().string(),
                                       "--rounds",
                                       std::to_string(options.rounds),
                                       "--span",
                                       std::to_string(options.span_ms),
                                       "--events",
                                       std::to_string(options.events)};
    if (!options.rows.empty()) {
        arguments.insert(arguments.end(), {"--json", options.rows});
    }
    arguments.insert(arguments.end(), options.names.begin(), options.names.end());
    return run_beside(std::move(arguments));
}

}  // namespace

void add_bench_commands(CLI::App& app, Console& console) {
    auto* command = app.add_subcommand(
        "bench",
        "Measures this machine: each figure beside a bare comparator of the same run, as a ratio");
    command->footer(
        "  chopmark bench append command --disk /srv/chopmark --rows rows.json\n\n"
        "Exit codes: 0 measured, 3 not.");
    auto options = std::make_shared<BenchOptions>();
    command->add_option("name", options->names,
                        "append, command, rebuild, verify, login, idle; without any: all");
    command->add_option("--disk", options->disk, "The folder whose disk is measured")
        ->check(CLI::ExistingDirectory)
        ->capture_default_str();
    command->add_option("--rows", options->rows, "Write the rows as a JSON list, too");
    command->add_option("--rounds", options->rounds, "Measurements of each; the median counts")
        ->capture_default_str();
    command->add_option("--span", options->span_ms, "Length of one measurement, ms")
        ->capture_default_str();
    command->add_option("--events", options->events, "Records that rebuild and verify work on")
        ->capture_default_str();
    command->callback([options, &console] {
        const auto code = measure(*options);
        if (!code) {
            console.fail(code.error());
        } else if (*code != 0) {
            console.finish(Exit::unavailable);
        }
    });
}

}  // namespace chopmark::cli
