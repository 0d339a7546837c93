#include "tests/kafka/kafka_broker.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "events/core/ensure.h"
#include "tests/support/child_process.h"

namespace chopmark::test {
namespace {

constexpr Duration admin_wait = std::chrono::seconds(30);

std::string tool() { return std::string(CHOPMARK_SOURCE_DIR) + "/ops/broker/kafka"; }

}  // namespace

KafkaBroker& KafkaBroker::here() {
    static KafkaBroker broker;
    return broker;
}

KafkaBroker::KafkaBroker() {
    if (const char* named = std::getenv("CHOPMARK_KAFKA"); named != nullptr && *named != '\0') {
        bootstrap_ = named;
        return;
    }
    own_ = true;
    const auto told = nlohmann::json::parse(
        command({"up", "--quick", "--owner", std::to_string(::getpid())}), nullptr, false);
    if (told.is_object() && told.contains("bootstrap")) {
        bootstrap_ = told["bootstrap"];
    }
}

/// The answer; empty, and a failed test, when the tool refused.
std::string KafkaBroker::command(const std::vector<std::string>& words) {
    ensure(own_, "a broker of our own");
    std::vector<std::string> all{tool()};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--json", "--dir", std::string(CHOPMARK_BINARY_DIR) + "/kafka"});
    ChildProcess child(all);
    const auto line = child.next_line();
    if (child.wait() != 0 || !line) {
        ADD_FAILURE() << tool() << ' ' << words.front()
                      << " failed; if Java or Maven are missing, run ops/setup --kafka";
        return {};
    }
    return *line;
}

journal::kafka::Settings KafkaBroker::client() const { return {{"bootstrap.servers", bootstrap_}}; }

std::string KafkaBroker::fresh_topic(std::uint16_t citizen_partitions) {
    journal::kafka::TopicRules rules;
    rules.topic = "test-" + std::to_string(::getpid()) + '-' + std::to_string(++topics_);
    rules.partitions = citizen_partitions;
    rules.replication = 1;
    rules.min_insync = 1;
    const auto made = journal::kafka::create_topic(client(), rules, {}, admin_wait);
    EXPECT_TRUE(made) << (made ? "" : to_string(made.error()))
                      << "; is the broker up? (ops/setup --kafka)";
    return rules.topic;
}

}  // namespace chopmark::test
