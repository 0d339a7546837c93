// How a log, and every life of a writer in it, begins: the records PartitionOpened and TermOpened,
// and the draft of NodesWithdrawn. All back ends and the simulation build them here, so that no two
// can differ. Entropy and time are arguments; nothing here does I/O but the node's signature.
#pragma once

#include "events/core/entropy.h"
#include "events/journal/accept.h"
#include "events/journal/node_identity.h"
#include "events/record/record.h"

namespace chopmark::journal {

/// What a log is founded on. `hash` is the SHA-256 of `document`; the accept rule of control holds
/// record 0 to it.
struct Founding {
    Digest hash;
    Bytes document;                 // the whole genesis document, as stored in control's record 0
    std::uint16_t partitions = 16;  // citizen partitions P
};

/// Record 0 of a partition. record.too_large when the genesis document does not fit into a leaf.
Result<record::Record> partition_opened_record(const Founding& founding, PartitionId partition,
                                               Instant at, const EventId& event_id);

/// The record that opens `term` for `writer`, signed by the node. Sequence and `previous` are zero,
/// so it needs no chaining and cannot lose a race against a lively old owner.
Result<record::Record> term_opened_record(const Digest& genesis_hash, PartitionId partition,
                                          Term term, const WriterId& writer,
                                          const NodeIdentity& node, Instant at,
                                          const EventId& event_id);

/// A draft for Writer::append. At most 240 nodes fit into one record.
record::Record nodes_withdrawn_draft(PartitionId partition, const std::vector<NodeId>& nodes,
                                     Instant at, const EventId& event_id);

}  // namespace chopmark::journal
