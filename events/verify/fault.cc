#include "events/verify/fault.h"

namespace chopmark::verify {

std::string to_string(const Fault& fault) {
    std::string out = "partition " + std::to_string(fault.partition.value()) + ", sequence " +
                      std::to_string(fault.sequence.value()) + ": " +
                      std::string(fault.reason.name);
    if (!fault.detail.empty()) {
        out += ": " + fault.detail;
    }
    return out;
}

Reason reason_of(journal::Skipped why) {
    switch (why) {
        case journal::Skipped::malformed:
            return malformed;
        case journal::Skipped::wrong_partition:
            return wrong_partition;
        case journal::Skipped::wrong_genesis:
            return wrong_genesis;
        case journal::Skipped::stale_term:
            return stale_term;
        case journal::Skipped::bad_term_proof:
            return bad_term_proof;
        case journal::Skipped::wrong_term:
            return wrong_term;
        case journal::Skipped::wrong_sequence:
            return wrong_sequence;
        case journal::Skipped::wrong_previous:
            return leaf_changed;
        case journal::Skipped::boxes_mismatch:
            return link_box_changed;
    }
    return malformed;
}

}  // namespace chopmark::verify
