// Whole commands with the journal on Kafka, all on the cores that the broker has too: one node
// beside one on the embedded journal, then three nodes that share the same number of callers beside
// the one. Two commands of three are forwarded there, and every node folds every record.
#include <fmt/format.h>

#include <thread>

#include "ops/figures/gateways.h"
#include "ops/figures/kafka_ground.h"
#include "ops/figures/login_callers.h"
#include "ops/figures/machine.h"
#include "ops/kafka_cluster.h"

namespace chopmark::figures {
namespace {

constexpr double of_embedded_wanted = 0.5;
constexpr double of_one_wanted = 0.8;
constexpr unsigned callers = 256;
constexpr std::uint16_t partitions = 4;
constexpr std::uint64_t citizens = 3'000;
constexpr unsigned most_nodes = 3;
constexpr std::uint16_t first_peer_port = 29'107;
constexpr Duration admin_wait = std::chrono::seconds(30);
constexpr auto ready_wait = std::chrono::seconds(60);
constexpr auto pause = std::chrono::milliseconds(20);

config::Config embedded_config(const Settings& settings) {
    config::Config out = serving_config(settings, false);
    out.journal.partitions = partitions;
    return out;
}

/// With topics and a group of its own.
config::Config with_names(config::Config config, const std::string& tail) {
    config.kafka.topic = "figures.journal." + tail;
    config.kafka.ownership_topic = "figures.ownership." + tail;
    config.kafka.group = "figures.owners." + tail;
    return config;
}

Result<std::unique_ptr<ScratchTopics>> make_topics(const config::KafkaConfig& kafka) {
    CHOPMARK_ASSIGN(const auto client, ops::kafka_client(kafka));
    auto out = std::make_unique<ScratchTopics>(client);
    const auto journal = ops::journal_topic(kafka, partitions);
    CHOPMARK_TRY(journal::kafka::create_topic(client, journal, {}, admin_wait));
    out->adopt(journal.topic);
    const auto ownership = ops::ownership_topic(kafka, partitions);
    CHOPMARK_ASSIGN(const auto admin, journal::kafka::Admin::open(client, nullptr));
    CHOPMARK_TRY(admin->create(ownership.topic, ops::wanted_ownership(ownership), admin_wait));
    out->adopt(ownership.topic);
    return out;
}

config::Config kafka_config(const Settings& settings, const char* broker) {
    config::Config out = embedded_config(settings);
    out.journal.back_end = config::BackEnd::kafka;
    out.kafka.brokers = broker;
    out.kafka.replication = 1;
    out.kafka.min_insync = 1;
    for (std::string* topic :
         {&out.kafka.public_topic, &out.kafka.alert_topic, &out.kafka.alert_state_topic}) {
        topic->clear();  // nobody outside reads
    }
    return out;
}

config::Config node_config(config::Config config, unsigned number) {
    config.node.name = fmt::format("figures-{}", number + 1);
    config.node.peer_port = static_cast<std::uint16_t>(first_peer_port + number);
    return config;
}

Result<void> await_ready(NodeHome& node) {
    const auto until = std::chrono::steady_clock::now() + ready_wait;
    while (!node.backbone().not_ready().empty()) {
        if (std::chrono::steady_clock::now() > until) {
            return Error(command_failed, "not ready: " + node.backbone().not_ready().front());
        }
        std::this_thread::sleep_for(pause);
    }
    return {};
}

using Nodes = std::vector<std::unique_ptr<NodeHome>>;

/// Those who act, known to the first node's log and so to all.
struct World {
    static Result<World> make(NodeHome& first) {
        World out{std::make_unique<People>(first), {}, {}};
        CHOPMARK_ASSIGN(out.service, out.people->open_service(Bytes(294, 'k')));
        CHOPMARK_ASSIGN(out.persons,
                        out.people->register_citizens(
                            citizens, [](std::uint64_t) { return "\x04" + Bytes(64, 'x'); },
                            [](std::uint64_t) {}));
        return out;
    }
    std::unique_ptr<People> people;
    Service service;
    std::vector<Person> persons;
};

/// What one round showed: the nodes and their callers are this process, the broker the rest.
struct Round {
    double per_second = 0;
    double own_us = 0;     // of one core, a command
    double broker_us = 0;  // likewise, of everybody else on this machine
};

Round median_of(const std::vector<Round>& rounds) {
    const auto of = [&rounds](double Round::*figure) {
        std::vector<double> values;
        for (const Round& round : rounds) {
            values.push_back(round.*figure);
        }
        return median(std::move(values));
    };
    return {of(&Round::per_second), of(&Round::own_us), of(&Round::broker_us)};
}

/// The callers of one node each, in parallel; the sum of what they got done.
Result<Round> run(const Nodes& nodes, World& world, const Settings& settings) {
    std::vector<std::unique_ptr<LoginCallers>> groups;
    const std::size_t share = world.persons.size() / nodes.size();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        groups.push_back(std::make_unique<LoginCallers>(
            nodes[i]->backbone().commands(), *world.people, world.service,
            std::span(world.persons).subspan(i * share, share),
            callers / static_cast<unsigned>(nodes.size())));
    }
    std::vector<double> rates(nodes.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        threads.emplace_back([&, i] { rates[i] = groups[i]->run(settings).per_second; });
    }
    std::this_thread::sleep_for(settings.warm);
    const CpuTime before = cpu_time();
    std::this_thread::sleep_for(settings.span);
    const CpuTime after = cpu_time();
    Round out;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        threads[i].join();
        out.per_second += rates[i];
    }
    for (const auto& group : groups) {
        CHOPMARK_TRY(group->check());
    }
    const double micros_a_command =
        1e6 / (out.per_second * std::chrono::duration<double>(settings.span).count());
    const double own = after.own - before.own;
    out.own_us = own * micros_a_command;
    out.broker_us = (after.all - before.all - own) * micros_a_command;
    return out;
}

Result<Round> measure_rounds(const Nodes& nodes, World& world, const Settings& settings) {
    for (const auto& node : nodes) {
        node->settle();
    }
    std::vector<Round> rounds;
    for (unsigned round = 0; round < settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const Round one, run(nodes, world, settings));
        rounds.push_back(one);
    }
    return median_of(rounds);
}

Result<Round> measure_embedded(Bench& bench) {
    Nodes nodes;
    const auto folder = bench.make_folder("nodes-embedded");
    CHOPMARK_ASSIGN(auto node, NodeHome::serving(folder, embedded_config(bench.settings)));
    nodes.push_back(std::move(node));
    CHOPMARK_ASSIGN(auto world, World::make(*nodes.front()));
    return measure_rounds(nodes, world, bench.settings);
}

Result<Round> measure_shared(Bench& bench, const config::Config& plain, unsigned number) {
    crypto::SystemEntropy entropy;
    const auto config = with_names(plain, entropy.draw<EventId>().hex());
    CHOPMARK_ASSIGN(const auto topics, make_topics(config.kafka));
    Nodes nodes;
    const auto first = bench.make_folder("nodes-first");
    CHOPMARK_ASSIGN(auto founder, NodeHome::serving(first, node_config(config, 0)));
    nodes.push_back(std::move(founder));
    CHOPMARK_TRY(await_ready(*nodes.front()));
    CHOPMARK_ASSIGN(auto world, World::make(*nodes.front()));
    for (unsigned i = 1; i < number; ++i) {
        CHOPMARK_ASSIGN(auto node, NodeHome::joining(bench.make_folder("nodes-next"), first,
                                                     node_config(config, i)));
        CHOPMARK_TRY(world.people->admit(*node, first_peer_port + i));
        nodes.push_back(std::move(node));
    }
    for (const auto& node : nodes) {
        CHOPMARK_TRY(await_ready(*node));
    }
    return measure_rounds(nodes, world, bench.settings);
}

}  // namespace

Result<void> measure_kafka_nodes(Bench& bench) {
    const char* broker = std::getenv("CHOPMARK_KAFKA");
    if (broker == nullptr || *broker == '\0') {
        return Error(command_failed, "CHOPMARK_KAFKA names no broker; ops/bench starts one");
    }
    const auto plain = kafka_config(bench.settings, broker);
    CHOPMARK_ASSIGN(const Round embedded, measure_embedded(bench));
    CHOPMARK_ASSIGN(const Round one, measure_shared(bench, plain, 1));
    CHOPMARK_ASSIGN(const Round three, measure_shared(bench, plain, most_nodes));
    Row row;
    row.name = "kafka-nodes";
    row.variant = fmt::format("one node, {} clients", callers);
    row.value = one.per_second;
    row.unit = "commands/s";
    row.bare = embedded.per_second;
    row.reach = Reach::ratio(of_embedded_wanted);
    row.note = fmt::format(
        "bare is one node on the embedded journal, {:.0f} µs of a core a command; "
        "{:.0f} here, and the broker {:.0f}; {} partitions",
        embedded.own_us, one.own_us, one.broker_us, partitions);
    bench.report.add(row);
    row.variant = fmt::format("three nodes, {} clients", callers);
    row.value = three.per_second;
    row.bare = one.per_second;
    row.reach = Reach::ratio(of_one_wanted);
    row.note = fmt::format(
        "bare is one node on the same broker; all on the same cores: {:.0f} µs of a "
        "core a command, the broker {:.0f}; a node that follows takes {:.0f} of them",
        three.own_us, three.broker_us, (three.own_us - one.own_us) / (most_nodes - 1));
    bench.report.add(std::move(row));
    return {};
}

}  // namespace chopmark::figures
