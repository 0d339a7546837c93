// The nodes of a world that share a modelled Kafka cluster: the bench, which has the gateways, as
// node 0, and others beside it. A coordinator shares the partitions out and moves them; it may tell
// the new owner without telling the old one, so that two want the same partition for a while. It
// keeps to one rule of design-notes A11: behind a cut, no node opens a term that has less than the
// one with most. Commands are routed by the log, and now and then to the wrong node.
//
// It is made before its bench and goes after it. All that is drawn comes from one engine. One
// thread.
#pragma once

#include <array>
#include <random>

#include "tests/simulation/cluster_node.h"
#include "tests/simulation/router.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::test {

class Deployment {
  public:
    /// Says whether the next request, fetch or question is to go wrong.
    using Unlucky = std::function<bool()>;
    Deployment(std::uint64_t seed, Unlucky unlucky);
    ~Deployment();

    /// Makes a bench node 0 of this deployment; the commands of its gateways go to commands().
    void set_up(GatewayBench::Options& options);
    runtime::CommandService& attach(runtime::CommandService& front);
    /// Starts the others. The bench must serve.
    void join(GatewayBench& bench);
    /// Ends them; before the bench goes.
    void part() { others_.clear(); }

    // ---- what befalls it

    /// The bench is about to be restarted: nobody waits any more for what its gateways asked.
    void lose_front();
    /// Kills one of the other nodes that run; false when there is none.
    bool kill_one();
    bool start_one();
    void move_one();
    /// Each partition for one node again.
    void settle_ownership();
    /// The end of one partition is cut off, when all that run have read it.
    void cut_tail();
    void silence_one();
    void answer_all() { set_answering(true); }

    // ---- how it goes on

    void pass(Duration time) { cluster_->pass(time); }
    /// Opens terms where they are wanted; the bench does so itself.
    void keep_serving();
    /// What was on its way has arrived, everybody runs and answers; partitions have one owner.
    void calm();
    /// All partitions are served by who wants them, and everybody has read and folded all.
    [[nodiscard]] bool is_at_rest() const;
    [[nodiscard]] std::string unrest() const;

    /// Journals of nodes that run.
    [[nodiscard]] std::vector<const journal::KafkaJournal*> journals() const;
    [[nodiscard]] bool went_astray(const CommandId& id) const { return router_.went_astray(id); }
    /// At rest: heads, skipped records, state rows and view rows are the same everywhere. The
    /// bench's rows were flushed before.
    void expect_equal_nodes();

    struct Counts {
        ModelledCluster::Counts cluster;
        std::uint64_t moves = 0;
        std::uint64_t duels = 0;  // two wanted the same partition
        std::uint64_t takeovers = 0;
        std::uint64_t kills = 0;
        std::uint64_t power_cuts = 0;
        std::uint64_t skipped = 0;
        std::uint64_t relocations = 0;
        std::uint64_t on_delivery = 0;  // worlds that accept on delivery
        Counts& operator+=(const Counts& other);
    };
    [[nodiscard]] Counts counts() const;

  private:
    static constexpr std::size_t nodes = 3;
    static constexpr std::size_t lanes = GatewayBench::partitions + 1U;

    ModelledCluster::Plan plan();
    ModelledCluster::Fate draw_fate();
    bool step(const std::function<bool()>& front);
    [[nodiscard]] Router::Way route(PartitionId partition);
    [[nodiscard]] Router::Way way_to(std::size_t node);
    [[nodiscard]] std::size_t owner_in_log(PartitionId partition) const;
    [[nodiscard]] bool runs(std::size_t node) const;
    [[nodiscard]] journal::KafkaJournal* journal_of(std::size_t node) const;
    [[nodiscard]] bool serves(std::size_t node, PartitionId partition) const;
    [[nodiscard]] bool may_open(std::size_t node, PartitionId partition) const;
    void give_up(std::size_t node, PartitionId partition);
    void set_answering(bool answering);
    [[nodiscard]] bool is_short(PartitionId partition) const;
    void note_end_of(const journal::KafkaJournal& journal);

    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool chance(unsigned percent) { return below(100) < percent; }

    ScratchFolder folder_;
    std::mt19937_64 random_;
    const Unlucky unlucky_;
    const bool on_delivery_;
    std::shared_ptr<ModelledCluster> cluster_;
    Router router_;
    GatewayBench* bench_ = nullptr;
    journal::KafkaJournal* front_journal_ = nullptr;
    runtime::CommandService* front_commands_ = nullptr;
    std::vector<std::unique_ptr<ClusterNode>> others_;  // node 1 on
    std::array<std::set<PartitionId>, nodes> wanted_;
    std::array<Sequence, lanes> longest_{};  // until it is restored: what the last cut took from
    std::array<std::size_t, lanes> last_owner_{};
    bool calm_ = false;  // no command goes astray any more
    Counts counts_;
};

}  // namespace chopmark::test
