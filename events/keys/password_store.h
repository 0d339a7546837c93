// The port to the verifiers of the citizens' passwords (events/keys/password.h), which no record
// may hold, even sealed (design 12). Verifiers are only ever inserted, under the person and the
// command that brought them, and durable before the command is decided; which one is in force is
// what the account's state names, never what was stored last. One that its command did not put into
// force is taken away afterwards; after a crash in between it is named by nothing, and goes when a
// later one is accepted. Safe from any thread; blocks: only in a pool.
#pragma once

#include <optional>
#include <string>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"

namespace chopmark::keys {

struct VerifierName {
    PersonId person;
    CommandId command;
};

/// More verifiers of one person wait for their commands than are kept.
inline constexpr Reason too_many_verifiers{"keyport.too_many_verifiers", Kind::busy};

class PasswordStore {
  public:
    virtual ~PasswordStore() = default;
    /// Durable on return. The verifier that lies there now: an older one of the same command stays,
    /// for that may be decided already. keyport.too_many_verifiers.
    virtual Result<Sensitive<std::string>> insert(const VerifierName& name,
                                                  const Sensitive<std::string>& verifier,
                                                  Instant now) = 0;
    /// Nothing when no such verifier lies there.
    [[nodiscard]] virtual Result<std::optional<Sensitive<std::string>>> get(
        const VerifierName& name) = 0;
    /// An insertion ended without a record. The verifier goes with the last insertion of its
    /// command.
    virtual Result<void> refused(const VerifierName& name) = 0;
    /// The command was recorded at `sequence` of the person's partition: what was recorded before
    /// goes, and what was inserted so long ago that it cannot be recorded any more.
    virtual Result<void> accepted(const VerifierName& name, Sequence sequence, Instant now) = 0;
    /// All of the person's; durable on return, and gone from the store's files.
    virtual Result<void> erase(const PersonId& person) = 0;
};

}  // namespace chopmark::keys
