// The CommandService of a node that owns all partitions: hands each command to the executor of its
// slot, opens in the work pool what the decision misses, and lets the event finder see what was
// accepted. Everything given to it must outlive it.
#pragma once

#include <atomic>
#include <vector>

#include "aggregates/runtime/citizen_domain.h"
#include "aggregates/runtime/command_service.h"
#include "aggregates/runtime/control_domain.h"
#include "aggregates/runtime/event_finder.h"
#include "events/core/strand.h"

namespace chopmark::runtime {

extern template class Executor<CitizenDomain>;
extern template class Executor<ControlDomain>;

class LocalCommands final : public CommandService {
  public:
    struct CitizenLane {
        Executor<CitizenDomain>& executor;
        CitizenDomain& domain;
    };

    /// `citizens` by partition, from 1 on.
    LocalCommands(Executor<ControlDomain>& control, std::vector<CitizenLane> citizens,
                  EventFinder& finder, WorkPool& work)
        : control_(control), citizens_(std::move(citizens)), finder_(finder), work_(work) {}

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                Answer answer) override;
    void submit(control::Command command, CommandHead head, Answer answer) override;
    void look(const AccountId& account, Seen seen) override;
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override;

    /// Times that a decision waited for its sources.
    [[nodiscard]] std::uint64_t opened_sources() const { return opened_sources_.load(); }

  private:
    struct Asked {
        citizen::AddressedCommand command;
        CommandHead head;
        Answer answer;
        unsigned openings = 0;
    };
    using AskedPtr = std::shared_ptr<Asked>;

    Answer remembered(Answer answer);
    void send(const AskedPtr& asked, Opened opened);
    void open_sources(const AskedPtr& asked, std::vector<EventId> sources);
    [[nodiscard]] const CitizenLane& lane_of(Slot slot) const;

    Executor<ControlDomain>& control_;
    std::vector<CitizenLane> citizens_;
    EventFinder& finder_;
    WorkPool& work_;
    std::atomic<std::uint64_t> opened_sources_{0};
};

}  // namespace chopmark::runtime
