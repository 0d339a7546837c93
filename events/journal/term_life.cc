#include "events/journal/term_life.h"

#include "events/journal/tails.h"

namespace chopmark::journal {

Result<void> check_draft(const record::Record& draft, PartitionId partition) {
    CHOPMARK_TRY(record::check_limits(draft));
    const auto prelude = record::decode_prelude(draft.leaf);
    if (!prelude) {
        return Error(bad_draft, prelude.error().detail);
    }
    if (prelude->partition != partition) {
        return Error(bad_draft, "another partition");
    }
    if (prelude->type == partition_opened || prelude->type == term_opened) {
        return Error(bad_draft, "only the journal opens partitions and terms");
    }
    if (prelude->type == nodes_withdrawn &&
        !decode_nodes_withdrawn(ByteView(draft.leaf).substr(record::prelude_bytes))) {
        return Error(bad_draft, "broken tail");
    }
    return {};
}

}  // namespace chopmark::journal
