// A simulated terminal: a kiosk that reads the card's chip and films the face, or the tablet of a
// counter or a mobile team, where an operator compares the face and signs for it. Both keys are
// P-256 and enrolled by the admin gateway. State can be saved between commands of the tool. Not for
// use from two threads at once.
#pragma once

#include <optional>

#include "ops/sandbox/phone.h"

namespace chopmark::sandbox {

struct SandboxOperator {
    std::string id;
    crypto::P256PrivateKey key;
};

class SimulatedTerminal {
  public:
    /// `kind` as the admin gateway names it: kiosk, counter, mobile_team.
    SimulatedTerminal(std::string id, std::string kind, crypto::P256PrivateKey key,
                      std::optional<SandboxOperator> op, Gateways gateways);
    static Result<SimulatedTerminal> load(const std::filesystem::path& file, Gateways gateways);
    Result<void> save(const std::filesystem::path& file) const;

    [[nodiscard]] const std::string& kind() const { return kind_; }
    [[nodiscard]] const std::string& id() const { return id_; }

    /// The citizen stands there with the card. A good answer has `account` and `voucher`, which
    /// binds the citizen's first phone. A kiosk looks at `face`; elsewhere the operator says
    /// whether it is the same.
    Result<Answer> register_citizen(const Persona& citizen, const Face& face = {},
                                    bool same_face = true);

  private:
    [[nodiscard]] Caller caller() const;

    std::string id_;
    std::string kind_;
    crypto::P256PrivateKey key_;
    std::optional<SandboxOperator> operator_;
    Gateways gateways_;
};

}  // namespace chopmark::sandbox
