// How a node joins a deployment, over data folders: keys::node_enrolment with the places of
// DataFolder. Epoch keys and the node CA in files are for the sandbox and imports only; elsewhere
// everything is refused with keys.sandbox_only, but asking for a certificate and keeping it. None
// of it disturbs a running node of the giver's folder. All functions may be repeated.
#pragma once

#include "events/core/clock.h"
#include "events/keys/node_enrolment.h"
#include "ops/data_folder.h"

namespace chopmark::ops {

/// The newcomer's request; makes its folder.
Result<Bytes> ask_to_join(const DataFolder& newcomer, const std::string& name, Entropy& entropy);
/// The CA's answer, from the folder that has the CA's key.
Result<crypto::Certificate> certify_node(const DataFolder& authority, ByteView request,
                                         const Clock& clock, Entropy& entropy);
/// Keeps the answer. The newcomer cannot know the CA yet: `authority` comes by a way that its
/// operator trusts.
Result<NodeId> keep_certificate(const DataFolder& newcomer, const crypto::Certificate& authority,
                                const crypto::Certificate& certificate);
/// The package, from a folder with keys.
Result<Bytes> hand_over_keys(const DataFolder& giver, ByteView request,
                             const crypto::Certificate& certificate, keys::Share share,
                             Entropy& entropy);
Result<keys::Share> take_over_keys(const DataFolder& newcomer, ByteView package, Entropy& entropy);

/// What the newcomer's folder holds, for whoever admits it to control.
struct JoiningNode {
    NodeId node;
    crypto::Certificate certificate;
    Bytes request;
};
Result<JoiningNode> read_joining_node(const DataFolder& newcomer);
/// Of the CA that a founded folder's genesis names.
Result<crypto::Certificate> node_authority(const DataFolder& founded);

}  // namespace chopmark::ops
