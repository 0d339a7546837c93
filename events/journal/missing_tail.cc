#include "events/journal/missing_tail.h"

namespace chopmark::journal {
namespace {

std::string place_name(PartitionId partition, Sequence at, const NodeId& node) {
    return "partition " + std::to_string(partition.value()) + ", sequence " +
           std::to_string(at.value()) + ", node " + node.hex() + ": ";
}

}  // namespace

Result<TailSurvey> survey_tails(PeerTails& peers, PartitionId partition, const Head& ours,
                                Patience patience) {
    TailSurvey out;
    for (ToldTail& told : peers.ends(partition, ours.next, patience)) {
        if (!told.page) {
            out.silent.push_back(std::move(told));
            continue;
        }
        if (told.page->end <= ours.next) {
            continue;
        }
        if (told.page->previous != ours.previous) {
            return Error(tail_contradicted, place_name(partition, ours.next, told.node) +
                                                "it has more, behind other records than ours");
        }
        if (!out.longer || out.longer->end < told.page->end) {
            out.longer = LongerTail{told.node, told.page->end};
        }
    }
    return out;
}

Error MissingTail::error(Reason reason, const std::string& what) const {
    return {reason, place_name(rule_.partition(), rule_.head().next, longer_.node) + what};
}

Result<std::vector<record::Record>> MissingTail::next() {
    const auto page = peers_.page(longer_.node, rule_.partition(), rule_.head().next);
    if (!page) {
        return error(tail_missing, to_string(page.error()));
    }
    if (page->records.empty() || page->records.size() > tail_page_records) {
        return error(tail_missing, std::to_string(page->records.size()) + " records were sent");
    }
    if (page->previous != rule_.head().previous) {
        return error(tail_contradicted, "it has another record before that");
    }
    std::vector<record::Record> out;
    for (const Bytes& stored : page->records) {
        CHOPMARK_ASSIGN(auto record, judge(stored));
        out.push_back(std::move(record));
    }
    return out;
}

/// Boxes are no business of the accept rule, but one that was changed on its way could never be had
/// again.
Result<record::Record> MissingTail::judge(ByteView stored) {
    auto record = record::decode_record(stored);
    if (!record) {
        return error(tail_contradicted, to_string(record.error()));
    }
    if (const auto boxes = record::check_boxes(*record); !boxes) {
        return error(tail_contradicted, to_string(boxes.error()));
    }
    if (const auto verdict = rule_.offer(record->leaf); !verdict) {
        return error(tail_contradicted, "not accepted: " + std::string(to_string(verdict.error())));
    }
    return record;
}

}  // namespace chopmark::journal
