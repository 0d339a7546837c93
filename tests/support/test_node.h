// Nodes and their CA for tests of the journal: real Ed25519, but a certificate of three fields
// instead of X.509, which the port leaves open. Keys come from a seed, so that a run can be
// repeated byte for byte.
//
//   certificate = node:16 public_key:32 ca_signature:64   ; over "test node" ‖ node ‖ public_key
#pragma once

#include <memory>

#include "events/journal/accept.h"
#include "events/journal/node_identity.h"

namespace chopmark::test {

/// An Ed25519 key pair made from 32 seed bytes (RFC 8032 section 5.1.5).
class TestKey {
  public:
    explicit TestKey(const Digest& seed);
    ~TestKey();
    TestKey(const TestKey&) = delete;
    TestKey& operator=(const TestKey&) = delete;

    [[nodiscard]] Bytes public_key() const;
    [[nodiscard]] Bytes sign(ByteView message) const;
    static bool verify(ByteView public_key, ByteView message, ByteView signature);

  private:
    void* key_;  // EVP_PKEY
};

class TestNode final : public journal::NodeIdentity {
  public:
    [[nodiscard]] NodeId node() const override { return node_; }
    [[nodiscard]] const std::string& endpoint() const override { return endpoint_; }
    [[nodiscard]] ByteView certificate() const override { return certificate_; }
    [[nodiscard]] Result<Bytes> sign(ByteView message) const override {
        return key_->sign(message);
    }

  private:
    friend class TestNodeCa;
    NodeId node_;
    std::string endpoint_;
    Bytes certificate_;
    std::shared_ptr<const TestKey> key_;
};

class TestNodeCa final : public journal::TermAuthority {
  public:
    explicit TestNodeCa(std::string_view name);
    [[nodiscard]] TestNode issue(std::string_view name, std::string endpoint = "127.0.0.1:1") const;
    [[nodiscard]] std::optional<NodeId> check(ByteView certificate, ByteView message,
                                              ByteView signature) const override;

  private:
    TestKey key_;
    Bytes public_key_;
};

}  // namespace chopmark::test
