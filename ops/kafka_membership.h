// Membership by the consumer group of an empty topic (design 3, journal::kafka::Group). The topic
// must be there and have as many partitions as the log: kafka.topic_missing, journal.foreign_log.
#pragma once

#include "events/journal/kafka_group.h"
#include "ops/config/config.h"
#include "ops/membership.h"

namespace chopmark::ops {

class KafkaMembership final : public Membership {
  public:
    KafkaMembership(const config::KafkaConfig& kafka, std::uint16_t citizen_partitions,
                    journal::kafka::Log log)
        : kafka_(kafka), partitions_(citizen_partitions), log_(std::move(log)) {}

    Result<void> start(Told told) override;
    void stop() override { group_.reset(); }

  private:
    const config::KafkaConfig kafka_;
    const std::uint16_t partitions_;
    const journal::kafka::Log log_;
    std::unique_ptr<journal::kafka::Group> group_;
};

}  // namespace chopmark::ops
