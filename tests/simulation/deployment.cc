#include "tests/simulation/deployment.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/rebuilt.h"

namespace chopmark::test {
namespace {

constexpr unsigned attempts_to_start = 50;
constexpr std::size_t most_cut = 8;

PartitionId partition_number(std::size_t number) {
    return PartitionId(static_cast<std::uint16_t>(number));
}

}  // namespace

Deployment::Counts& Deployment::Counts::operator+=(const Counts& other) {
    cluster += other.cluster;
    moves += other.moves;
    duels += other.duels;
    takeovers += other.takeovers;
    kills += other.kills;
    power_cuts += other.power_cuts;
    skipped += other.skipped;
    relocations += other.relocations;
    on_delivery += other.on_delivery;
    return *this;
}

Deployment::Deployment(std::uint64_t seed, Unlucky unlucky)
    : random_(seed),
      unlucky_(std::move(unlucky)),
      on_delivery_(chance(50)),
      cluster_(std::make_shared<ModelledCluster>(GatewayBench::partitions, plan())),
      router_(
          GatewayBench::partitions, [this](PartitionId partition) { return route(partition); },
          [this](PartitionId partition) {
              const std::size_t owner = owner_in_log(partition);
              return way_to(serves(owner, partition) ? owner : 0);
          }) {
    for (std::size_t number = 0; number < lanes; ++number) {
        wanted_[0].insert(partition_number(number));
    }
}

Deployment::~Deployment() = default;

// ---- chance
// ---------------------------------------------------------------------------------------

ModelledCluster::Plan Deployment::plan() {
    return {[this](PartitionId, std::size_t) {
                return unlucky_() ? draw_fate() : ModelledCluster::Fate();
            },
            [this](std::size_t there) { return unlucky_() ? below(there) : there; },
            [this] { return unlucky_() ? 1 + below(6) : 0; }};
}

ModelledCluster::Fate Deployment::draw_fate() {
    using Request = ModelledCluster::Request;
    static constexpr std::array fates{Request::lost,    Request::written, Request::written_in_part,
                                      Request::late,    Request::late,    Request::doubled,
                                      Request::doubled, Request::doubled};
    return {fates.at(below(fates.size())),
            static_cast<std::uint32_t>(1 + below(chance(50) ? 12 : 400))};
}

// ---- nodes
// ---------------------------------------------------------------------------------------

void Deployment::set_up(GatewayBench::Options& options) {
    options.shared_journal = [this](const journal::Founding& founding,
                                    const journal::Surroundings& around) {
        auto opened = journal::KafkaJournal::open(
            journal_on(cluster_, folder_.path() / "front", on_delivery_), founding, around);
        if (!opened) {
            ADD_FAILURE() << to_string(opened.error());
        }
        ensure(opened.has_value(), "the bench's journal opens");
        ensure(read_all(**opened), "the bench's journal reads what is there");
        front_journal_ = opened->get();
        return SharedJournal{*std::move(opened), [this] { return front_journal_->step(); }};
    };
    options.owns = [this](PartitionId partition) {
        return wanted_[0].contains(partition) && may_open(0, partition);
    };
    options.step_among = [this](const std::function<bool()>& front) { return step(front); };
}

runtime::CommandService& Deployment::attach(runtime::CommandService& front) {
    front_commands_ = &front;
    return router_;
}

void Deployment::join(GatewayBench& bench) {
    bench_ = &bench;
    for (std::size_t number = 1; number < nodes; ++number) {
        const std::string name = "node-" + std::to_string(number);
        auto options = journal_on(cluster_, {}, on_delivery_);
        others_.push_back(std::make_unique<ClusterNode>(bench, name, folder_.path() / name,
                                                        random_(), std::move(options)));
        ensure(others_.back()->start(), "a node starts where nothing goes wrong");
    }
}

bool Deployment::runs(std::size_t node) const {
    return node == 0 ? front_journal_ != nullptr : others_.at(node - 1)->runs();
}

journal::KafkaJournal* Deployment::journal_of(std::size_t node) const {
    return node == 0 ? front_journal_ : &others_.at(node - 1)->journal();
}

bool Deployment::serves(std::size_t node, PartitionId partition) const {
    return node == 0 ? bench_ == nullptr || bench_->serves(partition)
                     : others_.at(node - 1)->serves(partition);
}

/// Whoever takes its turn first is drawn anew for every step.
bool Deployment::step(const std::function<bool()>& front) {
    const std::size_t count = others_.size() + 1;
    const std::size_t first = below(count);
    for (std::size_t turn = 0; turn < count; ++turn) {
        const std::size_t node = (first + turn) % count;
        if (node == 0 ? front() : others_[node - 1]->step()) {
            return true;
        }
    }
    return false;
}

std::vector<const journal::KafkaJournal*> Deployment::journals() const {
    std::vector<const journal::KafkaJournal*> out;
    for (std::size_t node = 0; node < nodes; ++node) {
        if (runs(node)) {
            out.push_back(journal_of(node));
        }
    }
    return out;
}

// ---- commands
// ---------------------------------------------------------------------------------------

std::size_t Deployment::owner_in_log(PartitionId partition) const {
    const auto head = front_journal_->head(partition);
    for (std::size_t node = 1; node <= others_.size(); ++node) {
        if (others_[node - 1]->endpoint() == head->endpoint) {
            return node;
        }
    }
    return 0;
}

Router::Way Deployment::way_to(std::size_t node) {
    if (node == 0) {
        return {node, front_commands_};
    }
    return {node, runs(node) ? &others_[node - 1]->commands() : nullptr};
}

Router::Way Deployment::route(PartitionId partition) {
    if (others_.empty() || calm_ || chance(90)) {
        return way_to(owner_in_log(partition));
    }
    return way_to(below(nodes));
}

// ---- who owns what
// ---------------------------------------------------------------------------------------

bool Deployment::may_open(std::size_t node, PartitionId partition) const {
    return journal_of(node)->head(partition)->next >= longest_[partition.value()];
}

void Deployment::give_up(std::size_t node, PartitionId partition) {
    wanted_[node].erase(partition);
    if (node > 0 && runs(node)) {
        others_[node - 1]->stand_by(partition);
    }
}

/// To a node that may not even run; the old one may not hear of it.
void Deployment::move_one() {
    const PartitionId partition = partition_number(below(lanes));
    const std::size_t to = below(nodes);
    const bool heard = chance(60);
    ++counts_.moves;
    for (std::size_t node = 0; node < nodes; ++node) {
        if (node != to && wanted_[node].contains(partition)) {
            if (heard) {
                give_up(node, partition);
            } else {
                ++counts_.duels;
            }
        }
    }
    wanted_[to].insert(partition);
}

/// Whoever wants it keeps it, if it may open a term there.
void Deployment::settle_ownership() {
    for (std::size_t number = 0; number < lanes; ++number) {
        const PartitionId partition = partition_number(number);
        std::vector<std::size_t> able;
        for (std::size_t node = 0; node < nodes; ++node) {
            if (runs(node) && may_open(node, partition)) {
                able.push_back(node);
            }
        }
        if (able.empty()) {
            continue;  // who has most is down
        }
        std::size_t owner = able[below(able.size())];
        for (const std::size_t node : able) {
            owner = wanted_[node].contains(partition) ? node : owner;
        }
        for (std::size_t node = 0; node < nodes; ++node) {
            if (node != owner) {
                give_up(node, partition);
            }
        }
        wanted_[owner].insert(partition);
    }
}

void Deployment::keep_serving() {
    for (std::size_t number = 0; number < lanes; ++number) {
        const PartitionId partition = partition_number(number);
        const std::size_t owner = owner_in_log(partition);
        counts_.takeovers += std::exchange(last_owner_[number], owner) == owner ? 0 : 1;
        if (longest_[number] > Sequence(0) && !is_short(partition)) {
            longest_[number] = Sequence(0);
        }
    }
    for (std::size_t node = 1; node < nodes; ++node) {
        if (runs(node)) {
            std::set<PartitionId> wanted = wanted_[node];
            std::erase_if(wanted,
                          [&](PartitionId partition) { return !may_open(node, partition); });
            others_[node - 1]->serve(wanted);
        }
    }
}

// ---- what befalls it
// ---------------------------------------------------------------------------------------

void Deployment::note_end_of(const journal::KafkaJournal& journal) {
    counts_.relocations += journal.kafka_probe().relocations;
}

void Deployment::lose_front() {
    router_.forget_all();
    note_end_of(*front_journal_);
    ++counts_.kills;
}

/// No power is cut while a cut topic needs every mirror.
bool Deployment::kill_one() {
    const std::size_t node = 1 + below(nodes - 1);
    if (!runs(node)) {
        return false;
    }
    ++counts_.kills;
    note_end_of(*journal_of(node));
    const bool needed = std::any_of(longest_.begin(), longest_.end(),
                                    [](Sequence one) { return one > Sequence(0); });
    if (!needed && chance(40)) {
        ++counts_.power_cuts;
        const unsigned kept = static_cast<unsigned>(below(101));
        others_[node - 1]->cut_power(
            [&](const std::string&, std::uint64_t) { return chance(kept); },
            below(ClusterNode::buffered_commits));
    } else {
        others_[node - 1]->kill();
    }
    router_.lose(node);
    return true;
}

bool Deployment::start_one() {
    const std::size_t node = 1 + below(nodes - 1);
    return !runs(node) && others_[node - 1]->start();
}

void Deployment::cut_tail() {
    const PartitionId partition = partition_number(below(lanes));
    const std::size_t size = cluster_->size(partition);
    const auto head = front_journal_->head(partition);
    for (const auto* journal : journals()) {
        if (*journal->head(partition) != *head || !journal->caught_up(partition)) {
            return;
        }
    }
    if (longest_[partition.value()] == Sequence(0) && !is_short(partition) && size > 1) {
        longest_[partition.value()] = head->next;
        cluster_->cut(partition, 1 + below(std::min(most_cut, size - 1)));
    }
}

/// Whether the topic lacks records that were accepted before its last cut, or that the bench has.
bool Deployment::is_short(PartitionId partition) const {
    journal::AcceptRule rule(partition, bench_->founding().hash, bench_->node_ca());
    for (const auto& stored : cluster_->stored(partition)) {
        if (const auto record = record::decode_record(*stored)) {
            static_cast<void>(rule.offer(record->leaf));
        }
    }
    return rule.head().next <
           std::max(longest_[partition.value()], front_journal_->head(partition)->next);
}

void Deployment::silence_one() {
    set_answering(true);
    cluster_->set_answering(partition_number(below(lanes)), false);
}

void Deployment::set_answering(bool answering) {
    for (std::size_t number = 0; number < lanes; ++number) {
        cluster_->set_answering(partition_number(number), answering);
    }
}

// ---- rest
// ---------------------------------------------------------------------------------------

void Deployment::calm() {
    calm_ = true;
    set_answering(true);
    cluster_->land_all();
    for (const auto& node : others_) {
        if (!node->runs()) {
            static_cast<void>(node->start());
        }
    }
    settle_ownership();
    pass(std::chrono::seconds(2));
}

bool Deployment::is_at_rest() const { return unrest().empty(); }

std::string Deployment::unrest() const {
    std::string out;
    for (std::size_t node = 0; node < nodes; ++node) {
        const std::string name = "node " + std::to_string(node);
        if (!runs(node)) {
            out += name + " is down; ";
            continue;
        }
        if (!(node == 0 ? bench_->is_folded() : others_[node - 1]->is_folded())) {
            out += name + " has not folded all; ";
        }
        for (std::size_t number = 0; number < lanes; ++number) {
            const PartitionId partition = partition_number(number);
            const auto& journal = *journal_of(node);
            const std::string lane = name + " partition " + std::to_string(number);
            if (!journal.caught_up(partition)) {
                out += lane + " has not read all: " + journal.failure(partition) + "; ";
            }
            if (wanted_[node].contains(partition) && !serves(node, partition)) {
                out += lane + " is not served; ";
            }
        }
    }
    for (std::size_t number = 0; number < lanes; ++number) {
        if (is_short(partition_number(number))) {
            out += "partition " + std::to_string(number) + " is short; ";
        }
    }
    return out;
}

void Deployment::expect_equal_nodes() {
    for (const auto& node : others_) {
        for (std::size_t number = 0; number < lanes; ++number) {
            const PartitionId partition = partition_number(number);
            EXPECT_TRUE(*node->journal().head(partition) == *front_journal_->head(partition))
                << "heads of partition " << number << " differ";
            EXPECT_EQ(node->journal().skipped(partition).count,
                      front_journal_->skipped(partition).count)
                << "skipped of partition " << number;
        }
        node->flush();
        expect_same_state(bench_->state_rows(), node->state_rows());
        expect_same_views(*bench_, node->tables());
    }
}

Deployment::Counts Deployment::counts() const {
    Counts out = counts_;
    out.cluster = cluster_->counts();
    out.on_delivery = on_delivery_ ? 1 : 0;
    for (const auto* journal : journals()) {
        out.relocations += journal->kafka_probe().relocations;
    }
    for (std::size_t number = 0; number < lanes; ++number) {
        out.skipped += front_journal_->skipped(partition_number(number)).count;
    }
    return out;
}

}  // namespace chopmark::test
