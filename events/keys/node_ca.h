// The nodes of a deployment and the CA that admits them (design 3, E6). A node is 128 random bits
// and an Ed25519 key; its certificate carries the id as common name and as DNS name, so that mutual
// TLS between nodes checks a peer by its id wherever it runs. Judging a certificate is pure:
// signature, names and form, never dates, so that every reader of a log judges alike for ever.
#pragma once

#include <string>

#include "events/core/entropy.h"
#include "events/crypto/ed25519.h"
#include "events/crypto/x509.h"
#include "events/journal/accept.h"
#include "events/journal/node_identity.h"
#include "events/keys/folder.h"

namespace chopmark::keys {

inline constexpr Reason bad_node{"keys.bad_node", Kind::invalid};
/// The folder has a node or a node CA already.
inline constexpr Reason node_exists{"keys.node_exists", Kind::conflict};

/// The CA as its certificate in genesis shows it: says who is a node. Safe from any thread.
class NodeCa final : public journal::TermAuthority {
  public:
    /// keys.bad_node unless it is a self-signed authority with an Ed25519 key.
    static Result<NodeCa> from_certificate(ByteView der);

    /// The node of a certificate that this CA issued.
    [[nodiscard]] std::optional<NodeId> node_of(ByteView certificate) const;
    [[nodiscard]] std::optional<NodeId> check(ByteView certificate, ByteView message,
                                              ByteView signature) const override;
    [[nodiscard]] const crypto::Certificate& certificate() const { return certificate_; }

  private:
    explicit NodeCa(crypto::Certificate certificate) : certificate_(std::move(certificate)) {}
    [[nodiscard]] std::optional<NodeId> node_of(const crypto::Certificate& certificate) const;

    crypto::Certificate certificate_;
};

/// One node: its id, key and certificate.
class Node final : public journal::NodeIdentity {
  public:
    [[nodiscard]] NodeId node() const override { return id_; }
    [[nodiscard]] const std::string& endpoint() const override { return endpoint_; }
    [[nodiscard]] ByteView certificate() const override { return certificate_.der(); }
    [[nodiscard]] Result<Bytes> sign(ByteView message) const override { return key_.sign(message); }
    [[nodiscard]] std::string certificate_pem() const { return certificate_.pem(); }
    [[nodiscard]] crypto::SecretBytes key_pem() const { return key_.pem(); }

    /// Writes "node.key" and "node.pem", readable by the owner alone: keys.node_exists.
    Result<void> save(Folder& folder) const;
    /// The node of a folder, at the endpoint (host:port) where it is reached in this life.
    /// keys.bad_node unless key and certificate belong together and the CA issued it.
    static Result<Node> load(const Folder& folder, const NodeCa& ca, std::string endpoint);

  private:
    friend class NodeIssuer;
    Node(NodeId id, std::string endpoint, crypto::Ed25519PrivateKey key,
         crypto::Certificate certificate);
    NodeId id_;
    std::string endpoint_;
    crypto::Ed25519PrivateKey key_;
    crypto::Certificate certificate_;
};

/// The CA with its private key: where nodes are enrolled, and nowhere else.
class NodeIssuer {
  public:
    /// A new CA, valid for 30 years; the name goes into its certificate.
    static Result<NodeIssuer> create(Entropy& entropy, const std::string& name, Instant at);

    [[nodiscard]] const crypto::Certificate& certificate() const { return certificate_; }
    /// Draws a node and issues its certificate, valid for 10 years.
    [[nodiscard]] Result<Node> enrol(Entropy& entropy, std::string endpoint, Instant at) const;
    /// For a node that keeps its key to itself: 32 bytes of Ed25519.
    [[nodiscard]] Result<crypto::Certificate> issue(Entropy& entropy, const NodeId& node,
                                                    ByteView public_key, Instant at) const;

    /// Writes "node_ca.key" and "node_ca.pem": keys.node_exists.
    Result<void> save(Folder& folder) const;
    static Result<NodeIssuer> load(const Folder& folder);

  private:
    NodeIssuer(crypto::Ed25519PrivateKey key, crypto::Certificate certificate)
        : key_(std::move(key)), certificate_(std::move(certificate)) {}
    crypto::Ed25519PrivateKey key_;
    crypto::Certificate certificate_;
};

}  // namespace chopmark::keys
