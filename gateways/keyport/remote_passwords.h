// The password verifiers of a deployment with several nodes: in the one key port, by its Link.
// insert() and refused() count insertions whose end is not known, so they are asked again only if
// the port has certainly not read them: a refusal told twice could take away a verifier that is
// being recorded. An insertion that was lost on its way back goes as after a crash. Safe from any
// thread; blocks: only in a pool.
#pragma once

#include "events/keys/password_store.h"
#include "gateways/keyport/link.h"

namespace chopmark::keyport {

class RemotePasswords final : public keys::PasswordStore {
  public:
    /// `link` must outlive it. Reasons as of RemoteKeyPort.
    explicit RemotePasswords(Link& link) : link_(link) {}

    Result<Sensitive<std::string>> insert(const keys::VerifierName& name,
                                          const Sensitive<std::string>& verifier,
                                          Instant now) override;
    [[nodiscard]] Result<std::optional<Sensitive<std::string>>> get(
        const keys::VerifierName& name) override;
    Result<void> refused(const keys::VerifierName& name) override;
    Result<void> accepted(const keys::VerifierName& name, Sequence sequence, Instant now) override;
    Result<void> erase(const PersonId& person) override;

  private:
    Link& link_;
};

}  // namespace chopmark::keyport
