// Programs that the sandbox runs: tools of others, whose word is worth more than our own, and the
// daemon, which is started, killed and started again. Arguments go as they are, through no shell.
// Only processes started here are ever ended, by their own id. Blocks; not from two threads at
// once.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "events/core/result.h"

namespace chopmark::sandbox {

inline constexpr Reason cannot_start{"sandbox.cannot_start", Kind::unavailable};
inline constexpr Reason not_ready{"sandbox.daemon_not_ready", Kind::unavailable};

struct Finished {
    int exit_code = -1;  // 128 + signal, if it was ended by one
    std::string output;  // both streams
};

/// Waits for its end. The first argument is the program, sought in PATH.
Result<Finished> run_program(const std::vector<std::string>& arguments);

/// A program that goes on beside us, ended with the object if it still runs.
class Child {
  public:
    static Result<Child> start(const std::vector<std::string>& arguments,
                               const std::filesystem::path& output);
    Child(Child&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
    Child& operator=(Child&& other) noexcept;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Its exit code as above, if it has ended.
    std::optional<int> ended();
    /// SIGTERM and a wait for its end; SIGKILL when that takes too long.
    int stop();
    /// SIGKILL, at once.
    void kill();

  private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
};

}  // namespace chopmark::sandbox
