#include "ops/broker_clock.h"

#include "ops/kafka_cluster.h"

namespace chopmark::ops {

Result<void> BrokerClock::connect() {
    if (producer_ == nullptr) {
        CHOPMARK_ASSIGN(auto settings, kafka_client(kafka_));
        settings["acks"] = "1";
        settings["linger.ms"] = "0";
        settings["socket.nagle.disable"] = "true";
        settings["message.timeout.ms"] = "5000";
        CHOPMARK_ASSIGN(producer_,
                        journal::kafka::Producer::open(settings, kafka_.ownership_topic, log_));
    }
    return {};
}

Result<std::optional<Instant>> BrokerClock::ask(Duration wait) {
    CHOPMARK_TRY(connect());
    const PartitionId partition(static_cast<std::uint16_t>(turn_++ % (partitions_ + 1U)));
    const journal::kafka::Outgoing question{"clock", ""};
    const std::atomic<bool> give_up{false};
    const auto sent = producer_->deliver(partition, std::span(&question, 1),
                                         journal::kafka::within(wait), give_up);
    if (!sent) {
        producer_.reset();
        return sent.error();
    }
    return producer_->appended_at();
}

}  // namespace chopmark::ops
