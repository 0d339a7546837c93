// Verifies a whole log as it lies there (design 3, 4, 5): the accept rule from record 0 on, every
// box against its digest, the times, and every cut that control recorded against the trees of the
// partitions as they were then. With a node's keys also that every box opens, or that a receipt or
// an expiry names its key, and that keys said to be destroyed are gone. Walks all partitions side
// by side behind control, in constant memory; costs little more than one SHA-256 a leaf and box.
//
// What it cannot see: a last record that was changed or dropped and that no cut counts. The report
// therefore says how far cuts vouch for a partition. One thread.
#pragma once

#include <functional>

#include "events/verify/box_opener.h"
#include "events/verify/partition_fold.h"

namespace chopmark::verify {

struct PartitionReport {
    PartitionId partition;
    PartitionCounts counts;
    tlog::TreeHead head;
    std::uint64_t vouched = 0;  // records that the last cut counts
};

struct Report {
    std::vector<PartitionReport> partitions;
    std::uint64_t cuts = 0;
    BoxCounts boxes;
    /// At most one of each partition, then those of the boxes' keys; empty: the log is good.
    std::vector<Fault> faults;
};

struct Progress {
    PartitionId partition;
    std::uint64_t done = 0;  // records of all partitions
    std::uint64_t total = 0;
};

class LogVerifier {
  public:
    struct Options {
        /// Called now and then, on the caller's thread.
        std::function<void(const Progress&)> progress;
        /// Opens boxes, too, if not null; must outlive the verifier.
        const keys::KeyRing* ring = nullptr;
    };

    /// Source and authority must outlive the verifier.
    LogVerifier(const journal::RecordSource& source, const Digest& genesis_hash,
                const journal::TermAuthority& authority, Options options);
    ~LogVerifier();

    /// Once. Faults of the log are in the report.
    Report run();

  private:
    struct ControlTrail;

    std::optional<Fault> look(const record::Prelude& prelude, const record::RecordView& record,
                              const Place& at);
    std::optional<Fault> look_at_boxes(const record::Prelude& prelude,
                                       const record::RecordView& record, const Place& at);
    std::optional<Fault> take_cut(const tlog::Cut& cut, Sequence at);
    std::optional<Fault> check_control(const tlog::TreeHead& claimed, std::uint64_t cut,
                                       Sequence at);
    void check_partition(PartitionFold& fold, PartitionId partition, const tlog::TreeHead& claimed,
                         std::uint64_t cut, Sequence at);
    void tell_progress(PartitionId partition);

    Options options_;
    BoxLedger ledger_;
    std::optional<BoxOpener> opener_;
    tlog::CutTracker cuts_;
    std::unique_ptr<ControlTrail> trail_;
    std::vector<std::unique_ptr<PartitionFold>> folds_;  // by partition
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace chopmark::verify
