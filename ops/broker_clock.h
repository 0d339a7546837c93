// What time it is at the brokers: a record appended to the topic of ownership, which nobody reads,
// is dated by the broker that takes it, and the delivery report says when. Partitions, and so their
// leaders, take turns. Nothing where the topic keeps the times of its producers instead of the
// brokers' (message.timestamp.type). For one thread at a time; a question may block.
#pragma once

#include <memory>
#include <optional>

#include "events/core/clock.h"
#include "events/journal/kafka_client.h"
#include "ops/config/config.h"

namespace chopmark::ops {

class BrokerClock {
  public:
    BrokerClock(const config::KafkaConfig& kafka, std::uint16_t citizen_partitions,
                journal::kafka::Log log)
        : kafka_(kafka), partitions_(citizen_partitions), log_(std::move(log)) {}

    /// journal.not_ready after `wait`, or kafka.producer_spent; the next question starts afresh.
    Result<std::optional<Instant>> ask(Duration wait);

  private:
    Result<void> connect();

    const config::KafkaConfig kafka_;
    const std::uint16_t partitions_;
    const journal::kafka::Log log_;
    std::unique_ptr<journal::kafka::Producer> producer_;
    std::uint32_t turn_ = 0;
};

}  // namespace chopmark::ops
