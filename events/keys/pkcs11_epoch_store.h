// Epoch keys inside a PKCS#11 token (OASIS PKCS#11 2.40): AES-256 objects that are sensitive and
// not extractable, drawn in the token, used only there to wrap a data key by AES-GCM, and destroyed
// by C_DestroyObject. The module is opened at run time; SoftHSM in tests. One session, used under a
// lock: safe from any thread. A session that the token closed (card pulled, server restarted) is
// opened again once per call.
#pragma once

#include <memory>
#include <string>

#include "events/core/entropy.h"
#include "events/keys/epoch_store.h"

namespace chopmark::keys {

struct Pkcs11Options {
    /// Path of the module, e.g. /usr/lib/softhsm/libsofthsm2.so.
    std::string module;
    /// Label of the token to use; exactly one present token must have it.
    std::string token;
    crypto::SecretBytes pin;
    /// Keys are labelled "<key_label>-<epoch>". Nodes that share a token need different ones.
    std::string key_label = "chopmark-epoch";
};

class Pkcs11EpochStore final : public EpochStore {
  public:
    /// keys.store_failed with the step and the token's code. Entropy draws nonces and must outlive
    /// the store.
    static Result<std::unique_ptr<Pkcs11EpochStore>> open(Pkcs11Options options, Entropy& entropy);
    ~Pkcs11EpochStore() override;
    Pkcs11EpochStore(const Pkcs11EpochStore&) = delete;
    Pkcs11EpochStore& operator=(const Pkcs11EpochStore&) = delete;

    Result<void> create(Epoch epoch) override;
    Result<Bytes> wrap(Epoch epoch, const crypto::Secret32& data_key) override;
    Result<crypto::Secret32> unwrap(Epoch epoch, ByteView wrapped) override;
    Result<void> destroy(Epoch epoch) override;
    Result<std::vector<Epoch>> list() override;

  private:
    class Token;
    explicit Pkcs11EpochStore(std::unique_ptr<Token> token);
    std::unique_ptr<Token> token_;
};

}  // namespace chopmark::keys
