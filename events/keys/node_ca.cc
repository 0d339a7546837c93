#include "events/keys/node_ca.h"

namespace chopmark::keys {
namespace {

constexpr Duration year = std::chrono::hours(24 * 365);
constexpr int ca_years = 30;
constexpr int node_years = 10;

constexpr const char* ca_name = "node_ca";
constexpr const char* node_name = "node";

crypto::Ed25519PrivateKey draw_key(Entropy& entropy) {
    crypto::Secret32 seed;
    entropy.fill(seed.writable());
    return crypto::Ed25519PrivateKey(seed);
}

// Positive in its first octet, as RFC 5280 wants serial numbers.
ByteArray<16> draw_serial(Entropy& entropy) {
    ByteArray<16> serial{};
    entropy.fill(serial);
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7f) | 0x40);
    return serial;
}

bool is_key_of(const crypto::Ed25519PrivateKey& key, const crypto::Certificate& certificate) {
    return certificate.ed25519_key() == Bytes(view(key.public_key()));
}

Result<void> save_pair(Folder& folder, const std::string& name,
                       const crypto::Ed25519PrivateKey& key,
                       const crypto::Certificate& certificate) {
    const auto there = folder.read(name + ".pem");
    if (there || !(there.error() == no_file)) {
        return there ? Error(node_exists, name) : there.error();
    }
    // The certificate last: a folder that shows one has the key, too.
    CHOPMARK_TRY(replace(folder, name + ".key", key.pem().reveal()));
    return replace(folder, name + ".pem", certificate.pem());
}

struct Pair {
    crypto::Ed25519PrivateKey key;
    crypto::Certificate certificate;
};

Result<Pair> load_pair(const Folder& folder, const std::string& name) {
    CHOPMARK_ASSIGN(Bytes key_pem, folder.read(name + ".key"));
    const crypto::SecretBytes held(std::move(key_pem));
    CHOPMARK_ASSIGN(auto key, crypto::Ed25519PrivateKey::from_pem(held.reveal()));
    CHOPMARK_ASSIGN(const Bytes pem, folder.read(name + ".pem"));
    CHOPMARK_ASSIGN(auto certificate, crypto::Certificate::from_pem(pem));
    if (!is_key_of(key, certificate)) {
        return Error(bad_node, name + ": key and certificate do not belong together");
    }
    return Pair{std::move(key), std::move(certificate)};
}

bool is_node_ca(const crypto::Certificate& certificate) {
    return certificate.is_authority() && certificate.ed25519_key().has_value() &&
           certificate.issued_by(certificate);
}

}  // namespace

Result<NodeCa> NodeCa::from_certificate(ByteView der) {
    auto certificate = crypto::Certificate::parse(der);
    if (!certificate || !is_node_ca(*certificate)) {
        return Error(bad_node, "not the certificate of a node CA");
    }
    return NodeCa(*std::move(certificate));
}

std::optional<NodeId> NodeCa::node_of(const crypto::Certificate& certificate) const {
    const auto node = NodeId::from_hex(certificate.common_name());
    if (!node || node->hex() != certificate.common_name() || certificate.is_authority() ||
        !certificate.issued_by(certificate_)) {
        return std::nullopt;
    }
    return node;
}

std::optional<NodeId> NodeCa::node_of(ByteView certificate) const {
    const auto parsed = crypto::Certificate::parse(certificate);
    return parsed ? node_of(*parsed) : std::nullopt;
}

std::optional<NodeId> NodeCa::check(ByteView certificate, ByteView message,
                                    ByteView signature) const {
    const auto parsed = crypto::Certificate::parse(certificate);
    const auto node = parsed ? node_of(*parsed) : std::nullopt;
    const auto key = node ? parsed->ed25519_key() : std::nullopt;
    if (!key || !crypto::ed25519_verify(*key, message, signature)) {
        return std::nullopt;
    }
    return node;
}

Node::Node(NodeId id, std::string endpoint, crypto::Ed25519PrivateKey key,
           crypto::Certificate certificate)
    : id_(id),
      endpoint_(std::move(endpoint)),
      key_(std::move(key)),
      certificate_(std::move(certificate)) {}

Result<void> Node::save(Folder& folder) const {
    return save_pair(folder, node_name, key_, certificate_);
}

Result<Node> Node::load(const Folder& folder, const NodeCa& ca, std::string endpoint) {
    CHOPMARK_ASSIGN(Pair pair, load_pair(folder, node_name));
    const auto id = ca.node_of(pair.certificate.der());
    if (!id) {
        return Error(bad_node, "not a node of this deployment");
    }
    return Node(*id, std::move(endpoint), std::move(pair.key), std::move(pair.certificate));
}

Result<NodeIssuer> NodeIssuer::create(Entropy& entropy, const std::string& name, Instant at) {
    auto key = draw_key(entropy);
    crypto::CertificateSpec spec;
    spec.use = crypto::CertificateUse::authority;
    spec.common_name = name;
    spec.serial = draw_serial(entropy);
    spec.not_before = at;
    spec.not_after = at + ca_years * year;
    CHOPMARK_ASSIGN(auto certificate,
                    crypto::Certificate::issue(spec, key.loaded(), nullptr, key.loaded()));
    return NodeIssuer(std::move(key), std::move(certificate));
}

Result<crypto::Certificate> NodeIssuer::issue(Entropy& entropy, const NodeId& node,
                                              ByteView public_key, Instant at) const {
    CHOPMARK_ASSIGN(const auto subject, crypto::load_ed25519(public_key));
    crypto::CertificateSpec spec;
    spec.use = crypto::CertificateUse::node;
    spec.common_name = node.hex();
    spec.dns_names = {node.hex()};
    spec.serial = draw_serial(entropy);
    spec.not_before = at;
    spec.not_after = at + node_years * year;
    return crypto::Certificate::issue(spec, subject.get(), &certificate_, key_.loaded());
}

Result<Node> NodeIssuer::enrol(Entropy& entropy, std::string endpoint, Instant at) const {
    const auto id = entropy.draw<NodeId>();
    auto key = draw_key(entropy);
    CHOPMARK_ASSIGN(auto certificate, issue(entropy, id, view(key.public_key()), at));
    return Node(id, std::move(endpoint), std::move(key), std::move(certificate));
}

Result<void> NodeIssuer::save(Folder& folder) const {
    return save_pair(folder, ca_name, key_, certificate_);
}

Result<NodeIssuer> NodeIssuer::load(const Folder& folder) {
    CHOPMARK_ASSIGN(Pair pair, load_pair(folder, ca_name));
    if (!is_node_ca(pair.certificate)) {
        return Error(bad_node, "not a node CA");
    }
    return NodeIssuer(std::move(pair.key), std::move(pair.certificate));
}

}  // namespace chopmark::keys
