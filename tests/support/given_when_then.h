// Decisions of one citizen's slot told as stories over events: given what was recorded, when a
// command comes, then it becomes this event, or is refused for that reason. A story stands in for
// the citizen domain: it completes heads, folds what is recorded into all parts of the state that
// react, keeps the card index, and opens personal layers on request. Control is folded from
// control's own events. Time moves only by pass().
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "aggregates/citizen/citizen.h"
#include "aggregates/control/control.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::test {

/// What a decision came to.
class Told {
  public:
    explicit Told(Decision decision) : decision_(std::move(decision)) {}

    /// The event it became; a failure of the test, and an empty event, if it became something else.
    template <class E>
    E then() const {
        if (!decision_) {
            ADD_FAILURE() << "refused: " << to_string(decision_.error());
            return E();
        }
        if (!std::holds_alternative<E>(*decision_)) {
            ADD_FAILURE() << "became " << schema::info_of(*decision_).name;
            return E();
        }
        return std::get<E>(*decision_);
    }
    void then_refused(const Reason& reason) const {
        if (decision_) {
            ADD_FAILURE() << "became " << schema::info_of(*decision_).name
                          << ", not refused: " << reason.name;
            return;
        }
        EXPECT_EQ(decision_.error().reason.name, reason.name);
        EXPECT_EQ(decision_.error().kind(), reason.kind);
    }
    [[nodiscard]] const Decision& decision() const { return decision_; }

  private:
    Decision decision_;
};

class CitizenStory {
  public:
    CitizenStory();

    /// Records an event that is folded from now on; of control or of the account in focus.
    CitizenStory& given_control(schema::Event event);
    EventId given_event(schema::Event event);
    /// Decides a command, which must become an event, and records that.
    template <class Command>
    EventId given(const Command& command) {
        Decision decision = decide(command);
        if (!decision) {
            ADD_FAILURE() << "given, but refused: " << to_string(decision.error());
            return EventId();
        }
        return record(*std::move(decision), card_of_command(command));
    }

    template <class Command>
    [[nodiscard]] Told when(const Command& command) {
        return Told(decide(command));
    }

    void pass(Duration by) { now_ = now_ + by; }
    [[nodiscard]] Instant now() const { return now_; }
    /// Of the next command; evidence is bound to it.
    [[nodiscard]] CommandId command_id() const;
    /// Who is behind the next commands, and where they come in.
    Party actor;
    schema::Channel channel = schema::APP;

    [[nodiscard]] AccountId account() const { return account_; }
    void focus(const AccountId& account) { account_ = account; }
    [[nodiscard]] const citizen::State& state() { return accounts_[account_]; }
    [[nodiscard]] const citizen::SlotState& slot() const { return slot_; }
    [[nodiscard]] citizen::SlotState& slot() { return slot_; }
    [[nodiscard]] const control::State& control() const { return control_; }
    [[nodiscard]] const citizen::CardHolder* holder(const citizen::CardToken& card) const;
    [[nodiscard]] Context context();
    /// As if the personal layer of a source could not be had in time.
    void forget_opened() { opened_ = Opened(); }

  private:
    template <class Command>
    static std::optional<citizen::CardToken> card_of_command(const Command& command) {
        if constexpr (requires { citizen::card_of(command); }) {
            return citizen::card_of(command);
        } else {
            return std::nullopt;
        }
    }
    template <class Command>
    Decision decide(const Command& command) {
        if constexpr (std::same_as<Command, citizen::RegisterAccount>) {
            account_ = command.account;
        }
        const auto card = card_of_command(command);
        Context now = context();
        now.holder = card ? holder(*card) : nullptr;
        return citizen::decide(state(), command, now);
    }
    EventId record(schema::Event event, const std::optional<citizen::CardToken>& card);

    Instant now_;
    std::uint64_t events_ = 0;
    AccountId account_;
    std::map<AccountId, citizen::State> accounts_;
    citizen::SlotState slot_;
    std::map<citizen::CardToken, citizen::CardHolder> holders_;
    control::State control_;
    Opened opened_;
    CommandHead head_;
};

/// Folds an event into one part of a state, if that part reacts to it.
template <class Part>
void fold_into(Part& part, const schema::Event& event, const record::Stamp& stamp) {
    std::visit(
        [&](const auto& one) {
            if constexpr (requires { evolve(part, one, stamp); }) {
                evolve(part, one, stamp);
            }
        },
        event);
}

}  // namespace chopmark::test
