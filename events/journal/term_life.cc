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

std::vector<QueuedDraft> take_batch(std::deque<QueuedDraft>& queue, std::size_t most_records,
                                    std::size_t most_bytes) {
    std::vector<QueuedDraft> out;
    std::size_t bytes = 0;
    while (!queue.empty() && out.size() < most_records) {
        bytes += queue.front().record.size();
        if (!out.empty() && bytes > most_bytes) {
            break;
        }
        out.push_back(std::move(queue.front()));
        queue.pop_front();
    }
    return out;
}

}  // namespace chopmark::journal
