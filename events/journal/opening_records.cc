#include "events/journal/opening_records.h"

#include "events/core/ensure.h"
#include "events/core/limits.h"
#include "events/journal/tails.h"

namespace chopmark::journal {
namespace {

record::Prelude open_prelude(record::TypeNumber type, PartitionId partition, Instant at,
                             const EventId& event_id) {
    record::Prelude prelude;
    prelude.type = type;
    prelude.partition = partition;
    prelude.recorded_at = at;
    prelude.event_id = event_id;
    return prelude;
}

}  // namespace

Result<record::Record> partition_opened_record(const Founding& founding, PartitionId partition,
                                               Instant at, const EventId& event_id) {
    const ByteView document =
        partition == control_partition ? ByteView(founding.document) : ByteView();
    record::Record out{encode(open_prelude(partition_opened, partition, at, event_id)) +
                           encode(PartitionOpenedTail{founding.hash, document}),
                       {},
                       {}};
    CHOPMARK_TRY(record::check_limits(out));
    return out;
}

Result<record::Record> term_opened_record(const Digest& genesis_hash, PartitionId partition,
                                          Term term, const WriterId& writer,
                                          const NodeIdentity& node, Instant at,
                                          const EventId& event_id) {
    const auto signature =
        node.sign(term_message(genesis_hash, partition, term, writer, node.endpoint()));
    if (!signature) {
        return signature.error();
    }
    record::Prelude prelude = open_prelude(term_opened, partition, at, event_id);
    prelude.term = term;
    prelude.writer = writer;
    record::Record out{
        encode(prelude) + encode(TermOpenedTail{node.endpoint(), node.certificate(), *signature}),
        {},
        {}};
    CHOPMARK_TRY(record::check_limits(out));
    return out;
}

record::Record nodes_withdrawn_draft(PartitionId partition, const std::vector<NodeId>& nodes,
                                     Instant at, const EventId& event_id) {
    record::Record out{encode(open_prelude(nodes_withdrawn, partition, at, event_id)) +
                           encode_nodes_withdrawn(nodes),
                       {},
                       {}};
    ensure(out.leaf.size() <= limits::leaf_bytes, "withdrawn nodes fit into one leaf");
    return out;
}

}  // namespace chopmark::journal
