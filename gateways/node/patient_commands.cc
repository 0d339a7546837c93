#include "gateways/node/patient_commands.h"

#include <algorithm>
#include <iterator>

#include "events/journal/journal.h"
#include "gateways/node/options.h"

namespace chopmark::node {
namespace {

/// Certainly not recorded, and another owner may be found, or the same one hear of control again.
bool passes(const Error& error) {
    return error == runtime::not_serving || error == runtime::term_lost ||
           error == runtime::basis_stale || error == journal::term_ended || error == unreachable;
}

}  // namespace

/// False: not taken, too late or too many.
bool PatientCommands::park(Waiting waiting, Moment until) {
    waiting.due = std::chrono::steady_clock::now() + options_.pause;
    const std::lock_guard lock(mutex_);
    if (waiting.due >= until || waiting_.size() >= options_.waiting) {
        ++given_up_;
        return false;
    }
    waiting_.push_back(std::move(waiting));
    return true;
}

void PatientCommands::tick() {
    const Moment now = std::chrono::steady_clock::now();
    std::vector<Waiting> due;
    {
        const std::lock_guard lock(mutex_);
        const auto later = std::partition(waiting_.begin(), waiting_.end(),
                                          [now](const Waiting& one) { return one.due <= now; });
        std::move(waiting_.begin(), later, std::back_inserter(due));
        waiting_.erase(waiting_.begin(), later);
        asked_again_ += due.size();
    }
    for (const Waiting& one : due) {
        one.again();
    }
}

template <class Outcome, class Answer>
void PatientCommands::ask(std::shared_ptr<const std::function<void(Answer)>> question,
                          Answer answer, Moment until) {
    (*question)([this, question, answer, until](Outcome outcome) {
        if (outcome || !passes(outcome.error())) {
            answer(std::move(outcome));
            return;
        }
        const bool parked =
            park({{}, [this, question, answer, until] { ask<Outcome>(question, answer, until); }},
                 until);
        if (!parked) {
            answer(std::move(outcome));
        }
    });
}

void PatientCommands::submit(const AccountId& account, citizen::Command command, CommandHead head,
                             runtime::Answer answer) {
    auto question = std::make_shared<const std::function<void(runtime::Answer)>>(
        [this, account, command = std::move(command),
         head = std::move(head)](runtime::Answer answered) {
            routed_.submit(account, command, head, std::move(answered));
        });
    ask<Result<runtime::Receipt>>(std::move(question), std::move(answer),
                                  std::chrono::steady_clock::now() + options_.patience);
}

void PatientCommands::submit(control::Command command, CommandHead head, runtime::Answer answer) {
    auto question = std::make_shared<const std::function<void(runtime::Answer)>>(
        [this, command = std::move(command), head = std::move(head)](runtime::Answer answered) {
            routed_.submit(command, head, std::move(answered));
        });
    ask<Result<runtime::Receipt>>(std::move(question), std::move(answer),
                                  std::chrono::steady_clock::now() + options_.patience);
}

void PatientCommands::look(const AccountId& account, Seen seen) {
    auto question = std::make_shared<const std::function<void(Seen)>>(
        [this, account](Seen answered) { routed_.look(account, std::move(answered)); });
    ask<Result<std::shared_ptr<const citizen::State>>>(
        std::move(question), std::move(seen), std::chrono::steady_clock::now() + options_.patience);
}

void PatientCommands::look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) {
    auto question = std::make_shared<const std::function<void(HolderSeen)>>(
        [this, slot, card](HolderSeen answered) {
            routed_.look_card(slot, card, std::move(answered));
        });
    ask<Result<std::shared_ptr<const citizen::CardHolder>>>(
        std::move(question), std::move(seen), std::chrono::steady_clock::now() + options_.patience);
}

PatientCommands::Probe PatientCommands::probe() const {
    const std::lock_guard lock(mutex_);
    return {asked_again_, given_up_, waiting_.size()};
}

}  // namespace chopmark::node
