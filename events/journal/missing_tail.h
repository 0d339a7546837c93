// What is done with the answers of other nodes before a term is opened: who knows of more than
// this node, and its records, page by page, each judged by the accept rule and held to its boxes
// before it may go anywhere. A node that does not answer is passed over; one that knows more and
// does not deliver, or contradicts, is not: journal.tail_missing, journal.tail_contradicted. Memory
// is one page. For one thread; it does no more than ask the given port.
#pragma once

#include <optional>
#include <string>

#include "events/journal/accept.h"
#include "events/journal/peer_tails.h"

namespace chopmark::journal {

struct LongerTail {
    NodeId node;
    Sequence end;
};

struct TailSurvey {
    std::optional<LongerTail> longer;  // whoever has most; nothing: nobody has more than we
    std::vector<ToldTail> silent;
};

/// `ours` is the end of what this node has, lost by the topic or not.
Result<TailSurvey> survey_tails(PeerTails& peers, PartitionId partition, const Head& ours,
                                Patience patience);

class MissingTail {
  public:
    /// `rule` stands where this node's records end.
    MissingTail(PeerTails& peers, const LongerTail& longer, AcceptRule rule)
        : peers_(peers), longer_(longer), rule_(std::move(rule)) {}

    [[nodiscard]] bool complete() const { return at() >= longer_.end; }
    /// Behind what next() has returned so far.
    [[nodiscard]] Sequence at() const { return rule_.head().next; }
    /// At least one record while it is not complete.
    Result<std::vector<record::Record>> next();

  private:
    Result<record::Record> judge(ByteView stored);
    [[nodiscard]] Error error(Reason reason, const std::string& what) const;

    PeerTails& peers_;
    const LongerTail longer_;
    AcceptRule rule_;
};

}  // namespace chopmark::journal
