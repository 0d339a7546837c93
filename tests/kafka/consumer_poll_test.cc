// A reader hears of the first record at once: librdkafka, asked for many, would wait for all.
#include <gtest/gtest.h>

#include "tests/kafka/kafka_broker.h"

namespace chopmark::test {
namespace {

using namespace std::chrono_literals;
using journal::kafka::Consumer;
using journal::kafka::Message;
using journal::kafka::Outgoing;
using journal::kafka::Producer;

constexpr PartitionId control{0};

journal::kafka::Settings reading() {
    auto out = KafkaBroker::here().client();
    out["group.id"] = "consumer-poll";
    out["enable.auto.commit"] = "false";
    return out;
}

void write(const std::string& topic, std::vector<Outgoing> batch) {
    auto producer = Producer::open(KafkaBroker::here().client(), topic, {});
    ASSERT_TRUE(producer) << producer.error();
    const std::atomic<bool> give_up{false};
    const auto sent = (*producer)->deliver(control, batch, journal::kafka::within(60s), give_up);
    ASSERT_TRUE(sent) << sent.error();
}

std::vector<std::string> records_of(const Consumer::Batch& batch) {
    std::vector<std::string> out;
    for (const Message& message : batch.messages()) {
        if (message.what == Message::What::record) {
            out.emplace_back(message.payload);
        }
    }
    return out;
}

TEST(KafkaConsumer, ReturnsWithTheFirstMessage) {
    const std::string topic = KafkaBroker::here().fresh_topic(1);
    const auto consumer = Consumer::open(reading(), topic, {});
    ASSERT_TRUE(consumer) << consumer.error();
    ASSERT_TRUE((*consumer)->assign({{control, 0}}));
    write(topic, {{"k", "warm"}});
    std::vector<std::string> got;
    const auto until = journal::kafka::within(60s);
    while (got.empty() && !journal::kafka::passed(until)) {
        got = records_of((*consumer)->poll(1s, 1000));
    }
    ASSERT_EQ(got, std::vector<std::string>{"warm"});

    write(topic, {{"k", "first"}});
    const auto began = std::chrono::steady_clock::now();
    got.clear();
    while (got.empty() && !journal::kafka::passed(until)) {
        got = records_of((*consumer)->poll(20s, 1000));
    }
    EXPECT_EQ(got, std::vector<std::string>{"first"});
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10s) << "it waited for 999 more";
}

TEST(KafkaConsumer, TakesWhatIsThereUpToItsLimit) {
    const std::string topic = KafkaBroker::here().fresh_topic(1);
    std::vector<Outgoing> batch;
    for (int i = 0; i < 10; ++i) {
        batch.push_back({"k", std::to_string(i)});
    }
    write(topic, batch);
    const auto consumer = Consumer::open(reading(), topic, {});
    ASSERT_TRUE(consumer) << consumer.error();
    ASSERT_TRUE((*consumer)->assign({{control, 0}}));
    std::vector<std::string> all;
    const auto until = journal::kafka::within(60s);
    while (all.size() < 10 && !journal::kafka::passed(until)) {
        const auto polled = (*consumer)->poll(1s, 4);
        EXPECT_LE(polled.messages().size(), 4U);
        const auto got = records_of(polled);
        all.insert(all.end(), got.begin(), got.end());
    }
    EXPECT_EQ(all, (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
}

}  // namespace
}  // namespace chopmark::test
