// The parties outside as a node speaks to them: each over HTTPS where its address is configured,
// else played by the sandbox – which every other environment refuses.
#pragma once

#include <memory>
#include <vector>

#include "events/keys/environment.h"
#include "gateways/outside/outside_client.h"
#include "gateways/outside/sandbox_authority.h"
#include "ops/config/config.h"
#include "ops/data_folder.h"

namespace chopmark::ops {

class OutsideParties {
  public:
    /// keys.sandbox_only when a party without an address is wanted outside the sandbox. All must
    /// outlive the object.
    static Result<std::unique_ptr<OutsideParties>> open(const config::Config& config,
                                                        keys::Environment environment,
                                                        const DataFolder& folder,
                                                        const Clock& clock, Entropy& entropy);

    [[nodiscard]] ports::ImmigrationRegister& immigration() { return *immigration_; }
    [[nodiscard]] ports::FaceMatcher& matcher() { return *matcher_; }
    [[nodiscard]] ports::CertificationAuthority& authority() { return *authority_; }
    [[nodiscard]] ports::PushNotice& push() { return *push_; }

  private:
    OutsideParties() = default;

    std::unique_ptr<keys::Folder> authority_folder_;
    std::vector<std::unique_ptr<outside::OutsideClient>> clients_;
    std::unique_ptr<ports::ImmigrationRegister> immigration_;
    std::unique_ptr<ports::FaceMatcher> matcher_;
    std::unique_ptr<ports::CertificationAuthority> authority_;
    std::unique_ptr<ports::PushNotice> push_;
};

/// The client of a configured party; its url is "https://host[:port][/path]".
outside::OutsideOptions outside_options(const config::PartyConfig& party);

}  // namespace chopmark::ops
