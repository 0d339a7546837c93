// The daemon as the journey runs it, its output in a file. Ended with the object.
#pragma once

#include "ops/sandbox/caller.h"
#include "ops/sandbox/process.h"

namespace chopmark::sandbox {

class Daemon {
  public:
    /// `base` is the first of the six ports that the arguments make it listen on.
    Daemon(std::vector<std::string> arguments, std::filesystem::path output, int base);
    /// `chopmarkd --sandbox` on a data folder; the output lies beside it.
    static Daemon alone(const std::filesystem::path& program, const std::filesystem::path& data,
                        int base);

    /// Returns when every gateway answers; sandbox.daemon_not_ready with the end of its output.
    Result<void> start();
    /// Asks it to leave and waits; its exit code.
    int stop();
    /// SIGKILL.
    void kill();
    /// Another build, from the next start on.
    void renew(const std::filesystem::path& program) { arguments_.front() = program.string(); }
    [[nodiscard]] bool runs();
    [[nodiscard]] const std::filesystem::path& output() const { return output_; }

  private:
    [[nodiscard]] bool answers() const;
    [[nodiscard]] Error failure(const std::string& what) const;

    std::vector<std::string> arguments_;
    std::filesystem::path output_;
    Gateways gateways_;
    std::optional<Child> child_;
};

}  // namespace chopmark::sandbox
