// A password that a command brings: its verifier is durable under the person and the command before
// the command is decided, so that no record speaks of a password that is not there (design 12). It
// is in force once the account's state names the command, and never before: until then, and after a
// refusal, the one that was in force stays so. Blocks: only in a work pool.
#pragma once

#include "aggregates/runtime/receipt.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/strand.h"
#include "events/keys/password.h"
#include "events/keys/password_store.h"

namespace chopmark::app {

/// The command came before, with another password.
inline constexpr Reason password_differs{"app.password_differs", Kind::conflict};

/// All must outlive the changes made with it.
struct PasswordDesk {
    keys::PasswordStore& passwords;
    const keys::PasswordOptions& options;
    const Clock& clock;
    Entropy& entropy;
    WorkPool& work;
};

class PasswordChange {
  public:
    /// Makes and stores the verifier: keys.bad_password, keys.verifier_failed,
    /// app.password_differs, or the store's errors.
    static Result<PasswordChange> store(const PasswordDesk& desk, const keys::VerifierName& name,
                                        const Sensitive<std::string>& password);

    /// The answer that also has the store tidied up, in the pool, once the command has ended. What
    /// a full pool or a crash leaves there is named by no state and goes with a later change.
    [[nodiscard]] runtime::Answer tidying(runtime::Answer answer) const;

  private:
    PasswordChange(const PasswordDesk& desk, const keys::VerifierName& name)
        : desk_(desk), name_(name) {}

    PasswordDesk desk_;
    keys::VerifierName name_;
};

}  // namespace chopmark::app
