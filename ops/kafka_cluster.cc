#include "ops/kafka_cluster.h"

#include "ops/secret_file.h"

namespace chopmark::ops {
namespace {

constexpr const char* times_of = "message.timestamp.type";
constexpr const char* broker_times = "LogAppendTime";
constexpr const char* an_hour_ms = "3600000";

const char* mechanism(config::Login login) {
    return login == config::Login::scram_sha_256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
}

}  // namespace

Result<journal::kafka::Settings> kafka_client(const config::KafkaConfig& kafka) {
    const bool tls = kafka.wire == config::Wire::tls;
    const bool login = kafka.login != config::Login::none;
    journal::kafka::Settings out{
        {"bootstrap.servers", kafka.brokers},
        {"client.id", kafka.client_id},
        {"security.protocol",
         login ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext")},
    };
    const auto set = [&out](const char* name, const std::string& value) {
        if (!value.empty()) {
            out[name] = value;
        }
    };
    if (tls) {
        set("ssl.ca.location", kafka.ca_file);
        set("ssl.certificate.location", kafka.certificate_file);
        set("ssl.key.location", kafka.key_file);
        set("ssl.endpoint.identification.algorithm", "https");
    }
    if (login) {
        set("sasl.mechanism", mechanism(kafka.login));
        set("sasl.username", kafka.user);
        CHOPMARK_ASSIGN(out["sasl.password"],
                        read_secret_line(kafka.password_file, bad_password_file));
    }
    return out;
}

journal::kafka::TopicRules journal_topic(const config::KafkaConfig& kafka,
                                         std::uint16_t partitions) {
    return {kafka.topic, partitions, kafka.replication, kafka.min_insync};
}

journal::kafka::TopicRules ownership_topic(const config::KafkaConfig& kafka,
                                           std::uint16_t partitions) {
    return {kafka.ownership_topic, partitions, kafka.replication, kafka.min_insync};
}

journal::kafka::TopicRules public_topic(const config::KafkaConfig& kafka,
                                        std::uint16_t partitions) {
    return {kafka.public_topic, partitions, kafka.replication, kafka.min_insync};
}

journal::kafka::TopicRules alert_topic(const config::KafkaConfig& kafka) {
    return {kafka.alert_topic, 0, kafka.replication, kafka.min_insync};
}

journal::kafka::TopicRules alert_state_topic(const config::KafkaConfig& kafka) {
    return {kafka.alert_state_topic, 0, kafka.replication, kafka.min_insync,
            journal::kafka::Kept::newest_by_key};
}

journal::kafka::TopicFacts wanted_ownership(const journal::kafka::TopicRules& rules) {
    auto wanted = journal::kafka::wanted_topic(rules);
    wanted.settings.erase("flush.messages");
    wanted.settings[times_of] = broker_times;
    wanted.settings["retention.ms"] = wanted.settings["segment.ms"] = an_hour_ms;
    return wanted;
}

std::vector<std::string> ownership_faults(const journal::kafka::TopicRules& rules,
                                          const journal::kafka::TopicFacts& facts) {
    std::vector<std::string> out;
    if (facts.partitions != std::size_t{rules.partitions} + 1) {
        out.push_back("number of partitions is " + std::to_string(facts.partitions) + ", must be " +
                      std::to_string(rules.partitions + 1));
    }
    const auto times = facts.settings.find(times_of);
    if (times == facts.settings.end() || times->second != broker_times) {
        out.push_back(std::string(times_of) + " is " +
                      (times == facts.settings.end() ? "unknown" : times->second) + ", must be " +
                      broker_times);
    }
    return out;
}

journal::kafka::Log kafka_log(telemetry::Log& log) {
    return [&log](int level, const std::string& text) {
        // As in syslog: 3 is an error, 4 a warning, 7 for developers of the library.
        const auto as = level <= 3   ? telemetry::Level::error
                        : level == 4 ? telemetry::Level::warn
                        : level <= 6 ? telemetry::Level::info
                                     : telemetry::Level::debug;
        log.write(as, "kafka.client", {{"text", text}});
    };
}

}  // namespace chopmark::ops
