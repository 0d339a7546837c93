#include "aggregates/citizen/account.h"

#include "aggregates/citizen/account_register.h"
#include "aggregates/citizen/draft.h"
#include "aggregates/citizen/state.h"
#include "aggregates/citizen/testimony.h"
#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

/// An event about an account that stands, on somebody's word.
template <class E, class By>
E concerning(const State& state, const By& by, const Context& context,
             std::string_view reason = {}) {
    auto event = draft<E>(context, schema::DONE);
    event.mutable_leaf()->mutable_head()->set_reason(std::string(reason));
    if constexpr (requires { event.mutable_link()->set_person_id(Bytes()); }) {
        event.mutable_link()->set_person_id(state.account.person.to_bytes());
    }
    testify(event, by, context);
    return event;
}

Decision decide_one(const State& state, const RegisterAccount& command, const Context& context) {
    return decide_registration(state, command, context);
}

Decision decide_one(const State& state, const UpgradeAccount& command, const Context& context) {
    return decide_upgrade(state, command, context);
}

bool may_suspend(const SuspendAccount& command) {
    if (std::holds_alternative<DeviceProof>(command.by)) {
        return command.reason == Suspension::citizen_wish;
    }
    if (std::holds_alternative<AlertOrder>(command.by)) {
        return command.reason == Suspension::alert_response;
    }
    return command.reason == Suspension::citizen_wish ||
           command.reason == Suspension::device_lost ||
           command.reason == Suspension::fraud_suspected;
}

Decision decide_one(const State& state, const SuspendAccount& command, const Context& context) {
    CHOPMARK_TRY(check_stands(state));
    if (state.account.status == AccountStatus::suspended) {
        return account_already_suspended;
    }
    if (!may_suspend(command)) {
        return account_not_permitted;
    }
    CHOPMARK_TRY(check(state, command.by, context));
    return concerning<schema::AccountSuspended>(state, command.by, context,
                                                reason_name(command.reason));
}

bool may_resume(Suspension why, const ResumeAccount& command) {
    if (std::holds_alternative<StaffOrder>(command.by)) {
        return true;
    }
    return why == Suspension::citizen_wish ||
           (why == Suspension::device_lost && std::holds_alternative<AtTerminal>(command.by));
}

Decision decide_one(const State& state, const ResumeAccount& command, const Context& context) {
    CHOPMARK_TRY(check_stands(state));
    if (state.account.status != AccountStatus::suspended) {
        return account_not_suspended;
    }
    if (!may_resume(state.account.suspension, command)) {
        return account_not_permitted;
    }
    CHOPMARK_TRY(check(state, command.by, context));
    return concerning<schema::AccountResumed>(state, command.by, context);
}

Decision decide_one(const State& state, const CloseAccount& command, const Context& context) {
    CHOPMARK_TRY(check_stands(state));
    if (!std::holds_alternative<StaffOrder>(command.by)) {
        if (command.reason != Closure::citizen_wish) {
            return account_not_permitted;
        }
        CHOPMARK_TRY(check_active(state));
    }
    CHOPMARK_TRY(check(state, command.by, context));
    return concerning<schema::AccountClosed>(state, command.by, context,
                                             reason_name(command.reason));
}

Decision decide_one(const State& state, const SetPassword& command, const Context& context) {
    CHOPMARK_TRY(check_active(state));
    CHOPMARK_TRY(check(state, command.by, context));
    // Else whoever took a phone over would also take what a further take-over asks for.
    const auto* proof = std::get_if<DeviceProof>(&command.by);
    if (proof != nullptr && cooling_off(state, proof->device, context.stamp.recorded_at)) {
        return device_cooling_off;
    }
    return concerning<schema::PasswordSet>(state, command.by, context);
}

Decision decide_one(const State& state, const EraseSubject& command, const Context& context) {
    if (state.account.status == AccountStatus::none) {
        return account_unknown;
    }
    if (state.account.status == AccountStatus::erased) {
        return account_erased;
    }
    // Erasing takes the person's keys: by the account that stands, or it would be left without.
    if (context.holder != nullptr && context.holder->account != state.account.id) {
        return account_closed;
    }
    const control::Erasure* order = control::find_erasure(context.control, command.order);
    if (order == nullptr || order->standing != control::ErasureStanding::approved ||
        order->person != state.account.person) {
        return account_erasure_not_ordered;
    }
    auto event = draft<schema::SubjectErased>(context, schema::DONE);
    auto& leaf = *event.mutable_leaf();
    leaf.set_subject_hash(
        control::subject_hash(view(command.salt), state.account.key_index).to_bytes());
    for (const schema::Retention retention : order->classes) {
        leaf.add_classes(retention);
    }
    leaf.set_epoch(order->epoch);
    auto& link = *event.mutable_link();
    link.set_order_id(order->id.to_bytes());
    link.set_subject_salt(Bytes(view(command.salt)));
    link.set_person_id(order->person.to_bytes());
    link.add_staff_ids(order->ordered_by);
    link.add_staff_ids(order->approved_by);
    link.set_purpose(order->basis);
    return event;
}

Suspension suspension_of(std::string_view name) {
    for (const Suspension reason : {Suspension::citizen_wish, Suspension::device_lost,
                                    Suspension::fraud_suspected, Suspension::alert_response}) {
        if (reason_name(reason) == name) {
            return reason;
        }
    }
    return Suspension::fraud_suspected;  // a reason of later software: for staff to lift
}

std::optional<CommandId> command_of(const schema::LinkHead& head) {
    return CommandId::from_bytes(head.command_id());
}

}  // namespace

std::string_view reason_name(Suspension reason) {
    switch (reason) {
        case Suspension::none:
            break;
        case Suspension::citizen_wish:
            return "account.citizen_wish";
        case Suspension::device_lost:
            return "account.device_lost";
        case Suspension::fraud_suspected:
            return "account.fraud_suspected";
        case Suspension::alert_response:
            return "account.alert_response";
    }
    return {};
}

std::string_view reason_name(Closure reason) {
    switch (reason) {
        case Closure::citizen_wish:
            return "account.citizen_wish";
        case Closure::deceased:
            return "account.deceased";
        case Closure::fraud_confirmed:
            return "account.fraud_confirmed";
        case Closure::registered_wrongly:
            return "account.registered_wrongly";
    }
    return {};
}

Decision decide(const State& state, const AccountCommand& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

std::vector<EventId> sources(const State&, const AccountCommand& command,
                             const CardHolder* holder) {
    if (std::holds_alternative<RegisterAccount>(command) && holder != nullptr) {
        return {holder->pairwise_source};
    }
    return {};
}

std::optional<CardToken> card_of(const AccountCommand& command) {
    return std::visit(
        [](const auto& one) -> std::optional<CardToken> {
            if constexpr (requires { one.card; }) {
                return one.card.token;
            } else if constexpr (requires { visitor(one.by); }) {
                return visitor(one.by);
            } else {
                return std::nullopt;
            }
        },
        command);
}

void evolve(AccountState& state, const schema::AccountRegistered& event,
            const record::Stamp& stamp) {
    const auto& link = event.link();
    state = AccountState();
    state.status = AccountStatus::active;
    state.id = AccountId::from_bytes(link.head().account_id()).value_or(AccountId());
    state.person = PersonId::from_bytes(link.person_id()).value_or(PersonId());
    state.key_index = KeyIndex(link.head().key_index());
    state.grade = event.leaf().grade();
    state.channel = event.leaf().head().channel();
    state.registered_by = stamp.event_id;
    state.card_source = stamp.event_id;
    state.registered_at = stamp.recorded_at;
    state.changed_at = stamp.recorded_at;
    if (link.password_set()) {
        state.password_verifier = command_of(link.head());
    }
}

void evolve(AccountState& state, const schema::AccountUpgraded& event, const record::Stamp& stamp) {
    state.grade = event.leaf().grade();
    state.card_source = stamp.event_id;
    state.changed_at = stamp.recorded_at;
    if (event.link().password_set()) {
        state.password_verifier = command_of(event.link().head());
    }
}

void evolve(AccountState& state, const schema::AccountSuspended& event,
            const record::Stamp& stamp) {
    if (state.status == AccountStatus::active) {
        state.status = AccountStatus::suspended;
        state.suspension = suspension_of(event.leaf().head().reason());
        state.changed_at = stamp.recorded_at;
    }
}

void evolve(AccountState& state, const schema::AccountResumed&, const record::Stamp& stamp) {
    if (state.status == AccountStatus::suspended) {
        state.status = AccountStatus::active;
        state.suspension = Suspension::none;
        state.changed_at = stamp.recorded_at;
    }
}

void evolve(AccountState& state, const schema::AccountClosed&, const record::Stamp& stamp) {
    if (state.status == AccountStatus::active || state.status == AccountStatus::suspended) {
        state.status = AccountStatus::closed;
        state.suspension = Suspension::none;
        state.password_verifier.reset();
        state.changed_at = stamp.recorded_at;
    }
}

void evolve(AccountState& state, const schema::PasswordSet& event, const record::Stamp&) {
    state.password_verifier = command_of(event.link().head());
}

/// What is left refuses further commands; the row itself goes with the erasure.
void evolve(AccountState& state, const schema::SubjectErased&, const record::Stamp& stamp) {
    const AccountId id = state.id;
    state = AccountState();
    state.status = AccountStatus::erased;
    state.id = id;
    state.changed_at = stamp.recorded_at;
}

Result<void> check_stands(const State& state) {
    switch (state.account.status) {
        case AccountStatus::none:
            return account_unknown;
        case AccountStatus::closed:
            return account_closed;
        case AccountStatus::erased:
            return account_erased;
        case AccountStatus::active:
        case AccountStatus::suspended:
            break;
    }
    return {};
}

Result<void> check_active(const State& state) {
    CHOPMARK_TRY(check_stands(state));
    if (state.account.status == AccountStatus::suspended) {
        return account_suspended;
    }
    return {};
}

}  // namespace chopmark::citizen
