// The Kafka cluster of a configuration: what its client is told, what the topics must be like, and
// who listens to what the client has to say. Pure but for the password, which is read from its
// file at every call and goes into no error and no log.
#pragma once

#include "events/journal/kafka_topic.h"
#include "ops/config/config.h"
#include "ops/telemetry/log.h"

namespace chopmark::ops {

/// A password file that is absent, readable by others, empty or longer than a line.
inline constexpr Reason bad_password_file{"kafka.bad_password_file", Kind::invalid};

Result<journal::kafka::Settings> kafka_client(const config::KafkaConfig& kafka);

/// `partitions` of citizens, as in genesis.
journal::kafka::TopicRules journal_topic(const config::KafkaConfig& kafka,
                                         std::uint16_t partitions);
/// One Kafka partition for each of the log. Nobody reads it; nodes append to it to learn what time
/// it is at the brokers, so it is theirs that its records bear, and none is kept for long.
journal::kafka::TopicRules ownership_topic(const config::KafkaConfig& kafka,
                                           std::uint16_t partitions);
journal::kafka::TopicFacts wanted_ownership(const journal::kafka::TopicRules& rules);
/// What is wrong with it, as journal::kafka::topic_faults().
std::vector<std::string> ownership_faults(const journal::kafka::TopicRules& rules,
                                          const journal::kafka::TopicFacts& facts);

/// One Kafka partition for each of the log.
journal::kafka::TopicRules public_topic(const config::KafkaConfig& kafka, std::uint16_t partitions);
/// Of one partition, as alerts are control's.
journal::kafka::TopicRules alert_topic(const config::KafkaConfig& kafka);
journal::kafka::TopicRules alert_state_topic(const config::KafkaConfig& kafka);

/// `log` must outlive every handle of the client.
journal::kafka::Log kafka_log(telemetry::Log& log);

}  // namespace chopmark::ops
