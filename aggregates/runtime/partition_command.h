// Commands that are about a partition itself and not about anybody in it: what its owner attests
// and reports by timer (design 3, 6 and 9). Each is decided by the partition's own executor and
// lies in that partition. Only a timer or a node may send them.
#pragma once

#include <variant>
#include <vector>

#include "aggregates/decision.h"
#include "events/journal/skipped.h"

namespace chopmark::runtime {

/// The state of a node is not what the log says it was: it may not own the partition.
inline constexpr Reason state_differs{"state.differs", Kind::damaged};
inline constexpr Reason attested_already{"state.attested_already", Kind::refused};
inline constexpr Reason counted_already{"relying_party.counted_already", Kind::refused};
inline constexpr Reason foreign_reported_already{"journal.foreign_reported_already", Kind::refused};
inline constexpr Reason partition_command_forbidden{"partition.platform_only", Kind::forbidden};
/// Control has no citizens to attest and to count.
inline constexpr Reason partition_has_no_citizens{"partition.no_citizens", Kind::invalid};

/// Clients of one RelyingPartyCounts: its leaf is no longer than 4 KiB.
inline constexpr std::size_t counted_clients_of_a_part = 96;

/// Records the sums of all state rows as they stand right before the record itself.
struct AttestState {};

/// Records the highest rp_seq of these clients as they stand right before the record itself.
struct CountRelyingParties {
    Instant hour;  // begin of the one that it closes
    std::uint32_t part = 1;
    std::uint32_t parts = 1;
    std::vector<ClientId> clients;  // counted_clients_of_a_part
};

/// Records what lies in the partition's store and does not count (design 3, rule 4).
struct ReportForeignRecords {
    std::uint64_t count = 0;                      // all since genesis
    std::vector<journal::SkippedRecord> skipped;  // the newest; journal::skipped_records_kept
};

using PartitionCommand = std::variant<AttestState, CountRelyingParties, ReportForeignRecords>;

/// partition.platform_only unless a timer or a node sends it.
Result<void> check_sender(const CommandHead& head);
/// `reported` is the count of the last one recorded here.
Decision decide(const ReportForeignRecords& command, std::uint64_t reported);

}  // namespace chopmark::runtime
