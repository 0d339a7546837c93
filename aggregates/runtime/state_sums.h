// What a partition's state adds up to, and the books that its owner keeps beside it (design 6,
// StateAttested). The sums of citizens, slots and rp_seq rows are recorded by the owner from time
// to time; whoever folds such a record compares, so a state that is not what the log says it was –
// a fold that is not deterministic, a row that rotted – stops there and cannot own the partition.
//
// Two states are comparable if they are of one version and neither passed over a record because its
// period was over: what such a record had left in a state is not in one folded later.
// Plain values and pure functions.
#pragma once

#include "aggregates/runtime/partition_command.h"
#include "events/fold/row_sum.h"

namespace chopmark::runtime {

/// Of the rows of CitizenDomain. Raised whenever a fold or a row changes: rows of another version
/// are folded anew from the log.
inline constexpr std::uint32_t state_version = 4;

struct StateSums {
    fold::RowSum citizens;  // named IDENTITY in StateAttested
    fold::RowSum slots;     // ATTEMPT
    fold::RowSum rp_seq;    // PLATFORM

    static void fields(auto& archive, StateSums& row) {
        archive(row.citizens, row.slots, row.rp_seq);
    }
    friend bool operator==(const StateSums&, const StateSums&) = default;
};

/// The row `books` of a partition's meta table, written with every position.
struct PartitionBooks {
    std::uint32_t version = state_version;
    StateSums sums;             // of the rows as they are stored
    Instant attested_at;        // of the last StateAttested
    bool changed = false;       // the state, since then
    std::uint64_t expired = 0;  // records passed over because their period was over
    std::uint64_t foreign = 0;  // count of the last ForeignRecordsSeen

    static void fields(auto& archive, PartitionBooks& row) {
        archive(row.version, row.sums, row.attested_at, row.changed, row.expired, row.foreign);
    }
    friend bool operator==(const PartitionBooks&, const PartitionBooks&) = default;
};

/// `position`: sequence folded up to, exclusive; which is the record's own.
schema::StateAttested attestation(const StateSums& sums, Sequence position);

/// state.differs, with what differs, if `event`, read at `at`, says otherwise than `sums`. Nothing
/// is said of a state that is not comparable.
Result<void> compare(const schema::StateAttested& event, const StateSums& sums, Sequence at,
                     const PartitionBooks& books);

}  // namespace chopmark::runtime
