// What the journal's topic, and those that are copied from it, must be like, so that no record can
// expire, be compacted away or be given up by an election (design 3). Values are compared, not
// where they come from; partitions and replicas are counted, for the cluster accepts less than the
// settings ask for (facts/kafka-broker 1.5). Pure but for create_topic().
#pragma once

#include "events/journal/kafka_client.h"

namespace chopmark::journal::kafka {

inline constexpr Reason topic_unsafe{"kafka.topic_unsafe", Kind::conflict};

enum class Kept : std::uint8_t {
    everything,
    newest_by_key,  // compacted, but nothing expires
};

struct TopicRules {
    std::string topic = "chopmark.journal";
    std::uint16_t partitions = 16;  // citizen partitions; the topic has one more
    std::size_t replication = 3;    // 1: a single broker, which then syncs every append
    std::size_t min_insync = 2;
    Kept kept = Kept::everything;
};

/// A topic as create_topic() makes it.
TopicFacts wanted_topic(const TopicRules& rules);

/// Everything that is wrong with it, a line each: what it is and what it must be.
std::vector<std::string> topic_faults(const TopicRules& rules, const TopicFacts& facts);
/// kafka.topic_unsafe with all faults; journal.foreign_log for another number of partitions.
Result<void> check_topic(const TopicRules& rules, const TopicFacts& facts);

/// Makes the topic, if there is none, and checks it. `client` needs "bootstrap.servers".
Result<void> create_topic(const Settings& client, const TopicRules& rules, const Log& log,
                          Duration wait);

}  // namespace chopmark::journal::kafka
