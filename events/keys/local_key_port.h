// The key port of a deployment with one node, over a table of secrets that it shares with
// LocalPasswords.
//
//   "k" handle:16  → PKCS#8 DER of the signing key
//   "x" handle:16  → empty: the key was destroyed
#pragma once

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
    [[nodiscard]] Result<crypto::RsaPrivateKey> load(const KeyHandle& handle) const;

    SecretRows& rows_;
    RsaKeyPool& pool_;
    std::mutex changing_;  // a handle gets one key, and none after its destruction
};

}  // namespace chopmark::keys
