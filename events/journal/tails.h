// The fixed tails that stand behind the prelude of PartitionOpened, TermOpened and NodesWithdrawn
// in place of a Protobuf body, so that the accept rule needs no parser that could change (design
// 3). The grammar is at the head of accept.h. Decoders take exactly one tail – no byte may be
// missing or left over – and return nothing otherwise; what they return points into the given
// bytes. Pure, safe from any thread.
#pragma once

#include <optional>
#include <vector>

#include "events/core/bytes.h"
#include "events/core/ids.h"

namespace chopmark::journal {

inline constexpr std::size_t term_signature_bytes = 64;  // Ed25519, RFC 8032

struct PartitionOpenedTail {
    Digest genesis_hash;
    ByteView document;  // empty but in control
};
Bytes encode(const PartitionOpenedTail& tail);
std::optional<PartitionOpenedTail> decode_partition_opened(ByteView tail);

struct TermOpenedTail {
    ByteView endpoint;
    ByteView certificate;
    ByteView signature;  // term_signature_bytes
};
/// Endpoint and certificate MUST be shorter than 64 KiB, the signature exact.
Bytes encode(const TermOpenedTail& tail);
std::optional<TermOpenedTail> decode_term_opened(ByteView tail);

/// At most 65,535 nodes.
Bytes encode_nodes_withdrawn(const std::vector<NodeId>& nodes);
std::optional<std::vector<NodeId>> decode_nodes_withdrawn(ByteView tail);

/// The bytes that a node signs to open a term.
Bytes term_message(const Digest& genesis_hash, PartitionId partition, Term term,
                   const WriterId& writer, ByteView endpoint);

}  // namespace chopmark::journal
