// A Kafka cluster as a journal meets it: one topic on a MemoryLog, and clients that are told what a
// plan decides. A request may be lost, written though it was said to have failed, written in part,
// twice, or long after its producer is dead; a fetch may bring nothing or little; a leader that was
// voted out may still say where the topic ended once; partitions may not answer; and what was
// confirmed may be cut off the end, for acks=all is not fsync. Facts that the model stands on:
// shared facts kafka-broker and event-backbone, design-notes A1 and A11.
//
// Time passes when a client waits for nothing, and when told. One thread; the same plan and the
// same calls give the same run.
#pragma once

#include <functional>
#include <set>

#include "events/journal/kafka_topic.h"
#include "events/journal/memory_log.h"

namespace chopmark::test {

class ModelledCluster final : public journal::kafka::Cluster {
  public:
    /// What becomes of one produce request.
    enum class Request : std::uint8_t {
        confirmed,
        lost,             // an error, and nothing is written
        written,          // an error, and everything is written
        written_in_part,  // an error, and the first records are written
        late,             // an error, and everything is written later, by a dead producer
        doubled,          // confirmed, and written a second time later
    };
    struct Fate {
        Request request = Request::confirmed;
        std::uint32_t polls = 0;  // how many polls of anybody "later" is
    };
    struct Plan {
        std::function<Fate(PartitionId, std::size_t records)> produce;
        /// How many of the records that are there a fetch brings.
        std::function<std::size_t(std::size_t there)> fetch;
        /// How many records an answer about the end is behind.
        std::function<std::size_t()> behind;
    };
    struct Counts {
        std::uint64_t failed = 0;  // requests; without those that were written in any way
        std::uint64_t written = 0;
        std::uint64_t in_part = 0;
        std::uint64_t late = 0;
        std::uint64_t doubled = 0;
        std::uint64_t lags = 0;
        std::uint64_t old_leaders = 0;
        std::uint64_t unanswered = 0;
        std::uint64_t cuts = 0;
        std::uint64_t cut_records = 0;
        Counts& operator+=(const Counts& other);
    };

    ModelledCluster(std::uint16_t citizen_partitions, Plan plan);

    Result<std::unique_ptr<journal::kafka::Consumer>> open_consumer(
        const journal::kafka::Settings& settings, const std::string& topic,
        const journal::kafka::Log& log) override;
    Result<std::unique_ptr<journal::kafka::Producer>> open_producer(
        const journal::kafka::Settings& settings, const std::string& topic,
        const journal::kafka::Log& log) override;
    Result<journal::kafka::TopicFacts> describe(const journal::kafka::Settings& settings,
                                                const std::string& topic, Duration wait,
                                                const journal::kafka::Log& log) override;
    [[nodiscard]] journal::kafka::Deadline now() const override { return now_; }

    void pass(Duration time) { now_ += time; }
    /// Every request that is still on its way arrives.
    void land_all();
    void set_answering(PartitionId partition, bool answering);
    /// The newest records are gone; never the first.
    void cut(PartitionId partition, std::size_t records);
    [[nodiscard]] std::size_t size(PartitionId partition) const { return log_.size(partition); }
    /// What lies there, for those who look at it from outside.
    [[nodiscard]] std::vector<journal::MemoryLog::Stored> stored(PartitionId partition) const {
        return log_.read(partition, 0, log_.size(partition));
    }
    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    class ModelledConsumer;
    class ModelledProducer;

    [[nodiscard]] bool answers(PartitionId partition) const { return !silent_.contains(partition); }

    const std::uint16_t partitions_;
    const Plan plan_;
    journal::MemoryLog log_;
    journal::kafka::Deadline now_{std::chrono::hours(1)};
    std::set<PartitionId> silent_;
    Counts counts_;
};

}  // namespace chopmark::test
