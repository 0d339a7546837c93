// The Kafka back end under the journal contract: a topic of its own, and a mirror for each node.
// Its store is broken by stopping the broker in the middle of whatever it does.
#pragma once

#include "events/journal/kafka_journal.h"
#include "tests/contract/journal_world.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::test {

class KafkaWorld final : public JournalWorld {
  public:
    explicit KafkaWorld(bool accept_on_delivery) : accept_on_delivery_(accept_on_delivery) {}
    ~KafkaWorld() override { mend_store(); }

    Result<std::unique_ptr<journal::Journal>> open(const journal::Founding& founding,
                                                   const journal::Surroundings& surroundings,
                                                   const Settings& settings) override {
        if (topic_.empty()) {
            topic_ = broker_.fresh_topic(founding.partitions);
        }
        journal::KafkaJournal::Options options;
        options.client = broker_.client();
        options.topic.topic = topic_;
        options.topic.replication = 1;
        options.topic.min_insync = 1;
        options.mirror.store.path = (folder_.path() / surroundings.node.node().hex()).string();
        options.queue_records = settings.queue_records;
        options.batch_deadline = std::chrono::seconds(3);
        options.accept_on_delivery = accept_on_delivery_;
        auto opened = journal::KafkaJournal::open(options, founding, surroundings);
        if (!opened) {
            return opened.error();
        }
        return std::move(*opened);
    }
    [[nodiscard]] bool shared() const override { return true; }
    void put_foreign(PartitionId partition, Bytes stored) override {
        const std::atomic<bool> never{false};
        auto producer = journal::kafka::Producer::open(broker_.client(), topic_, {});
        ASSERT_TRUE(producer) << to_string(producer.error());
        const journal::kafka::Outgoing message{"stranger", std::move(stored)};
        const auto sent =
            (*producer)->deliver(partition, std::span(&message, 1),
                                 journal::kafka::within(std::chrono::seconds(20)), never);
        ASSERT_TRUE(sent) << to_string(sent.error());
    }
    [[nodiscard]] bool breakable() const override { return broker_.own(); }
    void break_store() override {
        broken_ = true;
        broker_.pause();
    }
    void mend_store() override {
        if (std::exchange(broken_, false)) {
            broker_.resume();
        }
    }

  private:
    const bool accept_on_delivery_;
    KafkaBroker& broker_ = KafkaBroker::here();
    ScratchFolder folder_;
    std::string topic_;
    bool broken_ = false;
};

inline WorldCase kafka_case() {
    return {"Kafka", [] { return std::make_unique<KafkaWorld>(false); }};
}
inline WorldCase kafka_on_delivery_case() {
    return {"KafkaOnDelivery", [] { return std::make_unique<KafkaWorld>(true); }};
}

}  // namespace chopmark::test
