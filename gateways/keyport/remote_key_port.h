// The citizens' signing keys of a deployment with several nodes: in the one key port, by its Link.
// Making and destroying a key may be repeated by their contract, and the signatures are
// deterministic, so what brought no answer is asked again. Safe from any thread; blocks: only in a
// pool.
#pragma once

#include "events/keys/key_port.h"
#include "gateways/keyport/link.h"

namespace chopmark::keyport {

class RemoteKeyPort final : public keys::KeyPort {
  public:
    /// `link` must outlive it. Besides the reasons of a local port: keyport.unreachable,
    /// keyport.not_admitted, keyport.busy, keyport.bad_answer.
    explicit RemoteKeyPort(Link& link) : link_(link) {}

    Result<Bytes> create(const keys::KeyHandle& handle) override;
    [[nodiscard]] Result<Bytes> public_key(const keys::KeyHandle& handle) override;
    [[nodiscard]] Result<Bytes> sign(const keys::KeyHandle& handle, keys::SigningScheme scheme,
                                     ByteView content) override;
    Result<void> destroy(const keys::KeyHandle& handle) override;

  private:
    Link& link_;
};

}  // namespace chopmark::keyport
