// What can happen to the cluster, each as one function: it strikes, lets it hurt for a random while
// under load, and takes it away again; what it leaves dead, FaultCluster::whole() brings back. What
// the system cannot do here – no rights to mount – a fault says by unavailable().
#pragma once

#include <atomic>
#include <functional>
#include <random>
#include <span>

#include "tests/kafka/faults/fault_cluster.h"

namespace chopmark::test {

/// A fault's world: for one thread.
struct Striking {
    FaultCluster& cluster;
    std::mt19937_64& dice;
    /// The node whose clients should go elsewhere; -1: none.
    std::atomic<int>& avoid;
    /// Long forms: a node stands still for 30 s, not for 8.
    bool patient = false;

    std::uint64_t below(std::uint64_t end) { return dice() % end; }
    unsigned some_node() { return static_cast<unsigned>(below(cluster.count())); }
    int some_broker() { return 1 + static_cast<int>(below(FaultBrokers::count)); }
    int some_partition() { return static_cast<int>(below(FaultCluster::partitions + 1U)); }
    /// Waits for a random time, and says how long.
    std::chrono::milliseconds wait(std::chrono::milliseconds least, std::chrono::milliseconds most);
};

struct Fault {
    std::string_view name;
    /// What was done, for the line of the run.
    Result<std::string> (*strike)(Striking& with) = nullptr;
    /// Why it cannot be tried here; empty: it can. Null: it always can.
    std::string (*unavailable)(FaultCluster& cluster) = nullptr;
    /// Left out unless CHOPMARK_ONLY names it, for this reason; empty: it is not.
    std::string_view only_when_named{};
};

std::span<const Fault> process_faults();  // of nodes and brokers
std::span<const Fault> link_faults();
std::span<const Fault> storage_faults();  // disks, topics, clocks

}  // namespace chopmark::test
