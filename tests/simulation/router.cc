#include "tests/simulation/router.h"

namespace chopmark::test {
namespace {

constexpr Reason unreachable{"router.unreachable", Kind::unavailable};
constexpr Reason outcome_unknown{"router.outcome_unknown", Kind::unavailable};

}  // namespace

Router::Router(std::uint16_t citizen_partitions, Choose for_commands, Choose for_looks)
    : partitions_(citizen_partitions),
      for_commands_(std::move(for_commands)),
      for_looks_(std::move(for_looks)) {}

void Router::lose(std::size_t node) {
    for (const auto& one : std::exchange(waiting_, {})) {
        if (one->node != node) {
            waiting_.push_back(one);
        } else if (const auto answer = std::exchange(one->answer, nullptr)) {
            answer(Error(outcome_unknown));
        }
    }
}

void Router::forget_all() {
    for (const auto& one : std::exchange(waiting_, {})) {
        one->answer = nullptr;
    }
    *std::exchange(asking_, std::make_shared<bool>(true)) = false;
}

bool Router::went_astray(const CommandId& id) const {
    const auto found = ways_.find(id);
    return found != ways_.end() && found->second.size() > 1;
}

PartitionId Router::home_of(Slot slot) const { return partition_of(slot, partitions_); }

runtime::CommandService* Router::way_of(PartitionId partition, const CommandHead& head,
                                        runtime::Answer& answer) {
    const Way way = for_commands_(partition);
    if (way.commands == nullptr) {
        answer(Error(unreachable));
        return nullptr;
    }
    ways_[head.id].insert(way.node);
    std::erase_if(waiting_, [](const auto& one) { return one->answer == nullptr; });
    waiting_.push_back(std::make_shared<Waiting>(Waiting{way.node, std::move(answer)}));
    answer = [one = waiting_.back()](Result<runtime::Receipt> outcome) {
        if (const auto waiting = std::exchange(one->answer, nullptr)) {
            waiting(std::move(outcome));
        }
    };
    return way.commands;
}

void Router::submit(const AccountId& account, citizen::Command command, CommandHead head,
                    runtime::Answer answer) {
    if (auto* commands = way_of(home_of(slot_of(account)), head, answer)) {
        commands->submit(account, std::move(command), std::move(head), std::move(answer));
    }
}

void Router::submit(control::Command command, CommandHead head, runtime::Answer answer) {
    if (auto* commands = way_of(control_partition, head, answer)) {
        commands->submit(std::move(command), std::move(head), std::move(answer));
    }
}

void Router::look(const AccountId& account, Seen seen) {
    const Way way = for_looks_(home_of(slot_of(account)));
    if (way.commands == nullptr) {
        seen(Error(unreachable));
        return;
    }
    way.commands->look(account, [asking = asking_, seen = std::move(seen)](auto state) {
        if (*asking) {
            seen(std::move(state));
        }
    });
}

void Router::look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) {
    const Way way = for_looks_(home_of(slot));
    if (way.commands == nullptr) {
        seen(Error(unreachable));
        return;
    }
    way.commands->look_card(slot, card, [asking = asking_, seen = std::move(seen)](auto holder) {
        if (*asking) {
            seen(std::move(holder));
        }
    });
}

}  // namespace chopmark::test
