// A CommandService that stands before another and hands on what it is asked; tests derive from it
// what they let happen on the way. As safe from threads as what it stands before.
#pragma once

#include "tests/support/gateway_bench.h"

namespace chopmark::test {

class ForwardingCommands : public runtime::CommandService {
  public:
    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override {
        behind_->submit(account, std::move(command), std::move(head), std::move(answer));
    }
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override {
        behind_->submit(std::move(command), std::move(head), std::move(answer));
    }
    void look(const AccountId& account, Seen seen) override {
        behind_->look(account, std::move(seen));
    }
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override {
        behind_->look_card(slot, card, std::move(seen));
    }

    /// A node whose gateways ask this service; it must outlive the node.
    GatewayBench::Options between() {
        GatewayBench::Options options;
        options.between = [this](runtime::CommandService& behind) -> runtime::CommandService& {
            behind_ = &behind;
            return *this;
        };
        return options;
    }

  private:
    runtime::CommandService* behind_ = nullptr;
};

}  // namespace chopmark::test
