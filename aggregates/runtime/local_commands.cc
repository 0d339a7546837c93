#include "aggregates/runtime/local_commands.h"

#include "aggregates/runtime/executor_steps.h"

namespace chopmark::runtime {
namespace {

/// A citizen who changes what is being opened, again and again, is told to try later.
constexpr unsigned openings_at_most = 3;

}  // namespace

const LocalCommands::CitizenLane& LocalCommands::lane_of(Slot slot) const {
    const auto partitions = static_cast<std::uint16_t>(citizens_.size());
    return citizens_[partition_of(slot, partitions).value() - 1U];
}

/// What was just recorded is found at once, before the index has it: the caller may come back with
/// its code, its token or its secret in the next millisecond.
Answer LocalCommands::remembered(Answer answer) {
    return [this, answer = std::move(answer)](Result<Receipt> outcome) {
        if (outcome) {
            finder_.remember(*outcome);
        }
        answer(std::move(outcome));
    };
}

void LocalCommands::submit(const AccountId& account, citizen::Command command, CommandHead head,
                           Answer answer) {
    const auto card = citizen::card_shown_by(command);
    auto asked = std::make_shared<Asked>(
        Asked{{account, card, std::move(command)}, std::move(head), nullptr, 0});
    asked->answer = remembered(std::move(answer));
    send(asked, {});
}

void LocalCommands::send(const AskedPtr& asked, Opened opened) {
    auto taken = lane_of(slot_of(asked->command.account))
                     .executor.submit({asked->command, asked->head, std::move(opened),
                                       [this, asked](std::vector<EventId> sources) {
                                           open_sources(asked, std::move(sources));
                                       },
                                       asked->answer});
    if (!taken) {
        asked->answer(taken.error());
    }
}

void LocalCommands::open_sources(const AskedPtr& asked, std::vector<EventId> sources) {
    opened_sources_.fetch_add(1, std::memory_order_relaxed);
    if (++asked->openings > openings_at_most) {
        asked->answer(Error(evidence_stale));
        return;
    }
    const bool taken = work_.try_post([this, asked, sources = std::move(sources)] {
        auto opened = finder_.open(sources);
        if (opened) {
            send(asked, *std::move(opened));
        } else {
            asked->answer(opened.error());
        }
    });
    if (!taken) {
        asked->answer(Error(executor_busy));
    }
}

void LocalCommands::submit(control::Command command, CommandHead head, Answer answer) {
    auto taken = control_.submit(
        {std::move(command),
         std::move(head),
         {},
         [](const std::vector<EventId>&) { ensure(false, "control's commands name no sources"); },
         answer});
    if (!taken) {
        answer(taken.error());
    }
}

void LocalCommands::look(const AccountId& account, Seen seen) {
    const CitizenLane& lane = lane_of(slot_of(account));
    lane.executor.post(
        [&lane, account, seen = std::move(seen)] { seen(lane.domain.find(account)); });
}

void LocalCommands::look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) {
    const CitizenLane& lane = lane_of(slot);
    lane.executor.post(
        [&lane, slot, card, seen = std::move(seen)] { seen(lane.domain.find_holder(slot, card)); });
}

template class Executor<CitizenDomain>;
template class Executor<ControlDomain>;

}  // namespace chopmark::runtime
