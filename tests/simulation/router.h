// What nodes forward commands by: hands each to a node of its partition and brings the answer back.
// A node that dies answers nothing: then the caller is told that the outcome is unknown. Who asked
// may die first; then nobody is told anything. One thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "aggregates/runtime/command_service.h"

namespace chopmark::test {

class Router final : public runtime::CommandService {
  public:
    struct Way {
        std::size_t node = 0;
        runtime::CommandService* commands = nullptr;  // null: it does not run
    };
    /// Where a command for a partition, and where a look at its states goes.
    using Choose = std::function<Way(PartitionId)>;
    Router(std::uint16_t citizen_partitions, Choose for_commands, Choose for_looks);

    /// The node is dead.
    void lose(std::size_t node);
    /// Those who asked are.
    void forget_all();
    /// Whether a command was given to more than one node.
    [[nodiscard]] bool went_astray(const CommandId& id) const;

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override;
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override;
    void look(const AccountId& account, Seen seen) override;
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override;

  private:
    /// Of a command, or of a look.
    template <class Outcome>
    struct Waiting {
        std::size_t node;
        std::function<void(Outcome)> told;  // empty: answered, or of no use any more
    };
    template <class Outcome>
    using Queue = std::vector<std::shared_ptr<Waiting<Outcome>>>;

    template <class Outcome>
    static std::function<void(Outcome)> hold(Queue<Outcome>& queue, std::size_t node,
                                             std::function<void(Outcome)> told);
    template <class Outcome>
    static void lose(Queue<Outcome>& queue, std::size_t node);
    runtime::CommandService* way_of(PartitionId partition, const CommandHead& head,
                                    runtime::Answer& answer);
    [[nodiscard]] PartitionId home_of(Slot slot) const;

    const std::uint16_t partitions_;
    const Choose for_commands_;
    const Choose for_looks_;
    Queue<Result<runtime::Receipt>> commands_;
    Queue<Result<std::shared_ptr<const citizen::State>>> looks_;
    Queue<Result<std::shared_ptr<const citizen::CardHolder>>> card_looks_;
    std::map<CommandId, std::set<std::size_t>> ways_;
};

}  // namespace chopmark::test
