// What time it is, by a broker on this machine.
#include "ops/broker_clock.h"

#include <gtest/gtest.h>

#include "ops/kafka_cluster.h"
#include "tests/kafka/kafka_broker.h"

namespace chopmark::test {
namespace {

using namespace std::chrono_literals;
constexpr std::uint16_t citizens = 2;

config::KafkaConfig kafka_with(const std::string& topic) {
    config::KafkaConfig kafka;
    kafka.brokers = KafkaBroker::here().bootstrap();
    kafka.ownership_topic = topic;
    kafka.replication = 1;
    kafka.min_insync = 1;
    return kafka;
}

TEST(KafkaClock, IsThatOfTheBroker) {
    const auto kafka = kafka_with("ownership-with-times");
    const auto rules = ops::ownership_topic(kafka, citizens);
    const auto admin = journal::kafka::Admin::open(KafkaBroker::here().client(), {});
    ASSERT_TRUE(admin);
    ASSERT_TRUE((*admin)->create(rules.topic, ops::wanted_ownership(rules), 30s));
    ops::BrokerClock broker(kafka, citizens, {});
    const SystemClock here{};
    for (int turn = 0; turn < 4; ++turn) {  // more than there are partitions
        const Instant before = here.now();
        const auto theirs = broker.ask(30s);
        const Instant after = here.now();
        ASSERT_TRUE(theirs) << theirs.error();
        ASSERT_TRUE(*theirs);
        EXPECT_GE(**theirs, before - 1ms);  // Kafka's times are whole milliseconds
        EXPECT_LE(**theirs, after);
    }
    const auto facts = (*admin)->describe(rules.topic, 30s);
    ASSERT_TRUE(facts);
    EXPECT_EQ(ops::ownership_faults(rules, *facts), std::vector<std::string>());
}

TEST(KafkaClock, IsNotToldByATopicWithTheTimesOfItsProducers) {
    const std::string topic = KafkaBroker::here().fresh_topic(citizens);
    ops::BrokerClock broker(kafka_with(topic), citizens, {});
    const auto theirs = broker.ask(30s);
    ASSERT_TRUE(theirs) << theirs.error();
    EXPECT_FALSE(*theirs);
    const auto admin = journal::kafka::Admin::open(KafkaBroker::here().client(), {});
    const auto facts = (*admin)->describe(topic, 30s);
    ASSERT_TRUE(facts);
    EXPECT_EQ(
        ops::ownership_faults(ops::ownership_topic(kafka_with(topic), citizens), *facts),
        std::vector<std::string>{"message.timestamp.type is CreateTime, must be LogAppendTime"});
}

TEST(KafkaClock, AsksAgainAfterAnError) {
    auto kafka = kafka_with("ownership-with-times");
    kafka.brokers = "127.0.0.1:1";
    ops::BrokerClock nowhere(kafka, citizens, {});
    for (int turn = 0; turn < 2; ++turn) {
        const auto theirs = nowhere.ask(300ms);
        EXPECT_FALSE(theirs);
    }
}

}  // namespace
}  // namespace chopmark::test
