// Moves a log between a folder and a topic, offline and byte for byte: the same records, so the
// same leaves and roots. What is at the destination must be the beginning of what is at the source,
// by the accept rule and byte by byte, and the copy goes on behind it: one that was interrupted is
// taken up again. Nobody may write to either meanwhile; whoever does is found out at the end. And
// compares a mirror that came from elsewhere with the topic, to which others go on writing.
// Blocks; one thread.
#pragma once

#include "events/journal/kafka_topic.h"
#include "events/journal/mirror.h"
#include "events/journal/reader.h"

namespace chopmark::journal {

/// The destination has something else, or more, than the source; or it changed meanwhile.
inline constexpr Reason copy_differs{"copy.differs", Kind::conflict};
/// The mirror has a record that the topic has not, or another one.
inline constexpr Reason not_in_topic{"copy.not_in_topic", Kind::damaged};

/// Where the topic is, and what makes a log that of one deployment. All must outlive the copy.
struct CopyPlace {
    kafka::Settings client;
    std::string topic;
    Digest genesis;
    const TermAuthority& authority;
    Duration answer_wait = std::chrono::seconds(10);
    kafka::Log log{};
};

/// Of one partition.
struct Copied {
    std::uint64_t records = 0;  // written by this call
    std::uint64_t found = 0;    // there already
    std::uint64_t skipped = 0;  // in the topic, and not accepted
};

/// Each accepted record of a partition, as the topic has it: in order, once.
using Accepted = std::function<void(Sequence at, const Digest& leaf_hash)>;

/// The control partition's first record; journal.beyond_end when the topic is empty.
Result<Bytes> first_in_topic(const kafka::Settings& client, const std::string& topic,
                             Duration answer_wait, const kafka::Log& log);

/// copy.differs, journal.foreign_log for another genesis, journal.damaged for a source that is not
/// whole, kafka.producer_spent and journal.not_ready: the next call goes on.
Result<Copied> copy_to_topic(const RecordSource& from, const CopyPlace& to, PartitionId partition,
                             const Accepted& accepted);
Result<Copied> copy_from_topic(const CopyPlace& from, Mirror& to, PartitionId partition,
                               const Accepted& accepted);
/// That the mirror's records from `from` on are what the topic has there, and count there: record
/// by record, from the nearest place before it that mirror and topic agree on, else from the
/// topic's beginning; how many were compared. What the topic has beyond the mirror does not matter.
/// copy.not_in_topic, journal.not_ready.
Result<std::uint64_t> compare_with_topic(const CopyPlace& place, const Mirror& mirror,
                                         PartitionId partition, Sequence from);

}  // namespace chopmark::journal
