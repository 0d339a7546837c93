#include "events/verify/partition_fold.h"

namespace chopmark::verify {

PartitionFold::PartitionFold(const journal::RecordSource& source, PartitionId partition,
                             const Digest& genesis_hash, const journal::TermAuthority& authority,
                             Look look)
    : source_(source),
      partition_(partition),
      look_(std::move(look)),
      rule_(partition, genesis_hash, authority),
      cursor_(source.walk(partition, Sequence(0))) {}

bool PartitionFold::advance_to(std::uint64_t records) {
    while (size() < records) {
        if (fault_ || !step()) {
            return false;
        }
    }
    return true;
}

bool PartitionFold::step() {
    const Sequence expected = rule_.head().next;
    if (!cursor_->valid()) {
        if (const auto status = cursor_->status(); !status) {
            fault_ = Fault{store_damaged, partition_, expected, status.error().detail};
        } else if (expected == Sequence(0)) {
            fault_ = Fault{missing_record, partition_, expected, "the partition is empty"};
        }
        return false;
    }
    if (cursor_->sequence() != expected) {
        fault_ = Fault{missing_record, partition_, expected,
                       "the next one there is " + std::to_string(cursor_->sequence().value())};
        return false;
    }
    fault_ = take(expected, cursor_->stored());
    if (fault_) {
        return false;
    }
    cursor_->next();
    return true;
}

std::optional<Fault> PartitionFold::take(Sequence at, ByteView stored) {
    const auto record = record::view_record(stored);
    if (!record) {
        return Fault{bad_framing, partition_, at, record.error().detail};
    }
    const Instant before = rule_.head().recorded_at;
    const auto taken = rule_.offer(record->leaf);
    if (!taken) {
        return not_taken(taken.error(), record->leaf, at);
    }
    edge_.append(*taken);
    const record::Prelude prelude = *record::decode_prelude(record->leaf);
    if (auto fault = check_boxes(prelude, *record, at)) {
        return fault;
    }
    // The date of a TermOpened says when it was sent, and judges nothing: what the writer that it
    // deposed had sent may have landed before it.
    if (prelude.type != journal::term_opened && prelude.recorded_at < before) {
        return remembered(at, *taken) == false
                   ? Fault{leaf_changed, partition_, at, "its time lies before the one before it"}
                   : Fault{time_falls, partition_, at, to_string(prelude.recorded_at)};
    }
    count(prelude, *record);
    return look_(prelude, *record, at);
}

std::optional<Fault> PartitionFold::check_boxes(const record::Prelude& prelude,
                                                const record::RecordView& record, Sequence at) {
    const auto differs = [](ByteView box, const Digest& digest) {
        return !box.empty() && record::box_digest(box) != digest;
    };
    if (differs(record.link_box, prelude.link_digest)) {
        return box_changed(link_box_changed, rule_.head().previous, at);
    }
    if (differs(record.personal_box, prelude.personal_digest)) {
        return box_changed(personal_box_changed, rule_.head().previous, at);
    }
    return std::nullopt;
}

void PartitionFold::count(const record::Prelude& prelude, const record::RecordView& record) {
    if (counts_.records == 0) {
        counts_.first = prelude.recorded_at;
    }
    counts_.last = prelude.recorded_at;
    ++counts_.records;
    counts_.terms += prelude.type == journal::term_opened ? 1 : 0;
    counts_.link_boxes += record.link_box.empty() ? 0 : 1;
    counts_.personal_boxes += record.personal_box.empty() ? 0 : 1;
    counts_.absent_boxes += record.link_box.empty() && !prelude.link_digest.is_zero() ? 1 : 0;
    counts_.absent_boxes +=
        record.personal_box.empty() && !prelude.personal_digest.is_zero() ? 1 : 0;
    counts_.bytes += record.leaf.size() + record.link_box.size() + record.personal_box.size();
}

Fault PartitionFold::not_taken(journal::Skipped why, ByteView leaf, Sequence at) const {
    if (why != journal::Skipped::wrong_previous) {
        return {reason_of(why), partition_, at, {}};
    }
    // Two leaves disagree. If the record behind vouches for this one, the one before was changed.
    const Sequence before(at.value() - (at > Sequence(0) ? 1 : 0));
    const auto vouched = remembered(at, record::leaf_hash(leaf));
    if (vouched == false) {
        return {leaf_changed, partition_, at, "it names another leaf before it"};
    }
    return {leaf_changed, partition_, before,
            "sequence " + std::to_string(at.value()) + " remembers another hash of it" +
                (vouched ? "" : ", or was itself changed")};
}

Fault PartitionFold::box_changed(const Reason& reason, const Digest& leaf_hash, Sequence at) const {
    if (remembered(at, leaf_hash) == false) {
        return {leaf_changed, partition_, at, "a box is not that of its digest"};
    }
    return {reason, partition_, at, "not that of the leaf's digest"};
}

std::optional<bool> PartitionFold::remembered(Sequence at, const Digest& leaf_hash) const {
    const auto behind = journal::stored_at(source_, partition_, Sequence(at.value() + 1));
    const auto record = behind ? record::view_record(*behind) : behind.error();
    if (!record) {
        return std::nullopt;
    }
    const auto prelude = record::decode_prelude(record->leaf);
    if (!prelude || prelude->type == journal::term_opened) {
        return std::nullopt;
    }
    return prelude->previous == leaf_hash;
}

}  // namespace chopmark::verify
