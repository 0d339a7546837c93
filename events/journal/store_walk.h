// Takes the end of a partition that lies in a store through the accept rule again, after an
// opening: everything that recovery brought out of the log files, and some records more. What was
// sorted into files before is guarded by the checksums of its blocks; `chopmark log verify` walks
// all of it. For one thread.
#pragma once

#include "events/journal/embedded_store.h"

namespace chopmark::journal {

/// The rule, standing behind the last record; `walked` grows by the records that were judged.
/// journal.damaged names partition and sequence of what does not follow, journal.foreign_log
/// another genesis. `authority` must outlive the rule.
Result<AcceptRule> walk_end(const EmbeddedStore& store, PartitionId partition,
                            const Digest& genesis_hash, const TermAuthority& authority,
                            std::uint64_t& walked);

}  // namespace chopmark::journal
