// What can be wrong with a log, and where. A fault names its kind by a stable dotted name and its
// place by partition and sequence; its detail holds numbers and digests, never what a box holds.
#pragma once

#include "events/core/error.h"
#include "events/journal/accept.h"

namespace chopmark::verify {

// The store
inline constexpr Reason store_damaged{"verify.store_damaged", Kind::damaged};
inline constexpr Reason missing_record{"verify.missing_record", Kind::damaged};
inline constexpr Reason bad_framing{"verify.bad_framing", Kind::damaged};
// The accept rule (design 3)
inline constexpr Reason malformed{"verify.malformed", Kind::damaged};
inline constexpr Reason wrong_partition{"verify.wrong_partition", Kind::damaged};
inline constexpr Reason wrong_genesis{"verify.wrong_genesis", Kind::damaged};
inline constexpr Reason stale_term{"verify.stale_term", Kind::damaged};
inline constexpr Reason bad_term_proof{"verify.bad_term_proof", Kind::damaged};
inline constexpr Reason wrong_term{"verify.wrong_term", Kind::damaged};
inline constexpr Reason wrong_sequence{"verify.wrong_sequence", Kind::damaged};
inline constexpr Reason time_falls{"verify.time_falls", Kind::damaged};
// Bytes that are not those that were written
inline constexpr Reason leaf_changed{"verify.leaf_changed", Kind::damaged};
inline constexpr Reason link_box_changed{"verify.link_box_changed", Kind::damaged};
inline constexpr Reason personal_box_changed{"verify.personal_box_changed", Kind::damaged};
inline constexpr Reason link_box_missing{"verify.link_box_missing", Kind::damaged};
inline constexpr Reason personal_box_missing{"verify.personal_box_missing", Kind::damaged};
// Cuts against trees
inline constexpr Reason bad_cut{"verify.bad_cut", Kind::damaged};
inline constexpr Reason records_lost{"verify.records_lost", Kind::damaged};
inline constexpr Reason other_root{"verify.other_root", Kind::damaged};
// What the layers hold
inline constexpr Reason leaf_unreadable{"verify.leaf_unreadable", Kind::damaged};
inline constexpr Reason link_unreadable{"verify.link_unreadable", Kind::damaged};
inline constexpr Reason personal_unreadable{"verify.personal_unreadable", Kind::damaged};
inline constexpr Reason wrong_period{"verify.wrong_period", Kind::damaged};
/// A key is gone, and no receipt and no expiry names it.
inline constexpr Reason no_receipt{"verify.no_receipt", Kind::damaged};
/// A receipt or an expiry says that a key is gone, and it is there.
inline constexpr Reason key_survives{"verify.key_survives", Kind::damaged};

struct Fault {
    Reason reason;
    PartitionId partition;
    Sequence sequence;  // of the record, or where one should be
    std::string detail;

    friend bool operator==(const Fault&, const Fault&) = default;
};

/// "partition 3, sequence 17: verify.link_box_changed: detail".
std::string to_string(const Fault& fault);

/// The kind of fault that a record is which the accept rule did not take.
Reason reason_of(journal::Skipped why);

}  // namespace chopmark::verify
