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

namespace {

/// The time by which a search may judge a place: that of the first record from `at` on that is no
/// TermOpened, since only those may be dated before the record they follow. Nothing when none is
/// left below `end`.
Result<std::optional<Instant>> time_at(const Journal& journal, PartitionId partition,
                                       std::uint64_t at, std::uint64_t end) {
    for (; at < end; ++at) {
        CHOPMARK_ASSIGN(const EntryPtr entry, read_one(journal, partition, Sequence(at)));
        CHOPMARK_ASSIGN(const record::Prelude prelude, record::decode_prelude(entry->record.leaf));
        if (prelude.type != term_opened) {
            return prelude.recorded_at;
        }
    }
    return std::nullopt;
}

}  // namespace

Result<Sequence> first_recorded_at_or_after(const Journal& journal, PartitionId partition,
                                            Instant at, Sequence end) {
    std::uint64_t low = 0;
    std::uint64_t high = end.value();
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        CHOPMARK_ASSIGN(const auto time, time_at(journal, partition, middle, high));
        if (time && *time < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return Sequence(low);
}

}  // namespace chopmark::journal
