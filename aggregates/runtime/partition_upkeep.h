// When an owner has something to say about its partition itself: attestations of its state, counts
// of rp_seq, records in its store that do not count. Looked at by timer; gives the commands that
// are due and remembers which are on their way, so that none is sent twice. The log says what was
// recorded; nothing here outlives the process. Not thread-safe: the executor's strand owns it.
#pragma once

#include <set>

#include "aggregates/runtime/state_sums.h"

namespace chopmark::runtime {

class PartitionUpkeep {
  public:
    struct Options {
        /// Between two StateAttested of a partition that changes. Longer: a fold that went astray
        /// is noticed later; shorter: more records.
        Duration attest_every = std::chrono::hours(1);
        /// What RelyingPartyCounts closes.
        Duration count_every = std::chrono::hours(1);
        /// Between two ForeignRecordsSeen: whoever writes garbage must not fill the log with
        /// reports of it.
        Duration report_every = std::chrono::minutes(1);
    };

    explicit PartitionUpkeep(Options options) : options_(options) {}

    /// Of a citizens' partition.
    std::vector<PartitionCommand> due(const PartitionBooks& books,
                                      const std::set<ClientId>& uncounted, Instant now);
    /// Of any; `reported` is the count that was recorded last.
    std::optional<PartitionCommand> due(std::uint64_t reported,
                                        const journal::SkippedRecords& skipped, Instant now);
    /// MUST be called once for each command given out; `again` when it was not recorded and may be
    /// at another time.
    void settled(const PartitionCommand& command, bool again);

  private:
    void count_clients(const std::set<ClientId>& uncounted, Instant now,
                       std::vector<PartitionCommand>& out);

    Options options_;
    bool attesting_ = false;
    bool reporting_ = false;
    std::size_t counting_ = 0;              // parts on their way
    bool count_again_ = false;              // one of them was not recorded
    std::optional<Instant> counting_hour_;  // begin of the one that is not closed yet
    std::optional<Instant> reported_at_;
};

}  // namespace chopmark::runtime
