#include "tests/simulation/witness.h"

#include "events/core/ensure.h"

namespace chopmark::test {

runtime::CommandService& Witness::attach(runtime::CommandService& inner) {
    inner_ = &inner;
    ++life_;
    return *this;
}

void Witness::repeat(const AskedCommand& asked) {
    if (const auto* command = std::get_if<citizen::Command>(&asked.command)) {
        submit(asked.account, *command, asked.head, [](const auto&) {});
    } else {
        submit(std::get<control::Command>(asked.command), asked.head, [](const auto&) {});
    }
    asked_.back()->sent_elsewhere = asked.sent_elsewhere;
}

void Witness::submit(const AccountId& account, citizen::Command command, CommandHead head,
                     runtime::Answer answer) {
    auto noted = note({account, command, head, life_, false, std::nullopt}, std::move(answer));
    inner_->submit(account, std::move(command), std::move(head), std::move(noted));
}

void Witness::submit(control::Command command, CommandHead head, runtime::Answer answer) {
    auto noted = note({AccountId(), command, head, life_, false, std::nullopt}, std::move(answer));
    inner_->submit(std::move(command), std::move(head), std::move(noted));
}

void Witness::look(const AccountId& account, Seen seen) { inner_->look(account, std::move(seen)); }

void Witness::look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) {
    inner_->look_card(slot, card, std::move(seen));
}

runtime::Answer Witness::note(AskedCommand asked, runtime::Answer answer) {
    auto kept = std::make_shared<AskedCommand>(std::move(asked));
    asked_.push_back(kept);
    return [kept, answer = std::move(answer)](Result<runtime::Receipt> outcome) {
        ensure(!kept->outcome.has_value(), "a command is answered once");
        kept->outcome = outcome;
        answer(std::move(outcome));
    };
}

}  // namespace chopmark::test
