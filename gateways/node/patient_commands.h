// The CommandService that callers of a node among several see: while a partition changes hands –
// its owner was stopped, or died, and the next is being found – what certainly was not recorded is
// asked again, for a while, so that nobody outside notices. A command keeps its id; an answer that
// may have become a record, and every refusal, goes to the caller at once. Bounded: who comes when
// too many wait gets the error as it is. What still waits when it goes is never answered. Safe from
// any thread; never blocks.
#pragma once

#include <chrono>
#include <mutex>
#include <vector>

#include "aggregates/runtime/command_service.h"

namespace chopmark::node {

class PatientCommands final : public runtime::CommandService {
  public:
    struct Options {
        /// From the first question on. Above the session after which a dead node's partitions are
        /// shared out, below what a front gives a handler.
        Duration patience = std::chrono::seconds(12);
        /// Between two questions: what a caller notices of a planned hand-over.
        Duration pause = std::chrono::milliseconds(25);
        std::size_t waiting = 8192;
    };

    /// `routed` must outlive it.
    PatientCommands(runtime::CommandService& routed, const Options& options)
        : routed_(routed), options_(options) {}

    /// As often as `pause`: asks again what is due.
    void tick();

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override;
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override;
    void look(const AccountId& account, Seen seen) override;
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override;

    struct Probe {
        std::uint64_t asked_again = 0;
        std::uint64_t given_up = 0;
        std::size_t waiting = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    using Moment = std::chrono::steady_clock::time_point;
    struct Waiting {
        Moment due;
        std::function<void()> again;
    };
    template <class Outcome, class Answer>
    void ask(std::shared_ptr<const std::function<void(Answer)>> question, Answer answer,
             Moment until);
    bool park(Waiting waiting, Moment until);

    runtime::CommandService& routed_;
    const Options options_;
    mutable std::mutex mutex_;
    std::vector<Waiting> waiting_;
    std::uint64_t asked_again_ = 0;
    std::uint64_t given_up_ = 0;
};

}  // namespace chopmark::node
