#include "events/journal/embedded_lane.h"

namespace chopmark::journal {

void EmbeddedJournal::Lane::keep_recent(std::span<const EntryPtr> entries, std::size_t limit) {
    for (const EntryPtr& entry : entries) {
        recent.push_back(entry);
        recent_bytes += entry->record.size();
    }
    while (recent_bytes > limit) {
        recent_bytes -= recent.front()->record.size();
        recent.pop_front();
    }
}

std::optional<std::vector<EntryPtr>> EmbeddedJournal::Lane::recent_from(
    Sequence from, const ReadBudget& budget) const {
    if (from >= head.next) {
        return std::vector<EntryPtr>();
    }
    if (recent.empty() || from < recent.front()->sequence) {
        return std::nullopt;
    }
    std::vector<EntryPtr> out;
    std::size_t bytes = 0;
    for (std::size_t at = from.value() - recent.front()->sequence.value(); at < recent.size();
         ++at) {
        bytes += recent[at]->record.size();
        if (!out.empty() && (out.size() >= budget.records || bytes > budget.bytes)) {
            break;
        }
        out.push_back(recent[at]);
    }
    return out;
}

}  // namespace chopmark::journal
