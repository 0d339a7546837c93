// Links that are cut, swallow, or delay.
#include <fmt/format.h>

#include "tests/kafka/faults/fault_list.h"

namespace chopmark::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Way = LinkProxy::Way;

/// Beyond the ten seconds after which a batch is given up and its term with it.
constexpr milliseconds beyond_batch{12'000};

std::vector<std::string> links_to_brokers(unsigned node) {
    std::vector<std::string> out;
    for (const int broker : FaultBrokers::all()) {
        out.push_back(FaultCluster::broker_link(node, broker));
    }
    return out;
}

const char* name_of(Way way) { return way == Way::requests ? "requests" : "answers"; }

/// `break_one` on each, a while, and all mended.
Result<milliseconds> through(Striking& with, const std::vector<std::string>& links,
                             milliseconds least, milliseconds most,
                             const std::function<Result<void>(const std::string&)>& break_one) {
    for (const std::string& link : links) {
        CHOPMARK_TRY(break_one(link));
    }
    const auto lasted = with.wait(least, most);
    for (const std::string& link : links) {
        CHOPMARK_TRY(with.cluster.links().mend(link));
    }
    return lasted;
}

Result<std::string> brokers_cut(Striking& with) {
    const unsigned node = with.some_node();
    with.avoid = static_cast<int>(node);
    CHOPMARK_ASSIGN(const auto lasted,
                    through(with, links_to_brokers(node), seconds(1), seconds(12),
                            [&](const auto& link) { return with.cluster.links().cut(link); }));
    return fmt::format("node {} without brokers for {} ms", node, lasted.count());
}

Result<std::string> one_broker_cut(Striking& with) {
    const unsigned node = with.some_node();
    const int broker = with.some_broker();
    with.avoid = static_cast<int>(node);
    CHOPMARK_ASSIGN(const auto lasted, through(with, {FaultCluster::broker_link(node, broker)},
                                               seconds(1), seconds(12), [&](const auto& link) {
                                                   return with.cluster.links().cut(link);
                                               }));
    return fmt::format("node {} without broker {} for {} ms", node, broker, lasted.count());
}

/// Nothing is closed; what one side says is gone.
Result<std::string> brokers_one_way(Striking& with, Way way) {
    const unsigned node = with.some_node();
    with.avoid = static_cast<int>(node);
    CHOPMARK_ASSIGN(const auto lasted, through(with, links_to_brokers(node), seconds(3),
                                               seconds(14), [&](const auto& link) {
                                                   return with.cluster.links().swallow(link, way);
                                               }));
    return fmt::format("{} between node {} and its brokers lost for {} ms", name_of(way), node,
                       lasted.count());
}

Result<std::string> broker_requests_lost(Striking& with) {
    return brokers_one_way(with, Way::requests);
}

Result<std::string> broker_answers_lost(Striking& with) {
    return brokers_one_way(with, Way::answers);
}

/// What a producer sent arrives when its term is long over.
Result<std::string> requests_delayed(Striking& with) {
    const unsigned node = with.some_node();
    const auto by = beyond_batch + milliseconds(with.below(3000));
    with.avoid = static_cast<int>(node);
    CHOPMARK_ASSIGN(const auto lasted, through(with, links_to_brokers(node), by + seconds(2),
                                               by + seconds(5), [&](const auto& link) {
                                                   return with.cluster.links().delay(
                                                       link, Way::requests, by);
                                               }));
    return fmt::format("requests of node {} reach brokers {} ms late, for {} ms", node, by.count(),
                       lasted.count());
}

Result<std::string> brokers_slow(Striking& with) {
    const unsigned node = with.some_node();
    const milliseconds by(100 + with.below(900));
    with.avoid = static_cast<int>(node);
    CHOPMARK_ASSIGN(
        const auto lasted,
        through(with, links_to_brokers(node), seconds(4), seconds(10), [&](const auto& link) {
            return with.cluster.links().delay(link, Way::answers, by);
        }));
    return fmt::format("answers of brokers reach node {} {} ms late, for {} ms", node, by.count(),
                       lasted.count());
}

/// Everybody asks other nodes, so that what is this one's has to be forwarded.
unsigned node_behind(Striking& with) {
    const int partition = 1 + static_cast<int>(with.below(FaultCluster::partitions));
    const unsigned node = with.cluster.owner_of(partition).value_or(with.some_node());
    with.avoid = static_cast<int>(node);
    return node;
}

Result<std::string> peers_cut(Striking& with) {
    const unsigned node = node_behind(with);
    CHOPMARK_ASSIGN(const auto lasted,
                    through(with, {FaultCluster::peer_link(node)}, seconds(1), seconds(10),
                            [&](const auto& link) { return with.cluster.links().cut(link); }));
    return fmt::format("no node reaches node {} for {} ms", node, lasted.count());
}

/// The command arrives, its answer does not: nobody knows what became of it.
Result<std::string> peer_answers_lost(Striking& with) {
    const unsigned node = node_behind(with);
    CHOPMARK_ASSIGN(const auto lasted, through(with, {FaultCluster::peer_link(node)}, seconds(1),
                                               seconds(10), [&](const auto& link) {
                                                   return with.cluster.links().swallow(
                                                       link, Way::answers);
                                               }));
    return fmt::format("answers of node {} to the others lost for {} ms", node, lasted.count());
}

Result<std::string> peers_slow(Striking& with) {
    const unsigned node = node_behind(with);
    const milliseconds by(200 + with.below(1800));
    CHOPMARK_ASSIGN(const auto lasted, through(with, {FaultCluster::peer_link(node)}, seconds(4),
                                               seconds(8), [&](const auto& link) {
                                                   return with.cluster.links().delay(
                                                       link, Way::requests, by);
                                               }));
    return fmt::format("others reach node {} {} ms late, for {} ms", node, by.count(),
                       lasted.count());
}

constexpr std::array faults{
    Fault{"brokers-cut", brokers_cut},
    Fault{"one-broker-cut", one_broker_cut},
    Fault{"broker-requests-lost", broker_requests_lost},
    Fault{"broker-answers-lost", broker_answers_lost},
    Fault{"requests-delayed", requests_delayed},
    Fault{"brokers-slow", brokers_slow},
    Fault{"peers-cut", peers_cut},
    Fault{"peer-answers-lost", peer_answers_lost},
    Fault{"peers-slow", peers_slow},
};

}  // namespace

std::span<const Fault> link_faults() { return faults; }

}  // namespace chopmark::test
