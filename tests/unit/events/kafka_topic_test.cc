// What must be said of a topic in which records could be lost: each setting by its name, what it is
// and what it must be.
#include "events/journal/kafka_topic.h"

#include <gtest/gtest.h>

#include "events/journal/journal.h"

namespace chopmark::journal::kafka {
namespace {

using Faults = std::vector<std::string>;

struct KafkaTopicFaults : testing::Test {
    TopicFacts good() const {
        TopicFacts facts = wanted_topic(rules);
        facts.settings["max.message.bytes"] = "1048588";  // Kafka's default
        return facts;
    }
    TopicFacts with(const char* name, const char* value) const {
        TopicFacts facts = good();
        facts.settings[name] = value;
        return facts;
    }

    TopicRules rules;
};

TEST_F(KafkaTopicFaults, AreNoneOfATopicAsItIsMade) {
    EXPECT_EQ(topic_faults(rules, good()), Faults());
    EXPECT_TRUE(check_topic(rules, good()));
    rules.replication = 1;
    rules.min_insync = 1;
    EXPECT_EQ(good().settings.at("flush.messages"), "1") << "one page cache is no replica";
    EXPECT_EQ(topic_faults(rules, good()), Faults());
}

TEST_F(KafkaTopicFaults, NameEverySettingThatCouldLoseRecords) {
    const std::map<const char*, std::pair<const char*, const char*>> bad{
        {"cleanup.policy", {"compact,delete", "delete"}},
        {"retention.ms", {"604800000", "-1"}},
        {"retention.bytes", {"1", "-1"}},
        {"unclean.leader.election.enable", {"true", "false"}},
        {"min.insync.replicas", {"1", "2 or more"}},
        {"compression.type", {"zstd", "producer"}},
        {"max.message.bytes", {"1000", "73728 or more"}}};
    for (const auto& [name, values] : bad) {
        EXPECT_EQ(topic_faults(rules, with(name, values.first)),
                  Faults{std::string(name) + " is " + values.first + ", must be " + values.second});
    }
}

TEST_F(KafkaTopicFaults, SayWhatTheClusterDoesNotTell) {
    TopicFacts facts = good();
    facts.settings.erase("retention.ms");
    EXPECT_EQ(topic_faults(rules, facts), Faults{"retention.ms is unknown, must be -1"});
}

TEST_F(KafkaTopicFaults, LetMoreSafetyPass) {
    EXPECT_EQ(topic_faults(rules, with("min.insync.replicas", "3")), Faults());
    EXPECT_EQ(topic_faults(rules, with("compression.type", "uncompressed")), Faults());
    TopicFacts facts = good();
    facts.replication = 5;
    EXPECT_EQ(topic_faults(rules, facts), Faults());
}

TEST_F(KafkaTopicFaults, CountPartitionsAndReplicas) {
    TopicFacts facts = good();
    facts.partitions = 16;
    facts.replication = 1;
    EXPECT_EQ(topic_faults(rules, facts), (Faults{"number of partitions is 16, must be 17",
                                                  "replication factor is 1, must be 3 or more"}));
    EXPECT_EQ(check_topic(rules, facts).error(), foreign_log);
    facts.partitions = 17;
    const auto unsafe = check_topic(rules, facts);
    EXPECT_EQ(unsafe.error(), topic_unsafe);
    EXPECT_EQ(unsafe.error().detail, "replication factor is 1, must be 3 or more");
}

TEST_F(KafkaTopicFaults, WantASyncOfEveryAppendFromASingleBroker) {
    rules.replication = 1;
    rules.min_insync = 1;
    EXPECT_EQ(topic_faults(rules, with("flush.messages", "9223372036854775807")),
              Faults{"flush.messages is 9223372036854775807, must be 1"});
}

}  // namespace
}  // namespace chopmark::journal::kafka
