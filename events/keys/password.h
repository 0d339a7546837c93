// Password verifiers of NFC accounts: Argon2id (RFC 9106) by libargon2, which OpenSSL 3.0 lacks. A
// verifier holds its own parameters and salt, in the usual "$argon2id$v=19$…" form; it is kept in
// the sealed store beside the key port, never in a record. Making and checking take tens of
// milliseconds and `memory_kib` each: only in a pool, never on an executor. Safe from any thread.
#pragma once

#include <string>

#include "events/core/entropy.h"
#include "events/core/result.h"
#include "events/core/sensitive.h"

namespace chopmark::keys {

/// Longer than 1,024 bytes, or empty.
inline constexpr Reason bad_password{"keys.bad_password", Kind::invalid};
/// The stored verifier is none, or there is no memory to compute it.
inline constexpr Reason verifier_failed{"keys.verifier_failed", Kind::unavailable};

struct PasswordOptions {
    /// Memory of one computation, KiB: what an attacker has to pay too.
    std::uint32_t memory_kib = 19 * 1024;
    /// Passes over it: time grows in proportion.
    std::uint32_t passes = 2;
    std::uint32_t lanes = 1;
};

/// Draws a salt of 16 bytes.
Result<Sensitive<std::string>> make_verifier(const PasswordOptions& options, Entropy& entropy,
                                             const Sensitive<std::string>& password);
/// Whether the password is the verifier's; compares in constant time.
Result<bool> check_password(const Sensitive<std::string>& verifier,
                            const Sensitive<std::string>& password);

}  // namespace chopmark::keys
