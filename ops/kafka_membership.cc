#include "ops/kafka_membership.h"

#include "events/journal/journal.h"
#include "ops/kafka_cluster.h"

namespace chopmark::ops {
namespace {

constexpr Duration answer_wait = std::chrono::seconds(10);

}  // namespace

Result<void> KafkaMembership::start(Told told) {
    journal::kafka::Group::Options options;
    CHOPMARK_ASSIGN(options.client, kafka_client(kafka_));
    {
        const auto rules = ownership_topic(kafka_, partitions_);
        CHOPMARK_ASSIGN(const auto admin, journal::kafka::Admin::open(options.client, log_));
        CHOPMARK_ASSIGN(const auto facts, admin->describe(rules.topic, answer_wait));
        // Its other settings keep nothing: only the number decides who owns what.
        if (facts.partitions != std::size_t{partitions_} + 1) {
            return Error(journal::foreign_log,
                         rules.topic + " has " + std::to_string(facts.partitions) +
                             " partitions, must have " + std::to_string(partitions_ + 1));
        }
    }
    options.topic = kafka_.ownership_topic;
    options.group = kafka_.group;
    options.session = kafka_.session;
    options.heartbeat = kafka_.heartbeat;
    options.log = log_;
    CHOPMARK_ASSIGN(group_, journal::kafka::Group::join(
                                options, [told = std::move(told)](const auto& standing) {
                                    told({standing.settled, standing.partitions});
                                }));
    return {};
}

}  // namespace chopmark::ops
