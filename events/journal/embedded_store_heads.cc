// Heads as they were at a place of the stored log, found without walking a partition.
#include <algorithm>

#include "events/journal/embedded_store.h"
#include "events/journal/tails.h"

namespace chopmark::journal {

Result<Sequence> EmbeddedStore::term_start(PartitionId partition, Term term, Sequence end) const {
    std::uint64_t low = 0;             // a record of an earlier term, or the start
    std::uint64_t high = end.value();  // a record of this term lies before
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto record = record_at(partition, Sequence(middle));
        if (!record) {
            return record.error();
        }
        const auto prelude = record::decode_prelude(record->leaf);
        if (!prelude) {
            return damaged_at(partition, Sequence(middle), to_string(prelude.error()));
        }
        if (prelude->term < term) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return Sequence(low);
}

/// A TermOpened may be dated before what it follows (ops/decisions/0006), and several may stand in
/// a row; what they follow has the latest time of all before.
Result<Instant> EmbeddedStore::latest_time_up_to(PartitionId partition, Sequence last) const {
    Instant latest;
    for (std::uint64_t at = last.value();; --at) {
        const auto record = record_at(partition, Sequence(at));
        if (!record) {
            return record.error();
        }
        const auto prelude = record::decode_prelude(record->leaf);
        if (!prelude) {
            return damaged_at(partition, Sequence(at), to_string(prelude.error()));
        }
        latest = std::max(latest, prelude->recorded_at);
        if (prelude->type != term_opened || at == 0) {
            return latest;
        }
    }
}

Result<Head> EmbeddedStore::head_before(PartitionId partition, Sequence at) const {
    Head head;
    if (at == Sequence(0)) {
        return head;
    }
    const Sequence last(at.value() - 1);
    const auto record = record_at(partition, last);
    if (!record) {
        return record.error();
    }
    const auto prelude = record::decode_prelude(record->leaf);
    if (!prelude) {
        return damaged_at(partition, last, to_string(prelude.error()));
    }
    head.next = at;
    head.previous = record::leaf_hash(record->leaf);
    head.term = prelude->term;
    head.writer = prelude->writer;
    auto latest = latest_time_up_to(partition, last);
    if (!latest) {
        return latest.error();
    }
    head.recorded_at = *latest;
    if (head.term != Term(0)) {
        const auto start = term_start(partition, head.term, at);
        const auto opening = start ? record_at(partition, *start) : start.error();
        if (!opening) {
            return opening.error();
        }
        const auto tail =
            opening->leaf.size() < record::prelude_bytes
                ? std::nullopt
                : decode_term_opened(ByteView(opening->leaf).substr(record::prelude_bytes));
        if (!tail) {
            return damaged_at(partition, *start, "a term that does not begin with TermOpened");
        }
        head.endpoint = std::string(tail->endpoint);
    }
    auto withdrawn = withdrawn_before(partition, at);
    if (!withdrawn) {
        return withdrawn.error();
    }
    head.withdrawn = std::move(*withdrawn);
    return head;
}

}  // namespace chopmark::journal
