// Another node of the deployment that a GatewayBench belongs to: the real journal over a modelled
// cluster with a mirror in a folder, states, executors and views of its own. Its process may be
// killed and started again; what its rows had flushed and what its mirror had written stay, but for
// what a power cut takes. One thread.
#pragma once

#include <filesystem>

#include "events/journal/kafka_journal.h"
#include "tests/simulation/modelled_cluster.h"
#include "tests/support/file_system.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::test {

/// What journals of one modelled cluster have in common.
journal::KafkaJournal::Options journal_on(const std::shared_ptr<ModelledCluster>& cluster,
                                          const std::filesystem::path& mirror,
                                          bool accept_on_delivery);
/// Reads what the topic has now; false when that takes too long.
bool read_all(journal::KafkaJournal& journal);

class ClusterNode {
  public:
    /// A power cut may take this many commits of rows.
    static constexpr std::size_t buffered_commits = 32;

    ClusterNode(GatewayBench& bench, const std::string& name, std::filesystem::path folder,
                std::uint64_t seed, journal::KafkaJournal::Options options);
    ~ClusterNode();

    /// False: what its rows hold cannot be read at the moment.
    bool start();
    void kill();
    /// Killed with the machine: what was not synced of the mirror is lost, page by page as `kept`
    /// says, and the last commits of its rows.
    void cut_power(const PageFate& kept, std::size_t lost_commits);
    [[nodiscard]] bool runs() const { return process_ != nullptr; }

    /// One step; false when there was nothing to do.
    bool step();
    /// Opens terms on these partitions, where it has none.
    void serve(const std::set<PartitionId>& wanted);
    [[nodiscard]] bool serves(PartitionId partition) const;
    void stand_by(PartitionId partition);
    void flush();
    /// All that its journal has is in its state and in its views.
    [[nodiscard]] bool is_folded() const;

    [[nodiscard]] const std::string& endpoint() const { return enrolled_.identity.endpoint(); }
    [[nodiscard]] runtime::CommandService& commands();
    [[nodiscard]] journal::KafkaJournal& journal() const;
    [[nodiscard]] fold::RowStore& state_rows() { return state_rows_; }
    [[nodiscard]] fold::LiveTables& tables() const;

  private:
    struct Process;

    GatewayBench& bench_;
    const GatewayBench::Enrolled enrolled_;
    const std::filesystem::path folder_;
    journal::KafkaJournal::Options options_;
    std::shared_ptr<UnkindFileSystem> files_;
    unsigned images_ = 0;  // of its mirror, after power cuts
    std::uint64_t seed_;
    fold::MemoryRows state_rows_{fold::MemoryRows::Options{buffered_commits}};
    fold::MemoryRows view_rows_{fold::MemoryRows::Options{buffered_commits}};
    std::unique_ptr<Process> process_;
};

}  // namespace chopmark::test
