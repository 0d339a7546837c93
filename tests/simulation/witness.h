// Stands between the gateways and the executors of a simulated node and keeps every command with
// what it was answered, so that the same command can be sent again – as it was, under its id – and
// the answers compared with each other and with the log. What a killed node never answered stays
// open for ever. One thread.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "aggregates/runtime/command_service.h"

namespace chopmark::test {

struct AskedCommand {
    AccountId account;
    std::variant<citizen::Command, control::Command> command;
    CommandHead head;
    unsigned life = 0;            // of the node, from 1 on
    bool sent_elsewhere = false;  // another node was given it too, and may have recorded it
    std::optional<Result<runtime::Receipt>> outcome;
};
using AskedCommandPtr = std::shared_ptr<AskedCommand>;

class Witness final : public runtime::CommandService {
  public:
    /// A node has come up; everything goes to its commands from now on.
    runtime::CommandService& attach(runtime::CommandService& inner);
    /// Some node has died, and with it what it remembered of refusals.
    void begin_life() { ++life_; }
    /// The same command once more.
    void repeat(const AskedCommand& asked);

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override;
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override;
    void look(const AccountId& account, Seen seen) override;
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override;

    [[nodiscard]] const std::vector<AskedCommandPtr>& asked() const { return asked_; }
    [[nodiscard]] unsigned life() const { return life_; }

  private:
    runtime::Answer note(AskedCommand asked, runtime::Answer answer);

    runtime::CommandService* inner_ = nullptr;
    unsigned life_ = 0;
    std::vector<AskedCommandPtr> asked_;
};

}  // namespace chopmark::test
