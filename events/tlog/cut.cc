#include "events/tlog/cut.h"

#include <algorithm>

namespace chopmark::tlog {

TreeHead CutTracker::head(PartitionId partition) const {
    const auto found = heads_.find(partition);
    return found == heads_.end() ? TreeHead{0, empty_root()} : found->second;
}

Result<void> CutTracker::add(const Cut& cut, Sequence at) {
    if (cut.number < number_ || cut.number > number_ + 1 || cut.number == 0) {
        return Error(bad_cut,
                     "number " + std::to_string(cut.number) + " after " + std::to_string(number_));
    }
    for (const auto& [partition, tree] : cut.grown) {
        if (tree.size <= head(partition).size ||
            (partition == control_partition && tree.size > at.value())) {
            return Error(bad_cut, "size " + std::to_string(tree.size) + " of partition " +
                                      std::to_string(partition.value()));
        }
    }
    number_ = cut.number;
    for (const auto& [partition, tree] : cut.grown) {
        heads_[partition] = tree;
    }
    uncounted_.push_back(at);
    const std::uint64_t counted = head(control_partition).size;
    std::erase_if(uncounted_, [&](Sequence record) { return record.value() < counted; });
    return {};
}

std::optional<Cut> CutTracker::next(
    const std::vector<std::pair<PartitionId, TreeHead>>& now) const {
    Cut cut{number_ + 1, {}};
    bool worth_it = false;
    for (const auto& [partition, tree] : now) {
        const std::uint64_t before = head(partition).size;
        if (tree.size <= before) {
            continue;
        }
        cut.grown.emplace_back(partition, tree);
        // Cut records that a partial read of control has not reached do not count against it.
        const auto own = static_cast<std::uint64_t>(
            std::count_if(uncounted_.begin(), uncounted_.end(),
                          [size = tree.size](Sequence at) { return at.value() < size; }));
        worth_it = worth_it || partition != control_partition || tree.size - before > own;
    }
    if (!worth_it) {
        return std::nullopt;
    }
    std::sort(cut.grown.begin(), cut.grown.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return cut;
}

}  // namespace chopmark::tlog
