// Records in a partition's store that nobody was allowed to write (ForeignRecordsSeen). Two kinds
// are told apart by why they do not count. What no node of this deployment ever writes – of another
// genesis, for another partition, a term without proof, no record at all – is raised from the first
// on: somebody else can write to the store. What a node leaves behind that lost its term in the
// meantime is ordinary when the owner changes, and is raised only when there is more of it than
// that explains.
#pragma once

#include "anomaly/detector.h"
#include "anomaly/state/raised.h"

namespace chopmark::anomaly {

class ForeignRecords final : public RuleOver<ForeignRecords, schema::ForeignRecordsSeen> {
  public:
    struct Options {
        Duration window = std::chrono::hours(24);      // of one alert about a partition
        Duration late_window = std::chrono::hours(1);  // in which late records are counted
        std::uint64_t late_records = 1'024;  // in it; less: alerts about a node that was cut off
        std::uint64_t keys = 4'096;          // partitions
    };
    ForeignRecords() : ForeignRecords(Options()) {}
    explicit ForeignRecords(const Options& options);

    [[nodiscard]] const RuleText& text() const override { return text_; }
    Result<void> on(const schema::ForeignRecordsSeen& event, StateRows& state, const Observed& seen,
                    std::vector<Draft>& findings) const;

  private:
    Options options_;
    RuleText text_;
};

}  // namespace chopmark::anomaly
