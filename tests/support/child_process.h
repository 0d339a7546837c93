// A program under test that is going to be killed: started with a pipe to its standard output, read
// line by line, ended by SIGKILL. Only whole lines count; what a kill cut off was never said.
// For one thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace chopmark::test {

class ChildProcess {
  public:
    /// `program` is a path; its standard error is ours.
    explicit ChildProcess(const std::vector<std::string>& program_and_arguments);
    ~ChildProcess();  // kills it, if it still runs
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Waits for the next line; nothing at the end of the output.
    std::optional<std::string> next_line();
    void kill();
    /// Waits for its end. The signal that ended it, or minus its exit code.
    int wait();

  private:
    pid_t pid_ = -1;
    int output_ = -1;
    std::string pending_;
};

/// A number from the environment, or what is usual; says so on standard output.
std::uint64_t number_from_environment(const char* name, std::uint64_t usual);

}  // namespace chopmark::test
