#include "events/fold/feed.h"

#include <algorithm>

#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::fold {
namespace {

constexpr journal::ReadBudget page{limits::fold_batch_records, limits::fold_batch_bytes};
/// A lane's share: there are as many as partitions.
constexpr journal::ReadBudget lane_page{64, 256 * 1024};

/// The sizes that a record of control states, if it is a cut.
Result<Positions> sizes_of(const journal::Entry& entry) {
    CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry.record.leaf));
    Positions sizes;
    if (prelude.type != schema::info<schema::CutRecorded>().type) {
        return sizes;
    }
    CHOPMARK_ASSIGN(
        const auto event,
        schema::decode(prelude.type, ByteView(entry.record.leaf).substr(record::prelude_bytes),
                       std::nullopt, std::nullopt));
    for (const auto& root : std::get<schema::CutRecorded>(event).leaf().partitions()) {
        sizes.set(PartitionId(static_cast<std::uint16_t>(root.partition())), Sequence(root.size()));
    }
    return sizes;
}

}  // namespace

Result<std::vector<journal::EntryPtr>> PartitionFeed::next(const Positions& from) {
    std::vector<journal::EntryPtr> out;
    journal::ReadBudget budget = page;
    // Whoever is first may take the whole page, so the turn moves on each time.
    for (std::size_t asked = 0; asked < partitions_.size() && budget.records > 0; ++asked) {
        const PartitionId partition = partitions_[(turn_ + asked) % partitions_.size()];
        journal::ReadBudget share = budget;
        if (until_) {
            const std::uint64_t end = until_->at(partition).value();
            const std::uint64_t begin = from.at(partition).value();
            share.records = std::min<std::uint64_t>(share.records, end > begin ? end - begin : 0);
        }
        if (share.records == 0) {
            continue;
        }
        CHOPMARK_ASSIGN(auto entries, journal_->read(partition, from.at(partition), share));
        for (auto& entry : entries) {
            budget.bytes -= std::min(budget.bytes, entry->record.size());
            out.push_back(std::move(entry));
        }
        budget.records = budget.bytes == 0 ? 0 : page.records - std::min(page.records, out.size());
    }
    turn_ = (turn_ + 1) % partitions_.size();
    return out;
}

/// Reads control on until a cut lies beyond `from`; false at the end. A cut lists only what has
/// grown and stands behind the control records it counts, so searching from one's own position in
/// control finds the cut one is in the middle of, after none but cuts that are covered already.
Result<bool> CutFeed::find_cut(const Positions& from) {
    while (true) {
        CHOPMARK_ASSIGN(const auto entries,
                        journal_->read(control_partition, searched_, lane_page));
        if (entries.empty()) {
            return false;
        }
        for (const auto& entry : entries) {
            CHOPMARK_ASSIGN(const Positions sizes, sizes_of(*entry));
            searched_ = Sequence(entry->sequence.value() + 1);
            if (!from.covers(sizes)) {
                target_ = from;
                for (const PartitionId partition : sizes.partitions()) {
                    target_.set(partition, std::max(from.at(partition), sizes.at(partition)));
                }
                return true;
            }
        }
    }
}

Result<void> CutFeed::fill(PartitionId partition, Sequence from) {
    const std::uint64_t left = target_.at(partition).value() - from.value();
    journal::ReadBudget budget = lane_page;
    budget.records = static_cast<std::size_t>(std::min<std::uint64_t>(budget.records, left));
    CHOPMARK_ASSIGN(auto entries, journal_->read(partition, from, budget));
    if (entries.empty()) {
        // The cut has been accepted, and so has what it counts.
        return Error(journal::beyond_end, "a cut counts more records than there are");
    }
    Lane& lane = lanes_[partition.value()];
    lane.waiting.assign(entries.rbegin(), entries.rend());
    lane.recorded_at.clear();
    for (const auto& entry : lane.waiting) {
        CHOPMARK_ASSIGN(const auto prelude, record::decode_prelude(entry->record.leaf));
        lane.recorded_at.push_back(prelude.recorded_at);
    }
    return {};
}

Result<std::vector<journal::EntryPtr>> CutFeed::next(const Positions& from) {
    if (lanes_.empty() || !(from == given_)) {
        lanes_.assign(journal_->partitions() + 1U, Lane());
        given_ = from;
        target_ = from;
        searched_ = from.at(control_partition);
    }
    std::vector<journal::EntryPtr> out;
    while (out.size() < limits::fold_batch_records) {
        const Lane* earliest = nullptr;
        PartitionId chosen;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            const PartitionId partition(static_cast<std::uint16_t>(i));
            if (lanes_[i].waiting.empty()) {
                if (given_.at(partition) == target_.at(partition)) {
                    continue;
                }
                CHOPMARK_TRY(fill(partition, given_.at(partition)));
            }
            if (earliest == nullptr ||
                lanes_[i].recorded_at.back() < earliest->recorded_at.back()) {
                earliest = &lanes_[i];
                chosen = partition;
            }
        }
        if (earliest == nullptr) {
            CHOPMARK_ASSIGN(const bool found, find_cut(given_));
            if (!found) {
                break;
            }
            continue;
        }
        Lane& lane = lanes_[chosen.value()];
        if (until_ && lane.waiting.back()->sequence >= until_->at(chosen)) {
            break;
        }
        given_.set(chosen, Sequence(lane.waiting.back()->sequence.value() + 1));
        out.push_back(std::move(lane.waiting.back()));
        lane.waiting.pop_back();
        lane.recorded_at.pop_back();
    }
    return out;
}

}  // namespace chopmark::fold
