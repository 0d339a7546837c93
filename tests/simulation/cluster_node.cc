#include "tests/simulation/cluster_node.h"

#include <algorithm>

namespace chopmark::test {
namespace {

constexpr unsigned looks_to_read_all = 2000;

}  // namespace

journal::KafkaJournal::Options journal_on(const std::shared_ptr<ModelledCluster>& cluster,
                                          const std::filesystem::path& mirror,
                                          bool accept_on_delivery) {
    journal::KafkaJournal::Options out;
    out.cluster = cluster;
    out.own_threads = false;
    out.accept_on_delivery = accept_on_delivery;
    out.mirror.store.path = mirror.string();
    out.mirror.place_every_records = 8;
    out.answer_wait = std::chrono::seconds(2);
    out.batch_deadline = std::chrono::seconds(2);
    out.term_deadline = std::chrono::seconds(5);
    return out;
}

bool read_all(journal::KafkaJournal& journal) {
    for (unsigned look = 0; look < looks_to_read_all; ++look) {
        static_cast<void>(journal.step());
        if (journal.read_all()) {
            return true;
        }
    }
    return false;
}

struct ClusterNode::Process {
    using ControlExecutor = runtime::Executor<runtime::ControlDomain>;
    using CitizenExecutor = runtime::Executor<runtime::CitizenDomain>;
    struct Lane {
        std::unique_ptr<runtime::CitizenDomain> domain;
        std::unique_ptr<CitizenExecutor> executor;
    };

    Process(GatewayBench& bench, const GatewayBench::Enrolled& enrolled, std::uint64_t seed)
        : vault(*enrolled.ring), scheduler(seed), bench_(bench), enrolled_(enrolled) {}

    bool open(const journal::KafkaJournal::Options& options, fold::RowStore& states,
              fold::RowStore& views);
    void each(const auto& act) {
        act(*control_executor);
        for (Lane& lane : lanes) {
            act(*lane.executor);
        }
    }

    keys::KeyVault vault;
    control::Snapshots snapshots;
    PumpedPool work;
    Scheduler scheduler;
    std::unique_ptr<journal::KafkaJournal> journal;
    std::unique_ptr<fold::LiveTables> tables;
    std::unique_ptr<fold::Runner> runner;
    std::unique_ptr<runtime::EventFinder> finder;
    std::unique_ptr<runtime::ControlDomain> control;
    std::unique_ptr<ControlExecutor> control_executor;
    std::vector<Lane> lanes;
    std::unique_ptr<runtime::LocalCommands> commands;
    std::set<PartitionId> opening;

  private:
    void open_executors(fold::RowStore& states);

    GatewayBench& bench_;
    const GatewayBench::Enrolled& enrolled_;
};

bool ClusterNode::Process::open(const journal::KafkaJournal::Options& options,
                                fold::RowStore& states, fold::RowStore& views) {
    auto opened = journal::KafkaJournal::open(
        options, bench_.founding(),
        {bench_.node_ca(), enrolled_.identity, bench_.clock, bench_.entropy});
    if (!opened || !read_all(**opened)) {
        return false;
    }
    journal = *std::move(opened);
    tables = fold::LiveTables::open(views).value();
    std::vector<fold::Runner::Assigned> assigned;
    for (const fold::View* view : bench_.folded()) {
        assigned.push_back({view, tables->adopt(view->name(), view->version()).value()});
    }
    auto folding = fold::Runner::open({*journal, *tables, vault, bench_.clock}, assigned, {});
    if (!folding) {
        return false;  // rows are ahead of what can be read
    }
    runner = *std::move(folding);
    finder = std::make_unique<runtime::EventFinder>(*journal, *tables, vault);
    open_executors(states);
    return true;
}

void ClusterNode::Process::open_executors(fold::RowStore& states) {
    control = std::make_unique<runtime::ControlDomain>(states, snapshots);
    ensure(control->open().has_value(), "control opens");
    control_executor = std::make_unique<ControlExecutor>(control_partition, *control, *journal,
                                                         scheduler.make_strand(), bench_.clock,
                                                         bench_.entropy, vault);
    std::vector<runtime::LocalCommands::CitizenLane> served;
    for (std::uint16_t number = 1; number <= GatewayBench::partitions; ++number) {
        Lane lane;
        lane.domain = std::make_unique<runtime::CitizenDomain>(
            PartitionId(number), states, snapshots, vault, [this](const schema::CardFacts& card) {
                return outside::card_token(*enrolled_.ring->material(), card);
            });
        ensure(lane.domain->open().has_value(), "a citizen domain opens");
        lane.executor = std::make_unique<CitizenExecutor>(PartitionId(number), *lane.domain,
                                                          *journal, scheduler.make_strand(),
                                                          bench_.clock, bench_.entropy, vault);
        served.push_back({*lane.executor, *lane.domain});
        lanes.push_back(std::move(lane));
    }
    commands = std::make_unique<runtime::LocalCommands>(*control_executor, served, *finder, work);
    each([](auto& executor) { executor.follow(); });
}

ClusterNode::ClusterNode(GatewayBench& bench, const std::string& name, std::filesystem::path folder,
                         std::uint64_t seed, journal::KafkaJournal::Options options)
    : bench_(bench),
      enrolled_(bench.enrol(name, name + ":1")),
      folder_(std::move(folder)),
      options_(std::move(options)),
      files_(std::make_shared<UnkindFileSystem>()),
      seed_(seed) {
    options_.mirror.store.files = files_;
}

ClusterNode::~ClusterNode() = default;

bool ClusterNode::start() {
    options_.mirror.store.path = (folder_ / std::to_string(images_)).string();
    auto process = std::make_unique<Process>(bench_, enrolled_, ++seed_);
    if (!process->open(options_, state_rows_, view_rows_)) {
        return false;
    }
    process_ = std::move(process);
    return true;
}

void ClusterNode::kill() { process_.reset(); }

void ClusterNode::cut_power(const PageFate& kept, std::size_t lost_commits) {
    const auto here = (folder_ / std::to_string(images_)).string();
    const auto image = (folder_ / std::to_string(++images_)).string();
    files_->write_image(here, image, kept);
    process_.reset();
    std::filesystem::remove_all(here);
    state_rows_.lose_buffered(lost_commits);
    view_rows_.lose_buffered(lost_commits);
}

bool ClusterNode::step() {
    if (!runs()) {
        return false;
    }
    Process& here = *process_;
    const auto head = here.journal->head(control_partition);
    if (here.control_executor->probe().folded >= head->next.value()) {
        here.snapshots.confirm(bench_.clock.now());
    }
    return here.scheduler.run_one() || here.journal->step() || here.work.run_one() ||
           here.runner->pump().value();
}

void ClusterNode::serve(const std::set<PartitionId>& wanted) {
    Process& here = *process_;
    here.each([&](auto& executor) {
        const PartitionId partition = executor.partition();
        if (wanted.contains(partition) && !executor.serving() &&
            here.opening.insert(partition).second) {
            executor.serve(
                [&here, partition](const Result<void>&) { here.opening.erase(partition); });
        }
    });
}

bool ClusterNode::serves(PartitionId partition) const {
    bool out = false;
    if (runs()) {
        process_->each([&](auto& executor) {
            out = out || (executor.partition() == partition && executor.serving());
        });
    }
    return out;
}

void ClusterNode::stand_by(PartitionId partition) {
    process_->each([&](auto& executor) {
        if (executor.partition() == partition) {
            executor.stand_by();
        }
    });
}

void ClusterNode::flush() {
    ensure(process_->control->flush().has_value(), "control's row is written back");
    for (auto& lane : process_->lanes) {
        ensure(lane.domain->flush().has_value(), "state rows are written back");
    }
}

bool ClusterNode::is_folded() const {
    bool out = true;
    process_->each([&](auto& executor) {
        const auto head = process_->journal->head(executor.partition());
        out = out && executor.probe().folded >= head->next.value();
    });
    return out;
}

runtime::CommandService& ClusterNode::commands() { return *process_->commands; }
journal::KafkaJournal& ClusterNode::journal() const { return *process_->journal; }
fold::LiveTables& ClusterNode::tables() const { return *process_->tables; }

}  // namespace chopmark::test
