// A password that a command brings: its verifier is durable under the person before the command is
// decided, so that no record speaks of a password that is not there (design 12), and taken back
// when the command is refused. A registration names a person of its own who may turn out to have
// been registered before: then the verifier moves to that one. Blocks: only in a work pool.
#pragma once

#include "aggregates/runtime/receipt.h"
#include "events/core/entropy.h"
#include "events/keys/key_port.h"
#include "events/keys/password.h"

namespace chopmark::app {

class PasswordChange {
  public:
    /// Makes and stores the verifier of `person`: keys.bad_password, keys.verifier_failed, or the
    /// store's errors. `passwords` must outlive the object.
    static Result<PasswordChange> store(keys::PasswordPort& passwords,
                                        const keys::PasswordOptions& options, Entropy& entropy,
                                        const PersonId& person,
                                        const Sensitive<std::string>& password);

    /// The command was refused, or became the record of a refusal.
    Result<void> take_back();
    /// The command was accepted, for this person.
    Result<void> keep_for(const PersonId& person);

  private:
    PasswordChange(keys::PasswordPort& passwords, const PersonId& person,
                   Sensitive<std::string> verifier, std::optional<Sensitive<std::string>> before)
        : passwords_(&passwords),
          person_(person),
          verifier_(std::move(verifier)),
          before_(std::move(before)) {}

    keys::PasswordPort* passwords_;
    PersonId person_;
    Sensitive<std::string> verifier_;
    std::optional<Sensitive<std::string>> before_;
};

}  // namespace chopmark::app
