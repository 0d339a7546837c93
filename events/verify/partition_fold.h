// Folds one partition as every reader of the log must: each record in its place, taken by the
// accept rule, its boxes those of its digests, its leaf in the tree. Goes on record by record as
// far as it is told and stops at the first fault, which it names as closely as the record behind
// allows: that one remembers the leaf hash, so it tells whether a leaf or what it speaks of was
// changed. No Protobuf is read here. One thread.
#pragma once

#include <functional>

#include "events/journal/reader.h"
#include "events/tlog/merkle.h"
#include "events/verify/fault.h"

namespace chopmark::verify {

struct PartitionCounts {
    std::uint64_t records = 0;
    std::uint64_t terms = 0;
    std::uint64_t link_boxes = 0;
    std::uint64_t personal_boxes = 0;
    std::uint64_t absent_boxes = 0;  // a digest without its box
    std::uint64_t bytes = 0;         // of leaves and boxes
    Instant first;                   // recorded_at
    Instant last;
};

class PartitionFold {
  public:
    /// Looks at a record that was taken; a fault ends the fold.
    using Look = std::function<std::optional<Fault>(const record::Prelude& prelude,
                                                    const record::RecordView& record, Sequence at)>;

    /// All must outlive the fold.
    PartitionFold(const journal::RecordSource& source, PartitionId partition,
                  const Digest& genesis_hash, const journal::TermAuthority& authority, Look look);

    /// Folds until `records` are taken; false when there are fewer, or at a fault.
    bool advance_to(std::uint64_t records);

    [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }
    void fail(Fault fault) { fault_ = std::move(fault); }
    [[nodiscard]] tlog::TreeHead head() const { return edge_.head(); }
    [[nodiscard]] std::uint64_t size() const { return edge_.size(); }
    [[nodiscard]] const PartitionCounts& counts() const { return counts_; }

  private:
    bool step();
    std::optional<Fault> take(Sequence at, ByteView stored);
    std::optional<Fault> check_boxes(const record::Prelude& prelude,
                                     const record::RecordView& record, Sequence at);
    void count(const record::Prelude& prelude, const record::RecordView& record);
    [[nodiscard]] Fault not_taken(journal::Skipped why, ByteView leaf, Sequence at) const;
    [[nodiscard]] Fault box_changed(const Reason& reason, const Digest& leaf_hash,
                                    Sequence at) const;
    /// Whether the record behind `at` remembers this leaf; nothing when it cannot tell.
    [[nodiscard]] std::optional<bool> remembered(Sequence at, const Digest& leaf_hash) const;

    const journal::RecordSource& source_;
    PartitionId partition_;
    Look look_;
    journal::AcceptRule rule_;
    tlog::RightEdge edge_;
    PartitionCounts counts_;
    std::unique_ptr<journal::RecordCursor> cursor_;
    std::optional<Fault> fault_;
};

}  // namespace chopmark::verify
