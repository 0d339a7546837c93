#include "events/journal/recent_entries.h"

namespace chopmark::journal {

void RecentEntries::keep(std::span<const EntryPtr> entries, std::size_t limit) {
    for (const EntryPtr& entry : entries) {
        entries_.push_back(entry);
        bytes_ += entry->record.size();
    }
    while (bytes_ > limit) {
        bytes_ -= entries_.front()->record.size();
        entries_.pop_front();
    }
}

std::optional<std::vector<EntryPtr>> RecentEntries::read(Sequence from, Sequence next,
                                                         const ReadBudget& budget) const {
    if (from >= next) {
        return std::vector<EntryPtr>();
    }
    if (entries_.empty() || from < entries_.front()->sequence) {
        return std::nullopt;
    }
    std::vector<EntryPtr> out;
    std::size_t bytes = 0;
    for (std::size_t at = from.value() - entries_.front()->sequence.value(); at < entries_.size();
         ++at) {
        bytes += entries_[at]->record.size();
        if (!out.empty() && (out.size() >= budget.records || bytes > budget.bytes)) {
            break;
        }
        out.push_back(entries_[at]);
    }
    return out;
}

}  // namespace chopmark::journal
