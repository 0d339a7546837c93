// Nodes and brokers that die or stand still.
#include <fmt/format.h>

#include <thread>

#include "tests/kafka/faults/fault_list.h"

namespace chopmark::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

milliseconds Striking::wait(milliseconds least, milliseconds most) {
    const auto range = static_cast<std::uint64_t>((most - least).count());
    const milliseconds chosen = least + milliseconds(below(range + 1));
    std::this_thread::sleep_for(chosen);
    return chosen;
}

namespace {

/// Longer than the session after which a dead node's partitions are shared out.
constexpr milliseconds beyond_session{8000};

Result<std::string> kill_node(Striking& with, unsigned victim) {
    with.avoid = static_cast<int>(victim);
    const std::size_t owned = with.cluster.node(victim).served().size();
    with.cluster.node(victim).kill();
    const auto away = with.wait(milliseconds(0), beyond_session);
    return fmt::format("node {} of {} partitions away for {} ms", victim, owned, away.count());
}

Result<std::string> node_killed(Striking& with) { return kill_node(with, with.some_node()); }

/// Away for so long that others take over.
Result<std::string> owner_killed(Striking& with) {
    const int partition = 1 + static_cast<int>(with.below(FaultCluster::partitions));
    const auto victim = with.cluster.owner_of(partition).value_or(with.some_node());
    with.avoid = static_cast<int>(victim);
    with.cluster.node(victim).kill();
    const auto away = with.wait(beyond_session, beyond_session + seconds(2));
    return fmt::format("owner of partition {} (node {}) away for {} ms", partition, victim,
                       away.count());
}

Result<std::string> control_owner_killed(Striking& with) {
    const auto victim = with.cluster.owner_of(0).value_or(with.some_node());
    with.avoid = static_cast<int>(victim);
    with.cluster.node(victim).kill();
    const auto away = with.wait(seconds(2), beyond_session);
    return fmt::format("owner of control (node {}) away for {} ms", victim, away.count());
}

/// A death on the way back from one, too.
Result<std::string> node_killed_at_start(Striking& with) {
    const unsigned victim = with.some_node();
    with.avoid = static_cast<int>(victim);
    FaultNode& node = with.cluster.node(victim);
    node.kill();
    CHOPMARK_TRY(node.start());
    const auto later = with.wait(milliseconds(100), milliseconds(2500));
    node.kill();
    return fmt::format("node {} killed, and {} ms after its start again", victim, later.count());
}

/// It wakes as an owner who does not know that it was deposed, and goes on writing.
Result<std::string> node_stopped(Striking& with) {
    const unsigned victim = with.some_node();
    with.avoid = static_cast<int>(victim);
    const std::size_t owned = with.cluster.node(victim).served().size();
    with.cluster.node(victim).pause();
    const auto stood =
        with.patient ? with.wait(seconds(28), seconds(32)) : with.wait(seconds(7), seconds(10));
    with.cluster.node(victim).resume();
    return fmt::format("node {} of {} partitions stood still for {} ms", victim, owned,
                       stood.count());
}

/// A node of the release before, in the middle of the others: it owns what it is given.
Result<std::string> earlier_release(Striking& with) {
    const unsigned victim = with.some_node();
    FaultNode& node = with.cluster.node(victim);
    with.avoid = static_cast<int>(victim);
    node.kill();
    CHOPMARK_TRY(node.start({"chopmarkd_earlier", {}}));
    const auto until = std::chrono::steady_clock::now() + seconds(30);
    std::size_t owned = 0;
    while (owned == 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(milliseconds(100));
        owned = node.served().size();
    }
    if (owned == 0) {
        return Error(sandbox::not_ready, "nothing was given to it:\n" + node.last_words());
    }
    with.avoid = -1;
    const auto lasted = with.wait(seconds(3), seconds(6));
    node.kill();
    return fmt::format("node {} of the release before owned {} partitions, for {} ms more", victim,
                       owned, lasted.count());
}

/// Two nodes that believe to own everything: both open the terms that the other ends.
Result<std::string> duel(Striking& with) {
    const unsigned rival = with.some_node();
    FaultNode& node = with.cluster.node(rival);
    CHOPMARK_TRY(with.cluster.configure(rival, {.group = ".rival"}));
    node.kill();
    CHOPMARK_TRY(node.start());
    const auto fought = with.wait(seconds(7), seconds(9));
    node.kill();
    CHOPMARK_TRY(with.cluster.configure(rival, {}));
    return fmt::format("node {} in a group of its own for {} ms", rival, fought.count());
}

Result<std::string> brokers_killed(Striking& with, const FaultBrokers::Numbers& victims) {
    CHOPMARK_TRY(with.cluster.brokers().kill(victims));
    const auto away = with.wait(milliseconds(500), seconds(5));
    CHOPMARK_TRY(with.cluster.brokers().restart(victims));
    return fmt::format("{} of {} brokers away for {} ms and a start", victims.size(),
                       FaultBrokers::count, away.count());
}

Result<std::string> broker_killed(Striking& with) {
    return brokers_killed(with, {with.some_broker()});
}

Result<std::string> two_brokers_killed(Striking& with) {
    FaultBrokers::Numbers victims = FaultBrokers::all();
    std::erase(victims, with.some_broker());
    return brokers_killed(with, victims);
}

Result<std::string> all_brokers_killed(Striking& with) {
    return brokers_killed(with, FaultBrokers::all());
}

Result<std::string> leader_paused(Striking& with) {
    const int partition = 1 + static_cast<int>(with.below(FaultCluster::partitions));
    CHOPMARK_ASSIGN(const int leader,
                    with.cluster.brokers().leader_of(with.cluster.topic(), partition));
    CHOPMARK_TRY(with.cluster.brokers().pause({leader}));
    const auto stood = with.wait(seconds(6), seconds(10));
    CHOPMARK_TRY(with.cluster.brokers().resume({leader}));
    return fmt::format("leader of partition {} (broker {}) stood still for {} ms", partition,
                       leader, stood.count());
}

constexpr std::array faults{
    Fault{"node-killed", node_killed},
    Fault{"owner-killed", owner_killed},
    Fault{"control-owner-killed", control_owner_killed},
    Fault{"node-killed-at-start", node_killed_at_start},
    Fault{"node-stopped", node_stopped},
    Fault{"earlier-release", earlier_release},
    Fault{"duel", duel},
    Fault{"broker-killed", broker_killed},
    Fault{"two-brokers-killed", two_brokers_killed},
    Fault{"all-brokers-killed", all_brokers_killed},
    Fault{"leader-paused", leader_paused},
};

}  // namespace

std::span<const Fault> process_faults() { return faults; }

}  // namespace chopmark::test
