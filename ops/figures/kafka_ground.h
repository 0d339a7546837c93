// What the figures on Kafka stand on: a founded node, the brokers, topics that nobody else uses,
// and the two sides that append to them, the journal and bare librdkafka. One caller keeps a number
// of records in flight on each side, spread evenly over the citizens' partitions. Topics go with
// the ground. Not safe from several threads.
#pragma once

#include "events/crypto/system_entropy.h"
#include "events/journal/kafka_journal.h"
#include "ops/figures/figure.h"
#include "ops/figures/in_flight.h"
#include "ops/figures/kafka_bare.h"
#include "ops/founding.h"

namespace chopmark::figures {

/// Topics that go with it: a broker that is not ours keeps nothing of a run.
class ScratchTopics {
  public:
    explicit ScratchTopics(journal::kafka::Settings client) : client_(std::move(client)) {}
    ~ScratchTopics();
    ScratchTopics(const ScratchTopics&) = delete;
    ScratchTopics& operator=(const ScratchTopics&) = delete;
    void adopt(std::string topic) { topics_.push_back(std::move(topic)); }

  private:
    const journal::kafka::Settings client_;
    std::vector<std::string> topics_;
};

struct ClusterShape {
    const char* variable;  // of the environment, naming the brokers
    std::uint16_t partitions = 1;
    std::size_t replication = 1;
    std::size_t min_insync = 1;
};

class KafkaGround {
  public:
    static Result<std::unique_ptr<KafkaGround>> make(Bench& bench, const ClusterShape& shape);

    Result<std::string> make_topic(std::string_view name);
    Result<std::unique_ptr<journal::KafkaJournal>> open(const std::string& topic,
                                                        const std::filesystem::path& mirror,
                                                        bool on_delivery);
    [[nodiscard]] std::vector<PartitionId> partitions() const;
    /// One for each slot, for the partition that the slot appends to.
    [[nodiscard]] std::vector<record::Record> make_drafts(unsigned number) const;

    Bench& bench;
    const journal::kafka::Settings client;
    SystemClock clock;
    crypto::SystemEntropy entropy;

  private:
    KafkaGround(Bench& given, const ClusterShape& shape, const char* brokers);

    journal::kafka::TopicRules rules_;
    ScratchTopics topics_;
    ops::DataFolder folder_;
    std::optional<ops::Opened> opened_;
};

/// Our side: a journal on a topic of its own, and one term a partition for each measurement.
class JournalSide {
  public:
    static Result<std::unique_ptr<JournalSide>> open(KafkaGround& ground, bool on_delivery);

    Result<Clients::Outcome> run(const std::vector<record::Record>& drafts,
                                 std::chrono::milliseconds warm, std::chrono::milliseconds span);

  private:
    std::vector<PartitionId> partitions_;
    std::unique_ptr<journal::KafkaJournal> journal_;
};

/// The other side: the same stored bytes under the same keys.
class BareSide {
  public:
    BareSide(KafkaGround& ground, std::string topic) : ground_(ground), topic_(std::move(topic)) {}

    /// `with` wins over the journal's settings.
    Result<Clients::Outcome> run(const std::vector<record::Record>& drafts,
                                 std::chrono::milliseconds warm, std::chrono::milliseconds span,
                                 const journal::kafka::Settings& with = {});

  private:
    KafkaGround& ground_;
    const std::string topic_;
};

struct Rounds {
    void add(const Clients::Outcome& outcome) {
        rates.push_back(outcome.per_second);
        waits.push_back(outcome.waits);
    }
    std::vector<double> rates;
    std::vector<Percentiles> waits;
};

Row compare(const Rounds& ours, const Rounds& bare);

}  // namespace chopmark::figures
