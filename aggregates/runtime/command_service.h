// Where every command goes: to the executor of its partition. Gateways, timers and follow-ups hold
// this port and nothing of the executors behind it. A command that needs personal layers opened
// gets them opened in the work pool; one whose evidence went stale while it waited is tried once
// more on what is current. Safe from any thread; never blocks.
#pragma once

#include "aggregates/citizen/citizen.h"
#include "aggregates/control/control.h"
#include "aggregates/runtime/receipt.h"

namespace chopmark::runtime {

class CommandService {
  public:
    virtual ~CommandService() = default;

    /// `answer` is called once, on a strand: it MUST NOT block. executor.busy,
    /// executor.not_serving, executor.basis_stale, executor.term_lost, the refusals of the nouns
    /// and of idempotency. The card that a command shows is found by the service.
    virtual void submit(const AccountId& account, citizen::Command command, CommandHead head,
                        Answer answer) = 0;
    virtual void submit(control::Command command, CommandHead head, Answer answer) = 0;

    using Seen = std::function<void(Result<std::shared_ptr<const citizen::State>>)>;
    /// The accepted state of an account as its executor has it, on that executor's strand; null for
    /// an unknown account.
    virtual void look(const AccountId& account, Seen seen) = 0;

    using HolderSeen = std::function<void(Result<std::shared_ptr<const citizen::CardHolder>>)>;
    /// Who holds a card, by its slot; null for nobody. For a citizen who comes with the card alone:
    /// MUST NOT be asked before the card was shown to be genuine.
    virtual void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) = 0;
};

}  // namespace chopmark::runtime
