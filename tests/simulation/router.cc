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

template <class Outcome>
std::function<void(Outcome)> Router::hold(Queue<Outcome>& queue, std::size_t node,
                                          std::function<void(Outcome)> told) {
    std::erase_if(queue, [](const auto& one) { return one->told == nullptr; });
    queue.push_back(std::make_shared<Waiting<Outcome>>(Waiting<Outcome>{node, std::move(told)}));
    return [one = queue.back()](Outcome outcome) {
        if (const auto waiting = std::exchange(one->told, nullptr)) {
            waiting(std::move(outcome));
        }
    };
}

template <class Outcome>
void Router::lose(Queue<Outcome>& queue, std::size_t node) {
    const Queue<Outcome> asked = queue;
    for (const auto& one : asked) {
        if (one->node == node) {
            if (const auto told = std::exchange(one->told, nullptr)) {
                told(Error(outcome_unknown));
            }
        }
    }
}

void Router::lose(std::size_t node) {
    lose(commands_, node);
    lose(looks_, node);
    lose(card_looks_, node);
}

void Router::forget_all() {
    const auto forget = [](auto& queue) {
        for (const auto& one : queue) {
            one->told = nullptr;
        }
        queue.clear();
    };
    forget(commands_);
    forget(looks_);
    forget(card_looks_);
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
    answer = hold(commands_, way.node, std::move(answer));
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
    way.commands->look(account, hold(looks_, way.node, std::move(seen)));
}

void Router::look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) {
    const Way way = for_looks_(home_of(slot));
    if (way.commands == nullptr) {
        seen(Error(unreachable));
        return;
    }
    way.commands->look_card(slot, card, hold(card_looks_, way.node, std::move(seen)));
}

}  // namespace chopmark::test
