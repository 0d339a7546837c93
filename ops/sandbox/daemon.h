// The daemon as the journey runs it: `chopmarkd --sandbox` on a data folder, its output in a file
// beside that folder. Ended with the object.
#pragma once

#include "ops/sandbox/caller.h"
#include "ops/sandbox/process.h"

namespace chopmark::sandbox {

class Daemon {
  public:
    Daemon(std::filesystem::path program, std::filesystem::path data, Gateways gateways);

    /// Returns when every gateway answers; sandbox.daemon_not_ready with the end of its output.
    Result<void> start();
    /// Asks it to leave and waits; its exit code.
    int stop();
    /// SIGKILL.
    void kill();
    [[nodiscard]] bool runs();
    [[nodiscard]] const std::filesystem::path& output() const { return output_; }

  private:
    [[nodiscard]] bool answers() const;
    [[nodiscard]] Error failure(const std::string& what) const;

    std::filesystem::path program_;
    std::filesystem::path data_;
    std::filesystem::path output_;
    Gateways gateways_;
    std::optional<Child> child_;
};

}  // namespace chopmark::sandbox
