#include "aggregates/control/cut.h"

#include <algorithm>

#include "aggregates/control/state.h"

namespace chopmark::control {
namespace {

template <class E>
E platform_event() {
    E event;
    event.mutable_leaf()->mutable_head()->set_outcome(schema::DONE);
    return event;
}

Decision decide_one(const State& state, const RecordCut& command, const Context&) {
    const auto& sizes = state.cuts.sizes;
    bool grown = false;
    auto event = platform_event<schema::CutRecorded>();
    event.mutable_leaf()->set_number(state.cuts.number + 1);
    for (const PartitionRoot& partition : command.partitions) {
        const auto known = sizes.find(partition.partition);
        const std::uint64_t before = known == sizes.end() ? 0 : known->second;
        if (partition.size < before) {
            return cut_shrinks;
        }
        if (partition.size == before) {
            continue;
        }
        // The last cut itself made control one record longer.
        const bool own_cut =
            partition.partition == control_partition && before > 0 && partition.size == before + 1;
        grown = grown || !own_cut;
        auto& root = *event.mutable_leaf()->add_partitions();
        root.set_partition(partition.partition.value());
        root.set_size(partition.size);
        root.set_root(partition.root.to_bytes());
    }
    if (!grown) {
        return cut_no_growth;
    }
    return event;
}

Decision decide_one(const State&, const CountRefusals& command, const Context&) {
    auto event = platform_event<schema::RefusalsCounted>();
    event.mutable_leaf()->set_minute_us(command.minute.micros());
    event.mutable_leaf()->set_total(command.total);
    std::uint64_t listed = 0;
    for (const RefusalCount& count : command.counts) {
        auto& row = *event.mutable_link()->add_counts();
        row.set_reason(count.reason);
        *row.mutable_network() = count.network;
        row.set_client_id(count.client_id);
        row.set_count(count.count);
        listed += count.count;
    }
    event.mutable_leaf()->set_remainder(command.total - std::min(listed, command.total));
    return event;
}

Decision decide_one(const State& state, const ExpirePeriod& command, const Context&) {
    if (state.cuts.expired.contains(
            {static_cast<std::uint8_t>(command.retention), command.period})) {
        return period_expired_already;
    }
    auto event = platform_event<schema::PeriodExpired>();
    event.mutable_leaf()->set_expired_class(command.retention);
    event.mutable_leaf()->set_expired_period(command.period);
    return event;
}

/// A node's word about its own key file: every node has epochs of its own, in no common order.
bool is_own(const OpenKeyEpoch& command, const Context& context) {
    return command.nodes.size() == 1 && context.command.actor.kind == schema::Party::NODE &&
           context.command.actor.id == command.nodes.front().bytes();
}

Decision decide_one(const State& state, const OpenKeyEpoch& command, const Context& context) {
    const bool follows = is_own(command, context) ? command.epoch > command.destroyed_epoch
                                                  : command.epoch > state.cuts.epoch;
    if (!follows) {
        return epoch_not_next;
    }
    auto event = platform_event<schema::KeyEpochOpened>();
    event.mutable_leaf()->set_epoch(command.epoch);
    event.mutable_leaf()->set_destroyed_epoch(command.destroyed_epoch);
    event.mutable_leaf()->set_nodes(static_cast<std::uint32_t>(command.nodes.size()));
    for (const NodeId& node : command.nodes) {
        event.mutable_link()->add_node_ids(node.to_bytes());
    }
    return event;
}

}  // namespace

Decision decide(const State& state, const PlatformCommand& command, const Context& context) {
    const auto actor = context.command.actor.kind;
    if (actor != schema::Party::NODE && actor != schema::Party::TIMER) {
        return platform_only;
    }
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void evolve(State& state, const schema::CutRecorded& event, const record::Stamp&) {
    state.cuts.number = event.leaf().number();
    for (const auto& partition : event.leaf().partitions()) {
        state.cuts.sizes[PartitionId(static_cast<std::uint16_t>(partition.partition()))] =
            partition.size();
    }
}

void evolve(State& state, const schema::PeriodExpired& event, const record::Stamp&) {
    state.cuts.expired.emplace(static_cast<std::uint8_t>(event.leaf().expired_class()),
                               event.leaf().expired_period());
}

void evolve(State& state, const schema::KeyEpochOpened& event, const record::Stamp&) {
    const auto& link = event.link();
    const bool own = link.node_ids_size() == 1 && link.node_ids(0) == link.head().actor().id();
    if (!own) {
        state.cuts.epoch = event.leaf().epoch();
    }
}

}  // namespace chopmark::control
