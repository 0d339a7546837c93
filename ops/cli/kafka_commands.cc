#include "ops/cli/kafka_commands.h"

#include <CLI/CLI.hpp>

#include "ops/config/read.h"
#include "ops/kafka_cluster.h"

namespace chopmark::cli {
namespace {

namespace kafka = journal::kafka;
using nlohmann::ordered_json;

constexpr Duration answer_wait = std::chrono::seconds(20);

struct Asked {
    std::string config_file;
};

struct Wanted {
    kafka::TopicRules rules;
    bool keeps_records = true;
};

/// The topic of ownership keeps nothing: of it only the partitions matter.
std::vector<Wanted> wanted_topics(const config::Config& config) {
    const config::KafkaConfig& kafka = config.kafka;
    const std::uint16_t partitions = config.journal.partitions;
    std::vector<Wanted> out{{ops::journal_topic(kafka, partitions)},
                            {ops::ownership_topic(kafka, partitions), false}};
    for (auto& rules : {ops::public_topic(kafka, partitions), ops::alert_topic(kafka),
                        ops::alert_state_topic(kafka)}) {
        if (!rules.topic.empty()) {
            out.push_back({rules});
        }
    }
    return out;
}

/// What lies in the journal can never be made anew, so a topic that is wrong is only named.
Result<ordered_json> examine(const kafka::Admin& admin, const Wanted& wanted) {
    const kafka::TopicRules& rules = wanted.rules;
    CHOPMARK_ASSIGN(const kafka::TopicFacts facts, admin.describe(rules.topic, answer_wait));
    ordered_json faults = wanted.keeps_records ? kafka::topic_faults(rules, facts)
                                               : ops::ownership_faults(rules, facts);
    return ordered_json{{"topic", rules.topic},
                        {"partitions", facts.partitions},
                        {"replication", facts.replication},
                        {"faults", std::move(faults)}};
}

Result<ordered_json> check(const config::Config& config, bool create) {
    CHOPMARK_ASSIGN(const kafka::Settings client, ops::kafka_client(config.kafka));
    CHOPMARK_ASSIGN(const auto admin, kafka::Admin::open(client, nullptr));
    ordered_json topics = ordered_json::array();
    for (const Wanted& wanted : wanted_topics(config)) {
        const kafka::TopicRules& rules = wanted.rules;
        if (create) {
            CHOPMARK_TRY(admin->create(
                rules.topic,
                wanted.keeps_records ? kafka::wanted_topic(rules) : ops::wanted_ownership(rules),
                answer_wait));
        }
        const auto until = kafka::within(create ? answer_wait : Duration(0));
        auto seen = examine(*admin, wanted);
        // Just made, a topic is known to the controller before it is known to every broker.
        while (!seen && seen.error() == kafka::topic_missing && !kafka::passed(until)) {
            seen = examine(*admin, wanted);
        }
        if (!seen && !(seen.error() == kafka::topic_missing)) {
            return seen.error();
        }
        topics.push_back(
            seen ? *std::move(seen)
                 : ordered_json{{"topic", rules.topic},
                                {"faults", {"it is not there: chopmark kafka create"}}});
    }
    return topics;
}

void show(Console& console, const Result<ordered_json>& topics) {
    if (!topics) {
        console.fail(topics.error());
        return;
    }
    bool good = true;
    for (const auto& topic : *topics) {
        const auto& faults = topic.at("faults");
        good = good && faults.empty();
        if (console.json()) {
            continue;
        }
        const std::string name = topic.at("topic").get<std::string>();
        console.line(name + (faults.empty() ? ": good" : ":"));
        for (const auto& fault : faults) {
            console.line("  " + fault.get<std::string>());
        }
    }
    if (console.json()) {
        console.print(*topics);
    }
    console.finish(good ? Exit::ok : Exit::fault);
}

void add(CLI::App& group, Console& console, const char* name, const char* about, bool create) {
    auto* command = group.add_subcommand(name, about);
    auto asked = std::make_shared<Asked>();
    command->add_option("--config", asked->config_file, "The configuration of chopmarkd")
        ->required()
        ->check(CLI::ExistingFile);
    command->callback([asked, &console, create] {
        const auto config = cluster_of(asked->config_file);
        show(console, config ? check(*config, create) : Result<ordered_json>(config.error()));
    });
}

}  // namespace

Result<config::Config> cluster_of(const std::string& file) {
    CHOPMARK_ASSIGN(config::Config config, config::read_config(file));
    if (config.journal.back_end != config::BackEnd::kafka) {
        return Error(config::refused, file + ": journal.back_end is not \"kafka\"");
    }
    return config;
}

void add_kafka_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("kafka", "Topics of the cluster that the journal lies in");
    group->footer(
        "  chopmark kafka create --config node-1.toml    makes what is missing, then checks\n"
        "  chopmark kafka check --config node-1.toml     1 if anything is not as it must be\n"
        "Settings of a topic that is there are never changed: kafka-configs.sh does that, one key\n"
        "at a time, and check again.");
    group->require_subcommand(1);
    add(*group, console, "check", "Says everything that is wrong with the topics", false);
    add(*group, console, "create", "Makes the topics that are missing, and checks all", true);
}

}  // namespace chopmark::cli
