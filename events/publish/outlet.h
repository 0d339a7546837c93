// A topic for readers outside: an ordered copy, as CloudEvents, of things that are kept elsewhere
// under rising sequences. It knows by its own end how far it has come, so nothing about it is
// stored anywhere. Several nodes may write to it at once, each going on behind an end that it has
// read: then items may come twice, but never one before all below it. A topic that lost its end is
// noticed by the next offset, and filled again from there.
//
// All methods belong to one thread. After any error the outlet is to be dropped and opened again.
#pragma once

#include <memory>

#include "events/journal/kafka_topic.h"
#include "events/publish/cloud_event.h"

namespace chopmark::publish {

/// What was written lies in front of what was there before: the topic has lost its end.
inline constexpr Reason lost_end{"publish.lost_end", Kind::damaged};

/// One item as the topic has it.
struct Published {
    Sequence at;
    std::string id;
    std::string source;
};

/// Behind which item to go on; null: from the beginning. `tail` are the newest items of a topic as
/// they lie there, `whole` if there are no others. `gapless`: every sequence has an item, so that
/// what a reader who holds at a gap has not got yet can be seen, and is given again.
const Published* last_in_order(std::span<const Published> tail, bool whole, bool gapless);

class Outlet {
  public:
    struct Options {
        journal::kafka::Settings client;
        journal::kafka::TopicRules topic;
        bool gapless = true;
        /// For each question to the cluster, and between two messages while the end is read.
        Duration answer_wait = std::chrono::seconds(10);
        Duration deadline = std::chrono::seconds(10);
        journal::kafka::Log log;
    };
    struct Item {
        Sequence at;
        journal::kafka::Outgoing message;
    };

    /// kafka.topic_missing, kafka.topic_unsafe, journal.foreign_log for another number of
    /// partitions, journal.not_ready.
    static Result<std::unique_ptr<Outlet>> open(const Options& options);
    ~Outlet();

    /// Reads the end of a partition. journal.foreign_log when an item there is of another source.
    Result<std::optional<Published>> last(PartitionId partition, const std::string& source);
    /// Once last() was asked. Returns when all replicas in sync have all items; publish.lost_end,
    /// journal.not_ready or kafka.producer_spent: each may be there or not.
    Result<void> publish(PartitionId partition, std::span<const Item> items,
                         const std::atomic<bool>& give_up);

  private:
    explicit Outlet(const Options& options) : options_(options) {}
    Result<std::vector<Published>> read_tail(journal::kafka::Consumer& consumer,
                                             PartitionId partition, std::int64_t from,
                                             std::int64_t to, const std::string& source) const;

    const Options options_;
    std::unique_ptr<journal::kafka::Producer> producer_;
    std::map<PartitionId, std::int64_t> ends_;  // offsets behind what is known to be there
};

}  // namespace chopmark::publish
