// Whole commands with the journal on Kafka, all on the cores that the broker has too: one node
// beside one on the embedded journal, then three nodes that share the same number of callers beside
// the one. Two commands of three are forwarded there, and every node folds every record.
#include <fmt/format.h>

#include <thread>

#include "ops/figures/gateways.h"
#include "ops/figures/kafka_ground.h"
#include "ops/figures/login_callers.h"
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

/// The callers of one node each, in parallel; the sum of what they got done.
Result<double> run(const Nodes& nodes, World& world, const Settings& settings) {
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
    double sum = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        threads[i].join();
        sum += rates[i];
    }
    for (const auto& group : groups) {
        CHOPMARK_TRY(group->check());
    }
    return sum;
}

Result<double> measure_rounds(const Nodes& nodes, World& world, const Settings& settings) {
    std::vector<double> rates;
    for (unsigned round = 0; round < settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const double rate, run(nodes, world, settings));
        rates.push_back(rate);
    }
    return median(rates);
}

Result<double> measure_embedded(Bench& bench) {
    Nodes nodes;
    const auto folder = bench.make_folder("nodes-embedded");
    CHOPMARK_ASSIGN(auto node, NodeHome::serving(folder, embedded_config(bench.settings)));
    nodes.push_back(std::move(node));
    CHOPMARK_ASSIGN(auto world, World::make(*nodes.front()));
    return measure_rounds(nodes, world, bench.settings);
}

Result<double> measure_shared(Bench& bench, const config::Config& plain, unsigned number) {
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
    CHOPMARK_ASSIGN(const double embedded, measure_embedded(bench));
    CHOPMARK_ASSIGN(const double one, measure_shared(bench, plain, 1));
    CHOPMARK_ASSIGN(const double three, measure_shared(bench, plain, most_nodes));
    Row row;
    row.name = "kafka-nodes";
    row.variant = fmt::format("one node, {} clients", callers);
    row.value = one;
    row.unit = "commands/s";
    row.bare = embedded;
    row.reach = Reach::ratio(of_embedded_wanted);
    row.note = fmt::format("bare is one node on the embedded journal; {} partitions", partitions);
    bench.report.add(row);
    row.variant = fmt::format("three nodes, {} clients", callers);
    row.value = three;
    row.bare = one;
    row.reach = Reach::ratio(of_one_wanted);
    row.note = "bare is one node on the same broker; all on the same cores";
    bench.report.add(std::move(row));
    return {};
}

}  // namespace chopmark::figures
