// The password verifiers of a deployment with one node, over the same table of secrets as
// LocalKeyPort: one row a person with the few that wait for their commands and the one in force, so
// that every change is one synced write and an erasure finds all of them. Safe from any thread.
//
//   "p" person:16 → entry*
//   entry = command:32 calls:u32 recorded:u64 inserted_at:i64 length:u16 verifier
//
// `recorded` is 0 before the command is known to be recorded, then its sequence plus 1; `calls` are
// the insertions whose end is not known.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "events/keys/password_store.h"
#include "events/keys/secret_rows.h"

namespace chopmark::keys {

class LocalPasswords final : public PasswordStore {
  public:
    struct Options {
        /// Of one person at once; beyond it keyport.too_many_verifiers.
        std::size_t verifiers = 16;
        /// Longer than any command takes from its password to its record, and than one that is sent
        /// again is honoured (limits::idempotency_window). Shorter: a password could be recorded
        /// whose verifier is gone.
        Duration undecided_life = std::chrono::hours(2);
    };

    LocalPasswords(SecretRows& rows, const Options& options) : rows_(rows), options_(options) {}
    /// `rows` must outlive the passwords.
    explicit LocalPasswords(SecretRows& rows) : LocalPasswords(rows, Options()) {}

    Result<Sensitive<std::string>> insert(const VerifierName& name,
                                          const Sensitive<std::string>& verifier,
                                          Instant now) override;
    [[nodiscard]] Result<std::optional<Sensitive<std::string>>> get(
        const VerifierName& name) override;
    Result<void> refused(const VerifierName& name) override;
    Result<void> accepted(const VerifierName& name, Sequence sequence, Instant now) override;
    Result<void> erase(const PersonId& person) override;

  private:
    struct Entry;
    using Entries = std::vector<Entry>;
    [[nodiscard]] Result<Entries> read(const PersonId& person) const;
    Result<void> write(const PersonId& person, const Entries& entries);
    std::mutex& changing(const PersonId& person);

    SecretRows& rows_;
    const Options options_;
    // A row is read, changed and written as one; people rarely wait for one another.
    std::array<std::mutex, 64> changing_;
};

}  // namespace chopmark::keys
