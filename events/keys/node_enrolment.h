// How a node joins a deployment (design 12). The newcomer draws its own key, which never leaves its
// folder, and asks with a signed request; the node CA answers with a certificate; a node that has
// the deployment's keys hands them over, sealed to a key that only the newcomer has, with the
// genesis document. A key port (gateways/keyport) gets the storage key alone, so that no erasure
// has to reach it. Every step is durable, and may be repeated after a crash.
//
// What is handed over are the keys as they are at that moment: the newcomer MUST be among control's
// nodes before, or an erasure that completes in between does not reach it. The transport key dies
// with the taking over, and the package with it.
//
//   "node.key"      PKCS#8 PEM, Ed25519          "node.request"   request
//   "node.pem"      the certificate              "transport.key"  PKCS#8 DER, RSA
//   "storage_key"   EpochStore::wrap of epoch 1  (in the key folder of a key port)
//
//   request   = "CHPQ" format:u16 node:16 public_key:32 name:text transport_spki:text signature:64
//   package   = "CHPE" format:u16 share:u8 node:16 genesis:text certificate:text wrapped:text
//               nonce:12 sealed:text signature:64
//   text      = length:u32 bytes
//   signature = Ed25519 over all bytes before it, by the newcomer's key, by the giver's
//   wrapped   = RSAES-PKCS1-v1_5(transport key, data_key)
//   sealed    = AES-256-GCM(data_key, nonce, aad = all bytes before nonce, material | storage_key)
#pragma once

#include <string>

#include "events/keys/genesis.h"
#include "events/keys/key_material.h"
#include "events/keys/node_ca.h"

namespace chopmark::keys {

inline constexpr Reason bad_node_request{"enrolment.bad_request", Kind::invalid};
inline constexpr Reason bad_hand_over{"enrolment.bad_package", Kind::invalid};
/// The certificate is not one of this deployment's node CA for whoever asks.
inline constexpr Reason not_admitted{"enrolment.not_admitted", Kind::forbidden};
/// The package was sealed for another node, or was opened already.
inline constexpr Reason other_node{"enrolment.other_node", Kind::conflict};
/// The folder belongs to another deployment.
inline constexpr Reason other_genesis{"enrolment.other_genesis", Kind::conflict};

struct NodeRequest {
    NodeId node;
    Bytes public_key;     // 32 bytes of Ed25519
    std::string name;     // for people: who asks
    Bytes transport_key;  // SubjectPublicKeyInfo DER
};

/// Draws what a node needs to ask, once: the same request every time. keys.node_exists when the
/// folder has a certificate. Takes about a second.
Result<Bytes> request_certificate(Folder& node_folder, Entropy& entropy, const std::string& name);
/// enrolment.bad_request unless it is whole and signed by the key in it.
Result<NodeRequest> read_node_request(ByteView request);
/// Keeps the CA's answer. Repeating it changes nothing; enrolment.not_admitted when it is not for
/// the key of this folder or not of this CA.
Result<void> accept_certificate(Folder& node_folder, const NodeCa& ca,
                                const crypto::Certificate& certificate);

/// Numbers are stored: never renumber.
enum class Share : std::uint8_t {
    everything = 1,  // for a node of the journal
    storage = 2,     // for a key port
};

struct Giver {
    const Genesis& genesis;
    const Node& node;
    const KeyMaterial& material;
};

/// The package. `certificate` is the newcomer's.
Result<Bytes> hand_over(const Giver& giver, ByteView request,
                        const crypto::Certificate& certificate, Share share, Entropy& entropy);

/// Where the newcomer keeps what it is given; see DataFolder (ops/data_folder.h).
struct NewNode {
    Folder& genesis;
    Folder& node;
    Folder& keys;
    EpochStore& epochs;  // of the newcomer, never the giver's
    Entropy& entropy;
};

/// The genesis in a package, before anything of it is believed: it says which kind of epoch store
/// the newcomer needs.
Result<Genesis> genesis_in(ByteView package);
/// Opens the package and keeps what is in it: keys first, the genesis document last, each read
/// back. Repeating it keeps what is there.
Result<Share> take_over(const NewNode& to, ByteView package);

/// The material of the newest key file that opens. Changes nothing, so that it may be read beside a
/// running node.
Result<KeyMaterial> read_newest_material(const Folder& key_folder, EpochStore& epochs);
/// The key of SecretRows: a key port's own, or the node's root.
Result<crypto::Secret32> read_storage_key(const Folder& key_folder, EpochStore& epochs);

}  // namespace chopmark::keys
