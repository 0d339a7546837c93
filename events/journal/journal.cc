#include "events/journal/journal.h"

namespace chopmark::journal {

Result<EntryPtr> read_one(const Journal& journal, PartitionId partition, Sequence at) {
    auto entries = journal.read(partition, at, ReadBudget{.records = 1, .bytes = 1});
    if (!entries) {
        return entries.error();
    }
    if (entries->empty()) {
        return Error(beyond_end, "sequence " + std::to_string(at.value()));
    }
    return std::move(entries->front());
}

}  // namespace chopmark::journal
