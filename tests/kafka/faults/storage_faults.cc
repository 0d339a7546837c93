// Disks, topics and clocks.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "events/journal/reader.h"
#include "ops/kafka_cluster.h"
#include "tests/kafka/faults/fault_list.h"

namespace chopmark::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds admin_patience{30};
constexpr seconds restore_patience{90};
constexpr seconds clock_patience{30};
constexpr milliseconds look_pause{100};
constexpr milliseconds replication{1000};

/// A node comes back with an empty mirror and no rows: all is read again.
Result<std::string> mirror_lost(Striking& with) {
    const unsigned victim = with.some_node();
    with.avoid = static_cast<int>(victim);
    FaultNode& node = with.cluster.node(victim);
    node.kill();
    for (const auto& folder : {node.data().journal(), node.data().rows()}) {
        fs::remove_all(folder);
    }
    return fmt::format("node {} lost its mirror and all rows", victim);
}

/// Stops the brokers, copies them, and starts them again. The nodes hold their breath before that:
/// in the copy of a leader that was being written to lies what no other replica has, and nobody was
/// told of. Once it was lost; where the copies elect that leader it would count, and all mirrors
/// contradict it.
Result<void> copy_at_rest(Striking& with, const fs::path& copies) {
    FaultBrokers& brokers = with.cluster.brokers();
    for (unsigned node = 0; node < with.cluster.count(); ++node) {
        with.cluster.node(node).pause();
    }
    std::this_thread::sleep_for(replication);
    const auto stopped = brokers.stop(FaultBrokers::all());
    for (unsigned node = 0; node < with.cluster.count(); ++node) {
        with.cluster.node(node).resume();
    }
    CHOPMARK_TRY(stopped);
    CHOPMARK_TRY(brokers.copy(copies));
    return brokers.restart(FaultBrokers::all());
}

/// Brokers come back as they were some time ago: what was confirmed since is in mirrors alone.
Result<std::string> tail_cut(Striking& with) {
    FaultBrokers& brokers = with.cluster.brokers();
    const fs::path copies = with.cluster.folder() / "copies";
    fs::remove_all(copies);
    CHOPMARK_TRY(copy_at_rest(with, copies));
    const auto written = with.wait(seconds(8), seconds(12));
    CHOPMARK_TRY(brokers.kill(FaultBrokers::all()));
    CHOPMARK_TRY(brokers.restore(copies));
    CHOPMARK_TRY(brokers.restart(FaultBrokers::all()));
    fs::remove_all(copies);
    return fmt::format("all brokers back to before the last {} ms", written.count());
}

/// The same, and a node comes back that knows as little: what was lost is in the others' mirrors.
Result<std::string> tail_cut_away(Striking& with) {
    FaultBrokers& brokers = with.cluster.brokers();
    const fs::path copies = with.cluster.folder() / "copies";
    const unsigned victim = with.some_node();
    with.avoid = static_cast<int>(victim);
    fs::remove_all(copies);
    CHOPMARK_TRY(copy_at_rest(with, copies));
    with.cluster.node(victim).kill();
    const auto written = with.wait(seconds(12), seconds(16));
    CHOPMARK_TRY(brokers.kill(FaultBrokers::all()));
    CHOPMARK_TRY(brokers.restore(copies));
    CHOPMARK_TRY(brokers.restart(FaultBrokers::all()));
    CHOPMARK_TRY(with.cluster.node(victim).start());
    fs::remove_all(copies);
    return fmt::format("all brokers and node {} back to before the last {} ms", victim,
                       written.count());
}

/// Sizes of the partitions in a dead node's mirror.
Result<std::vector<std::uint64_t>> sizes_in(const ops::DataFolder& data) {
    CHOPMARK_ASSIGN(const auto reader, journal::OfflineReader::open(data.journal().string()));
    std::vector<std::uint64_t> out;
    for (std::uint16_t number = 0; number <= reader->partitions(); ++number) {
        std::uint64_t size = 0;
        const auto cursor = reader->walk(PartitionId(number), Sequence(0));
        for (; cursor->valid(); cursor->next()) {
            ++size;
        }
        out.push_back(size);
    }
    return out;
}

/// The node whose mirror has all that the others' have.
Result<unsigned> longest_mirror(FaultCluster& cluster) {
    std::vector<std::vector<std::uint64_t>> sizes;
    for (unsigned node = 0; node < cluster.count(); ++node) {
        CHOPMARK_ASSIGN(auto own, sizes_in(cluster.node(node).data()));
        sizes.push_back(std::move(own));
    }
    for (unsigned node = 0; node < cluster.count(); ++node) {
        const bool has_all = std::all_of(sizes.begin(), sizes.end(), [&](const auto& other) {
            return std::equal(other.begin(), other.end(), sizes[node].begin(), sizes[node].end(),
                              std::less_equal<>());
        });
        if (has_all) {
            return node;
        }
    }
    return Error(sandbox::bad_state, "no mirror has all that the others have");
}

/// Somebody deletes the topic; it is made anew and filled from the longest mirror, as
/// ops/guides/kafka.md says.
Result<std::string> topic_recreated(Striking& with) {
    FaultCluster& cluster = with.cluster;
    CHOPMARK_ASSIGN(const auto config, cluster.config(0));
    auto client = ops::kafka_client(config.kafka);
    CHOPMARK_TRY(client);
    (*client)["bootstrap.servers"] = cluster.brokers().bootstrap();
    CHOPMARK_ASSIGN(const auto admin, journal::kafka::Admin::open(*client, nullptr));
    CHOPMARK_TRY(admin->remove(cluster.topic(), admin_patience));
    const auto without = with.wait(seconds(2), seconds(6));
    for (unsigned node = 0; node < cluster.count(); ++node) {
        cluster.node(node).kill();
    }
    CHOPMARK_ASSIGN(const unsigned longest, longest_mirror(cluster));
    CHOPMARK_TRY(cluster.make_topics());
    CHOPMARK_TRY(cluster.configure(longest, {.group = "", .restore_from_mirror = true}));
    FaultNode& node = cluster.node(longest);
    CHOPMARK_TRY(node.start());
    const auto until = std::chrono::steady_clock::now() + restore_patience;
    while (!node.ready() || node.figure("chopmark_kafka_short_records") != 0.0 ||
           node.served().size() != FaultCluster::partitions + 1U) {
        if (node.fell() || std::chrono::steady_clock::now() > until) {
            return Error(sandbox::not_ready, "the topic is not restored:\n" + node.last_words());
        }
        std::this_thread::sleep_for(look_pause);
    }
    node.leave();
    CHOPMARK_TRY(cluster.configure(longest, {}));
    return fmt::format("no topic for {} ms, restored from the mirror of node {}", without.count(),
                       longest);
}

/// The broker whose folder FaultCluster keeps on a file system of its own.
Result<std::string> disk_full(Striking& with) {
    const fs::path folder = with.cluster.small_disk();
    const fs::path filler = folder / "filler";
    {
        std::ofstream out(filler, std::ios::binary);
        const std::string piece(1 << 20, 'x');
        while (out.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
        }
    }
    const auto full = with.wait(seconds(4), seconds(10));
    fs::remove(filler);
    CHOPMARK_TRY(with.cluster.brokers().restart({FaultCluster::small_disk_broker}));
    return fmt::format("disk of broker {} full for {} ms", FaultCluster::small_disk_broker,
                       full.count());
}

std::string no_small_disk(FaultCluster& cluster) {
    return cluster.small_disk().empty() ? "no file system may be mounted here" : "";
}

bool says(const FaultNode& node, std::string_view reason, seconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (node.readiness().find(reason) == std::string::npos) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(look_pause);
    }
    return true;
}

/// A node is started again with a clock that is an hour off, and works as well as it may: it says
/// so, and owns nothing.
Result<std::string> clock_off(Striking& with) {
    const unsigned victim = with.some_node();
    const bool ahead = with.below(2) == 0;
    const std::string way = ahead ? "ahead" : "behind";
    FaultNode& node = with.cluster.node(victim);
    with.avoid = static_cast<int>(victim);
    const fs::path clock = with.cluster.folder() / "wrong-clock";
    std::ofstream(clock) << (ahead ? "+3600" : "-3600") << '\n';
    node.kill();
    CHOPMARK_TRY(node.start({"chopmarkd",
                             {"env", "LD_PRELOAD=" CHOPMARK_BINARY_DIR "/libwrong_clock.so",
                              "CHOPMARK_WRONG_CLOCK=" + clock.string()}}));
    const auto lasted = with.wait(seconds(8), seconds(14));
    const bool said = says(node, "clock.off", clock_patience);
    const std::size_t served = node.served().size();
    const std::string last_words = said ? "" : node.last_words();
    node.kill();
    if (!said) {
        return Error(sandbox::bad_state,
                     fmt::format("with a clock an hour {}, node {} does not say so\n{}", way,
                                 victim, last_words));
    }
    if (served > 0) {
        return Error(sandbox::bad_state,
                     fmt::format("with a clock an hour {}, node {} owns {} partitions", way, victim,
                                 served));
    }
    return fmt::format("clock of node {} an hour {} for {} ms", victim, way, lasted.count());
}

std::string no_wrong_clocks(FaultCluster& cluster) {
    return cluster.node(0).figure("chopmark_clock_ahead_seconds")
               ? ""
               : "nodes do not watch their clocks";
}

constexpr std::array faults{
    Fault{"mirror-lost", mirror_lost},
    Fault{"tail-cut", tail_cut},
    Fault{"tail-cut-away", tail_cut_away},
    Fault{"topic-recreated", topic_recreated},
    Fault{"disk-full", disk_full, no_small_disk},
    Fault{"clock-off", clock_off, no_wrong_clocks},
};

}  // namespace

std::span<const Fault> storage_faults() { return faults; }

}  // namespace chopmark::test
