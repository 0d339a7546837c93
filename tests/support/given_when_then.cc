#include "tests/support/given_when_then.h"

#include "events/crypto/digest.h"

namespace chopmark::test {
namespace {

EventId event_id(std::uint64_t number) {
    Bytes text = "event";
    append_big_endian(text, number);
    return EventId(to_array<EventId::size>(crypto::sha256(text).bytes()));
}

}  // namespace

// Noon in Hong Kong on 1 July 2026.
CitizenStory::CitizenStory() : now_(Instant::from_seconds(1'782'878'400)) {}

CommandId CitizenStory::command_id() const {
    Bytes text = "command";
    append_big_endian(text, events_);
    return CommandId(crypto::sha256(text).array());
}

Context CitizenStory::context() {
    head_ = CommandHead();
    head_.id = command_id();
    head_.digest = crypto::sha256(head_.id.bytes());
    head_.issued_at = now_;
    head_.actor = actor;
    head_.channel = channel;
    return {{event_id(events_), now_}, control_, opened_, head_, &slot_, nullptr};
}

const citizen::CardHolder* CitizenStory::holder(const citizen::CardToken& card) const {
    const auto known = holders_.find(card);
    return known == holders_.end() ? nullptr : &known->second;
}

CitizenStory& CitizenStory::given_control(schema::Event event) {
    control::fold(control_, event, {event_id(events_++), now_});
    return *this;
}

EventId CitizenStory::given_event(schema::Event event) {
    return record(std::move(event), std::nullopt);
}

EventId CitizenStory::record(schema::Event event, const std::optional<citizen::CardToken>& card) {
    const record::Stamp stamp{event_id(events_), now_};
    citizen::State& state = accounts_[account_];
    auto& head = schema::link_head(event);
    head.set_account_id(account_.to_bytes());
    head.set_command_id(command_id().to_bytes());
    if (std::holds_alternative<schema::AccountRegistered>(event)) {
        const auto* known = card ? holder(*card) : nullptr;
        const KeyIndex index = known != nullptr
                                   ? known->key_index
                                   : *citizen::next_key_index(slot_, slot_of(account_));
        head.set_key_index(index.value());
    } else {
        head.set_key_index(state.account.key_index.value());
    }
    ++events_;
    citizen::fold(slot_, event, stamp);
    citizen::fold(state, event, stamp);
    if (card && std::holds_alternative<schema::AccountRegistered>(event)) {
        fold_into(holders_[*card], event, stamp);
    } else {
        for (auto& [token, known] : holders_) {
            fold_into(known, event, stamp);
        }
    }
    opened_.add(stamp.event_id, std::make_shared<const schema::Event>(std::move(event)));
    return stamp.event_id;
}

}  // namespace chopmark::test
