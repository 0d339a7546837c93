// The key port of a deployment with one node, over a table of secrets that it shares with
// LocalPasswords.
//
//   "k" handle:16  → PKCS#8 DER of the signing key
//   "x" handle:16  → empty: the key was destroyed
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>

#include "events/keys/key_port.h"
#include "events/keys/rsa_key_pool.h"
#include "events/keys/secret_rows.h"

namespace chopmark::keys {

class LocalKeyPort final : public KeyPort {
  public:
    /// Both must outlive the port.
    LocalKeyPort(SecretRows& rows, RsaKeyPool& pool) : rows_(rows), pool_(pool) {}

    Result<Bytes> create(const KeyHandle& handle) override;
    [[nodiscard]] Result<Bytes> public_key(const KeyHandle& handle) override;
    [[nodiscard]] Result<Bytes> sign(const KeyHandle& handle, SigningScheme scheme,
                                     ByteView content) override;
    Result<void> destroy(const KeyHandle& handle) override;

  private:
    using Key = std::shared_ptr<const crypto::RsaPrivateKey>;
    using Time = std::chrono::steady_clock::time_point;
    /// A key that was used a moment ago. Its first signature takes twice the time of the next ones,
    /// and the documents of a bulk request follow one another.
    struct Recent {
        KeyHandle handle;
        Key key;
        Time used_at;
    };

    [[nodiscard]] Result<void> check_not_destroyed(const KeyHandle& handle) const;
    [[nodiscard]] Result<Key> load(const KeyHandle& handle) const;
    [[nodiscard]] Result<Key> load_recent(const KeyHandle& handle);
    void forget(const KeyHandle& handle);

    SecretRows& rows_;
    RsaKeyPool& pool_;
    std::mutex changing_;  // a handle gets one key, and none after its destruction
    std::mutex using_;
    std::deque<Recent> recent_;  // the one used last behind
};

}  // namespace chopmark::keys
