// What the mirrors of other nodes hold of a partition, as a port. A topic that came back from an
// older copy has lost records that were told of, and the node that opens the next term may not be
// the one that has them: so before it does, it asks all the others (design-notes A11). A node
// answers from what is on its own disk alone. Whoever asks believes nothing that the accept rule
// does not: see missing_tail.h. Both sides are safe from any thread and block for a bounded time.
#pragma once

#include <vector>

#include "events/core/ids.h"
#include "events/core/result.h"

namespace chopmark::journal {

/// A node knows of records that the topic does not show, and they could not be had.
inline constexpr Reason tail_missing{"journal.tail_missing", Kind::unavailable};
/// A node knows of more than the topic shows, and that does not follow what this node has.
inline constexpr Reason tail_contradicted{"journal.tail_contradicted", Kind::damaged};

/// Of one answer; whichever comes first.
inline constexpr std::size_t tail_page_records = 256;
inline constexpr std::size_t tail_page_bytes = 1 << 20;

struct TailPage {
    Sequence end;                // records below are on that node's disk
    Digest previous;             // leaf hash of the record before those asked for; zero: not there
    std::vector<Bytes> records;  // as stored
};

/// A node's own mirror.
class TailSource {
  public:
    virtual ~TailSource() = default;
    /// Everything that was told of before the call is on the disk, and in `end`. No more than
    /// `at_most` records from `from` on, of those below `end`; none is an answer, too.
    [[nodiscard]] virtual Result<TailPage> tail(PartitionId partition, Sequence from,
                                                std::size_t at_most) = 0;
};

struct ToldTail {
    NodeId node;
    Result<TailPage> page;
};

/// How long a node that says nothing is waited for: a machine that is gone must not hold up every
/// takeover, but where the topic is seen to have lost records, others may have lost ones.
enum class Patience : std::uint8_t { usual, after_loss };

/// The mirrors of all other nodes of the deployment.
class PeerTails {
  public:
    virtual ~PeerTails() = default;
    /// Asks every one how far it has the partition, and for no records; those that have not
    /// answered in time are in the list with their errors.
    [[nodiscard]] virtual std::vector<ToldTail> ends(PartitionId partition, Sequence from,
                                                     Patience patience) = 0;
    [[nodiscard]] virtual Result<TailPage> page(const NodeId& node, PartitionId partition,
                                                Sequence from) = 0;
};

}  // namespace chopmark::journal
