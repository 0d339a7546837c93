// Two online services of a sandbox that tests hurt: one asks citizens for what they have, the other
// has found codes that are not its own. Founded once, by two administrators, and kept as files in a
// folder, so that any thread may open a client of its own, of any node. One receiver takes what the
// platform calls back.
#pragma once

#include <filesystem>

#include "ops/sandbox/service.h"
#include "ops/sandbox/staff.h"

namespace chopmark::test {

class ServiceOffices {
  public:
    enum class Kind : std::uint8_t { honest, thief };

    explicit ServiceOffices(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Makes a second administrator, and the services; `first` is the operator that was founded.
    Result<void> found(sandbox::StaffClient& first, sandbox::Gateways gateways, Entropy& entropy);
    /// For one thread.
    Result<sandbox::SampleService> open(Kind kind, sandbox::Gateways gateways,
                                        Entropy& entropy) const;

  private:
    struct Staff {
        sandbox::StaffClient& first;
        sandbox::StaffClient& second;
    };
    Result<void> onboard(const Staff& staff, Kind kind, sandbox::Gateways gateways,
                         Entropy& entropy);
    [[nodiscard]] std::filesystem::path file_of(Kind kind) const;

    std::filesystem::path folder_;
    std::unique_ptr<sandbox::CallbackReceiver> receiver_;
};

}  // namespace chopmark::test
