// How a Kafka journal starts: on a safe topic, on its own, and from nothing.
#include <gtest/gtest.h>

#include "tests/kafka/kafka_node.h"

namespace chopmark::test {
namespace {

using namespace std::chrono_literals;
constexpr PartitionId citizens{1};

TEST(KafkaTopic, ThatCouldLoseHistoryIsRefusedByName) {
    KafkaLog log;
    auto admin = journal::kafka::Admin::open(KafkaBroker::here().client(), {});
    ASSERT_TRUE(admin);
    const std::map<std::string, std::string> unsafe{
        {"cleanup.policy", "compact"},  {"retention.ms", "604800000"},
        {"retention.bytes", "1000000"}, {"unclean.leader.election.enable", "true"},
        {"flush.messages", "1000"},     {"max.message.bytes", "20000"}};
    for (const auto& [name, value] : unsafe) {
        journal::kafka::TopicRules rules;
        rules.partitions = KafkaLog::citizen_partitions;
        rules.replication = 1;
        rules.min_insync = 1;
        auto facts = journal::kafka::wanted_topic(rules);
        facts.settings[name] = value;
        const std::string topic = log.topic + '-' + name;
        ASSERT_TRUE((*admin)->create(topic, facts, 30s));
        const std::string ours = std::exchange(log.topic, topic);
        ASSERT_TRUE(eventually([&] { return (*admin)->describe(topic, 10s).has_value(); }));
        const auto opened = log.open(log.first);
        ASSERT_FALSE(opened) << name;
        EXPECT_EQ(opened.error(), journal::kafka::topic_unsafe);
        EXPECT_EQ(opened.error().detail.find(name + " is " + value), 0U) << opened.error().detail;
        log.topic = ours;
    }
}

TEST(KafkaTopic, WithFewerReplicasThanAskedIsRefused) {
    KafkaLog log;
    auto options = log.options_of(log.first);
    options.topic.replication = 3;
    const auto opened = journal::KafkaJournal::open(options, log.founding,
                                                    {log.ca, log.first, log.clock, log.entropy});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), journal::kafka::topic_unsafe);
}

TEST(KafkaTopic, ThatIsNotThereIsNamed) {
    KafkaLog log;
    log.topic += "-missing";
    const auto opened = log.open(log.first);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), journal::kafka::topic_missing);
}

TEST(KafkaTopic, EmptyWhileTheMirrorIsNotNeedsAnOrder) {
    KafkaLog log;
    std::vector<Bytes> before;
    {
        const auto node = log.open(log.first);
        ASSERT_TRUE(node) << to_string(node.error());
        SteadyOwner owner(**node, citizens, "record");
        ASSERT_TRUE(owner.write(300, 60s));
        before = stored_in(**node, citizens);
    }
    log.topic = KafkaBroker::here().fresh_topic(KafkaLog::citizen_partitions);
    const auto refused = log.open(log.first);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), journal::topic_lost);

    log.options.restore_from_mirror = true;
    const auto node = log.open(log.first);
    ASSERT_TRUE(node) << to_string(node.error());
    ASSERT_TRUE(eventually([&] { return (*node)->read_all(); }));  // so that it may take part
    EXPECT_FALSE((*node)->caught_up());
    RecordingObserver observer;
    for (std::uint16_t i = 0; i <= KafkaLog::citizen_partitions; ++i) {
        const auto writer = (*node)->open_term(PartitionId(i), observer);
        ASSERT_TRUE(writer) << to_string(writer.error());
    }
    const auto other = log.open(log.second);
    ASSERT_TRUE(other) << to_string(other.error());
    ASSERT_TRUE(eventually(
        [&] { return (*other)->head(citizens)->next == (*node)->head(citizens)->next; }));
    auto after = stored_in(**other, citizens);
    EXPECT_EQ(after, stored_in(**node, citizens));
    after.resize(before.size());
    EXPECT_EQ(after, before);
}

TEST(KafkaTopic, IsReadFromItsBeginningByAnEmptyDisk) {
    KafkaLog log;
    const auto node = log.open(log.first);
    ASSERT_TRUE(node) << to_string(node.error());
    SteadyOwner owner(**node, citizens, "record");
    ASSERT_TRUE(owner.write(1000, 60s));
    const auto other = log.open(log.second);
    ASSERT_TRUE(other) << to_string(other.error());
    EXPECT_TRUE(eventually([&] { return (*other)->caught_up(); }));
    EXPECT_EQ((*other)->head(citizens)->next, (*node)->head(citizens)->next);
    EXPECT_EQ(stored_in(**other, citizens), stored_in(**node, citizens));
    EXPECT_EQ((*other)->kafka_probe().lag_records, 0U);
    ASSERT_TRUE((*other)->sync());
    EXPECT_EQ((*other)->synced(citizens), (*other)->head(citizens)->next);
}

TEST(KafkaTopic, MirrorBelongsToOneProcess) {
    KafkaLog log;
    const auto node = log.open(log.first);
    ASSERT_TRUE(node) << to_string(node.error());
    const auto again = log.open(log.first);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error(), journal::locked);
}

}  // namespace
}  // namespace chopmark::test
