// Decisions of control told as stories over events: given what was recorded, when a member of staff
// or the platform orders something, then it becomes this event or is refused. Folds what is
// recorded as control's domain does. Time moves only by pass().
#pragma once

#include "tests/support/control_bench.h"
#include "tests/support/given_when_then.h"

namespace chopmark::test {

class ControlStory {
  public:
    /// Two people of each role: the first of each is who acts if nothing else is said.
    ControlStory() {
        for (const auto role : {schema::STAFF_ROLE_ADMINISTRATOR, schema::STAFF_ROLE_AUDITOR,
                                schema::STAFF_ROLE_SECURITY, schema::STAFF_ROLE_PRIVACY_OFFICER,
                                schema::STAFF_ROLE_SUPPORT}) {
            for (const unsigned number : {1U, 2U}) {
                schema::StaffEnrolled event;
                const Bytes key = key_of(role, number);
                event.mutable_link()->set_staff_id(control::staff_id_of(key).to_bytes());
                event.mutable_link()->set_public_key(key);
                event.mutable_link()->add_roles(role);
                fold(event);
            }
        }
        by(schema::STAFF_ROLE_ADMINISTRATOR);
        in(schema::SANDBOX);
    }

    static Bytes key_of(schema::StaffRole role, unsigned number) {
        return key_named(std::to_string(role) + "/" + std::to_string(number));
    }
    static StaffId member(schema::StaffRole role, unsigned number = 1) {
        return control::staff_id_of(key_of(role, number));
    }

    ControlStory& by(schema::StaffRole role, unsigned number = 1) {
        actor_ = {schema::Party::STAFF_MEMBER, member(role, number).to_bytes()};
        return *this;
    }
    /// Of a deployment of that kind; a sandbox otherwise.
    ControlStory& in(schema::Environment environment) {
        state_.environment = environment;
        return *this;
    }
    ControlStory& by_timer() {
        actor_ = {schema::Party::TIMER, {}};
        return *this;
    }
    ControlStory& by_node() {
        actor_ = {schema::Party::NODE, Bytes(16, 'n')};
        return *this;
    }
    void pass(Duration by) { now_ = now_ + by; }
    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] const control::State& state() const { return state_; }

    /// `command` is a noun's, e.g. EnrolTerminal.
    [[nodiscard]] Told when(const auto& command) { return Told(decide(command)); }
    /// Must become an event, which is recorded.
    schema::Event given(const auto& command) {
        Decision decision = decide(command);
        if (!decision) {
            ADD_FAILURE() << "given, but refused: " << to_string(decision.error());
            return {};
        }
        fold(*decision);
        return *std::move(decision);
    }
    /// As it is, past any decision.
    void fold_event(schema::Event event) { fold(std::move(event)); }
    /// By nobody but the rule: every role but the named one is refused.
    void only(schema::StaffRole permitted, const auto& command, const Reason& refusal) {
        for (const auto role : {schema::STAFF_ROLE_ADMINISTRATOR, schema::STAFF_ROLE_AUDITOR,
                                schema::STAFF_ROLE_SECURITY, schema::STAFF_ROLE_PRIVACY_OFFICER,
                                schema::STAFF_ROLE_SUPPORT}) {
            if (role != permitted) {
                by(role).when(command).then_refused(refusal);
            }
        }
        by(permitted);
    }

  private:
    Decision decide(const auto& command) {
        head_ = CommandHead();
        head_.actor = head_.caller = actor_;
        head_.issued_at = now_;
        return control::decide(state_, command,
                               {{event_id(), now_}, state_, opened_, head_, nullptr, nullptr});
    }
    void fold(schema::Event event) {
        *schema::link_head(event).mutable_actor() = actor_.to_schema();
        control::fold(state_, event, {event_id(), now_});
        ++events_;
    }
    [[nodiscard]] EventId event_id() const {
        Bytes bytes(8, '\0');
        append_big_endian(bytes, events_);
        return *EventId::from_bytes(bytes);
    }

    Instant now_ = Instant::from_seconds(1'782'878'400);
    std::uint64_t events_ = 1;
    Party actor_;
    control::State state_;
    Opened opened_;
    CommandHead head_;
};

}  // namespace chopmark::test
