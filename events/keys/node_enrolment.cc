#include "events/keys/node_enrolment.h"

#include "events/crypto/aead.h"
#include "events/crypto/rsa.h"
#include "events/keys/byte_reader.h"
#include "events/keys/key_ring.h"

namespace chopmark::keys {
namespace {

constexpr ByteView request_magic = "CHPQ";
constexpr ByteView package_magic = "CHPE";
constexpr std::uint16_t format = 1;
constexpr std::size_t longest_name = 255;
/// Lives for one hand-over; still, what it seals are ten years of keys.
constexpr unsigned transport_bits = 3072;

const std::string key_name = "node.key";
const std::string certificate_name = "node.pem";
const std::string request_name = "node.request";
const std::string transport_name = "transport.key";
const std::string storage_name = "storage_key";
constexpr Epoch storage_epoch{1};

void append_text(Bytes& out, ByteView text) {
    append_big_endian(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
}

ByteView take_text(ByteReader& in) { return in.take(in.integer<std::uint32_t>()); }

bool begins(ByteReader& in, ByteView magic) {
    return in.take(magic.size()) == magic && in.integer<std::uint16_t>() == format;
}

/// Everything but the signature at the end.
ByteView signed_part(ByteView whole) {
    return whole.substr(0, whole.size() - crypto::ed25519_signature_bytes);
}

/// Nothing when there is no such file.
Result<std::optional<crypto::SecretBytes>> read_secret(const Folder& folder,
                                                       const std::string& name) {
    auto bytes = folder.read(name);
    if (bytes) {
        return std::optional(crypto::SecretBytes(*std::move(bytes)));
    }
    return bytes.error() == no_file ? Result<std::optional<crypto::SecretBytes>>(std::nullopt)
                                    : bytes.error();
}

/// The key that a crash left behind is as good as a new one.
Result<crypto::Ed25519PrivateKey> own_key(Folder& folder, Entropy& entropy) {
    CHOPMARK_ASSIGN(const auto there, read_secret(folder, key_name));
    if (there) {
        return crypto::Ed25519PrivateKey::from_pem(there->reveal());
    }
    crypto::Secret32 seed;
    entropy.fill(seed.writable());
    crypto::Ed25519PrivateKey key(seed);
    CHOPMARK_TRY(replace(folder, key_name, key.pem().reveal()));
    return key;
}

bool is_of(const crypto::Certificate& certificate, const NodeCa& ca, const NodeId& node,
           ByteView public_key) {
    return ca.node_of(certificate.der()) == node &&
           certificate.ed25519_key() == std::optional<Bytes>(public_key);
}

struct Package {
    Share share{};
    NodeId node;
    ByteView genesis;
    ByteView certificate;  // the giver's
    ByteView wrapped;
    ByteView additional;
    crypto::AeadNonce nonce{};
    ByteView sealed;
    ByteView signature;
};

Result<Package> parse(ByteView bytes) {
    ByteReader in(bytes);
    Package out;
    const bool ours = begins(in, package_magic);
    out.share = static_cast<Share>(in.integer<std::uint8_t>());
    out.node = NodeId::from_bytes(in.take(NodeId::size)).value_or(NodeId());
    out.genesis = take_text(in);
    out.certificate = take_text(in);
    out.wrapped = take_text(in);
    out.additional = bytes.substr(0, bytes.size() - in.rest().size());
    const ByteView nonce = in.take(out.nonce.size());
    out.sealed = take_text(in);
    out.signature = in.take(crypto::ed25519_signature_bytes);
    if (!ours || !in.finished() ||
        (out.share != Share::everything && out.share != Share::storage)) {
        return bad_hand_over;
    }
    out.nonce = to_array<12>(nonce);
    return out;
}

Result<crypto::SecretBytes> open_sealed(const Folder& node_folder, const Package& package) {
    CHOPMARK_ASSIGN(const auto stored, read_secret(node_folder, transport_name));
    if (!stored) {
        return Error(other_node, "there is no transport key here (any more)");
    }
    CHOPMARK_ASSIGN(const auto transport, crypto::RsaPrivateKey::from_pkcs8(*stored));
    const auto data_key = transport.decrypt(package.wrapped);
    if (!data_key || data_key->size() != crypto::Secret32::size) {
        return Error(other_node, "sealed to another transport key");
    }
    auto plain = crypto::aead_open(crypto::Secret32::from(data_key->reveal()), package.nonce,
                                   package.additional, package.sealed);
    if (!plain) {
        return Error(bad_hand_over, "changed");
    }
    return crypto::SecretBytes(*std::move(plain));
}

Result<void> keep_material(const NewNode& to, const KeyCommitments& expected,
                           const crypto::SecretBytes& material) {
    CHOPMARK_ASSIGN(const auto decoded, KeyMaterial::decode(material.reveal()));
    const KeyCommitments given{commitment(Root::slot, decoded.root(Root::slot)),
                               commitment(Root::card, decoded.root(Root::card))};
    if (given != expected) {
        return foreign_keys;
    }
    const KeyRing::Place place{to.keys, to.epochs, to.entropy};
    const auto adopted = KeyRing::adopt(place, material.reveal());
    if (!adopted && !(adopted.error() == key_file_exists)) {
        return adopted.error();
    }
    const auto opened = KeyRing::open(place, expected);
    return opened ? Result<void>() : Result<void>(opened.error());
}

Result<void> keep_storage_key(const NewNode& to, const crypto::SecretBytes& key) {
    if (key.size() != crypto::Secret32::size) {
        return Error(bad_hand_over, "no storage key");
    }
    const auto there = to.keys.read(storage_name);
    if (!there && !(there.error() == no_file)) {
        return there.error();
    }
    if (!there) {
        CHOPMARK_TRY(to.epochs.create(storage_epoch));
        CHOPMARK_ASSIGN(const Bytes wrapped,
                        to.epochs.wrap(storage_epoch, crypto::Secret32::from(key.reveal())));
        CHOPMARK_TRY(replace(to.keys, storage_name, wrapped));
    }
    CHOPMARK_ASSIGN(const auto read_back, read_storage_key(to.keys, to.epochs));
    return crypto::equal_constant_time(read_back.reveal(), key.reveal()) ? Result<void>()
                                                                         : foreign_keys;
}

}  // namespace

Result<Bytes> request_certificate(Folder& node_folder, Entropy& entropy, const std::string& name) {
    if (name.empty() || name.size() > longest_name) {
        return Error(bad_node_request, "a name has 1 to 255 bytes");
    }
    const auto certified = node_folder.read(certificate_name);
    if (certified || !(certified.error() == no_file)) {
        return certified ? Error(node_exists, certificate_name) : certified.error();
    }
    const auto asked = node_folder.read(request_name);
    if (asked || !(asked.error() == no_file)) {
        return asked;
    }
    CHOPMARK_ASSIGN(const auto key, own_key(node_folder, entropy));
    const auto transport = crypto::RsaPrivateKey::generate(transport_bits);
    CHOPMARK_TRY(replace(node_folder, transport_name, transport.pkcs8().reveal()));
    Bytes request(request_magic);
    append_big_endian(request, format);
    request.append(entropy.draw<NodeId>().bytes());
    request.append(view(key.public_key()));
    append_text(request, name);
    append_text(request, transport.public_key().spki());
    request.append(key.sign(request));
    // Last: whoever finds it finds both keys, too.
    CHOPMARK_TRY(replace(node_folder, request_name, request));
    return request;
}

Result<NodeRequest> read_node_request(ByteView request) {
    ByteReader in(request);
    NodeRequest out;
    const bool ours = begins(in, request_magic);
    const auto node = NodeId::from_bytes(in.take(NodeId::size));
    out.public_key = in.take(crypto::ed25519_public_bytes);
    out.name = take_text(in);
    out.transport_key = take_text(in);
    const ByteView signature = in.take(crypto::ed25519_signature_bytes);
    if (!ours || !in.finished() || !node || node->is_zero() || out.name.empty() ||
        out.name.size() > longest_name) {
        return Error(bad_node_request, "not a request of a node");
    }
    if (!crypto::ed25519_verify(out.public_key, signed_part(request), signature)) {
        return Error(bad_node_request, "not signed by its own key");
    }
    out.node = *node;
    return out;
}

Result<void> accept_certificate(Folder& node_folder, const NodeCa& ca,
                                const crypto::Certificate& certificate) {
    CHOPMARK_ASSIGN(const Bytes asked, node_folder.read(request_name));
    CHOPMARK_ASSIGN(const NodeRequest request, read_node_request(asked));
    if (!is_of(certificate, ca, request.node, request.public_key)) {
        return Error(not_admitted, "not the answer to this folder's request");
    }
    const auto there = node_folder.read(certificate_name);
    if (!there) {
        CHOPMARK_TRY(there.error() == no_file ? Result<void>() : Result<void>(there.error()));
        CHOPMARK_TRY(replace(node_folder, certificate_name, certificate.pem()));
    }
    const auto loaded = Node::load(node_folder, ca, "");
    return loaded ? Result<void>() : Result<void>(loaded.error());
}

Result<Bytes> hand_over(const Giver& giver, ByteView request,
                        const crypto::Certificate& certificate, Share share, Entropy& entropy) {
    CHOPMARK_ASSIGN(const NodeRequest asked, read_node_request(request));
    CHOPMARK_ASSIGN(const NodeCa ca,
                    NodeCa::from_certificate(giver.genesis.facts().node_ca_certificate));
    if (!is_of(certificate, ca, asked.node, asked.public_key)) {
        return Error(not_admitted, asked.node.hex());
    }
    CHOPMARK_ASSIGN(const auto transport, crypto::RsaPublicKey::from_spki(asked.transport_key));
    crypto::Secret32 data_key;
    entropy.fill(data_key.writable());
    CHOPMARK_ASSIGN(const Bytes wrapped, transport.encrypt(data_key.reveal()));
    Bytes package(package_magic);
    append_big_endian(package, format);
    append_big_endian(package, static_cast<std::uint8_t>(share));
    package.append(asked.node.bytes());
    append_text(package, giver.genesis.document());
    append_text(package, giver.node.certificate());
    append_text(package, wrapped);
    const Bytes additional = package;
    crypto::AeadNonce nonce{};
    entropy.fill(nonce);
    package.append(view(nonce));
    const crypto::SecretBytes plain =
        share == Share::everything
            ? giver.material.encode()
            : crypto::SecretBytes(Bytes(giver.material.root(Root::storage).reveal()));
    append_text(package, crypto::aead_seal(data_key, nonce, additional, plain.reveal()));
    CHOPMARK_ASSIGN(const Bytes signature, giver.node.sign(package));
    return package.append(signature);
}

Result<Genesis> genesis_in(ByteView package) {
    CHOPMARK_ASSIGN(const Package parsed, parse(package));
    return Genesis::read(parsed.genesis);
}

Result<Share> take_over(const NewNode& to, ByteView package) {
    CHOPMARK_ASSIGN(const Package parsed, parse(package));
    CHOPMARK_ASSIGN(const Genesis genesis, Genesis::read(parsed.genesis));
    const auto known = open_genesis(to.genesis);
    if (known ? known->hash() != genesis.hash() : !(known.error() == no_genesis)) {
        return known ? Error(other_genesis) : known.error();
    }
    CHOPMARK_ASSIGN(const NodeCa ca, NodeCa::from_certificate(genesis.facts().node_ca_certificate));
    CHOPMARK_ASSIGN(const Node self, Node::load(to.node, ca, ""));
    if (self.node() != parsed.node) {
        return Error(other_node, parsed.node.hex());
    }
    if (!ca.check(parsed.certificate, signed_part(package), parsed.signature)) {
        return Error(bad_hand_over, "not signed by a node of its deployment");
    }
    CHOPMARK_ASSIGN(const auto plain, open_sealed(to.node, parsed));
    CHOPMARK_TRY(parsed.share == Share::everything
                     ? keep_material(to, genesis.facts().commitments, plain)
                     : keep_storage_key(to, plain));
    if (!known) {
        CHOPMARK_TRY(create_genesis(to.genesis, genesis));
    }
    CHOPMARK_TRY(to.node.remove(transport_name));
    CHOPMARK_TRY(to.node.sync());
    return parsed.share;
}

Result<KeyMaterial> read_newest_material(const Folder& key_folder, EpochStore& epochs) {
    CHOPMARK_ASSIGN(const auto files, list_key_files(key_folder));
    std::optional<Error> why;
    for (auto each = files.rbegin(); each != files.rend(); ++each) {
        auto material = read_key_file(key_folder, epochs, *each);
        if (material) {
            return material;
        }
        // The store's silence says nothing of the file: an older one must not be taken for it.
        if (material.error() == store_failed || material.error() == io_failed) {
            return material.error();
        }
        why = why ? why : material.error();
    }
    return why ? *why : Error(no_key_file);
}

Result<crypto::Secret32> read_storage_key(const Folder& key_folder, EpochStore& epochs) {
    auto wrapped = key_folder.read(storage_name);
    if (wrapped) {
        return epochs.unwrap(storage_epoch, *wrapped);
    }
    if (!(wrapped.error() == no_file)) {
        return wrapped.error();
    }
    CHOPMARK_ASSIGN(const auto material, read_newest_material(key_folder, epochs));
    return material.root(Root::storage);
}

}  // namespace chopmark::keys
