#include "aggregates/citizen/slot.h"

#include <algorithm>

#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

constexpr std::uint32_t largest_serial = (1U << 24) - 1;

Bytes key_of(AttemptParty party, ByteView token) {
    Bytes key(1, static_cast<char>(party));
    return key.append(token.substr(0, limits::attempt_token_bytes));
}

bool is_over(const Bytes& key, const AttemptTally& tally, Instant now) {
    return tally.since + attempt_window(static_cast<AttemptParty>(key.front())) <= now;
}

bool is_live(const std::pair<const Bytes, AttemptTally>& entry, Instant now) {
    return !is_over(entry.first, entry.second, now);
}

void count(SlotState& state, AttemptParty party, ByteView token, Instant now) {
    if (token.empty()) {
        return;
    }
    const Bytes key = key_of(party, token);
    const auto known = state.attempts.find(key);
    if (known != state.attempts.end()) {
        ++known->second.count;
    } else if (state.attempts.size() < limits::attempt_parties_per_slot) {
        state.attempts[key] = {now, 1};
    }
}

void count(SlotState& state, AttemptParty party, const schema::KeyedToken& token, Instant now) {
    count(state, party, token.current(), now);
    if (token.next() != token.current()) {
        count(state, party, token.next(), now);
    }
}

}  // namespace

void evolve(CardHolder& holder, const schema::AccountRegistered& event,
            const record::Stamp& stamp) {
    const auto& head = event.link().head();
    holder.person = PersonId::from_bytes(event.link().person_id()).value_or(PersonId());
    holder.key_index = KeyIndex(head.key_index());
    holder.account = AccountId::from_bytes(head.account_id()).value_or(AccountId());
    holder.pairwise_source = stamp.event_id;
    holder.active = true;
}

void evolve(CardHolder& holder, const schema::AccountClosed& event, const record::Stamp&) {
    if (event.link().head().account_id() == holder.account.bytes()) {
        holder.active = false;
    }
}

Duration attempt_window(AttemptParty party) {
    return party == AttemptParty::terminal ? Duration(std::chrono::hours(1))
                                           : Duration(std::chrono::hours(24));
}

Result<KeyIndex> next_key_index(const SlotState& state, Slot slot) {
    if (state.highest_serial >= largest_serial) {
        return slot_full;
    }
    return KeyIndex((std::uint64_t{slot.value()} << 24) | (state.highest_serial + 1));
}

std::uint32_t attempts_of(const SlotState& state, AttemptParty party, ByteView token, Instant now) {
    const auto known = state.attempts.find(key_of(party, token));
    return known != state.attempts.end() && is_live(*known, now) ? known->second.count : 0;
}

bool can_count(const SlotState& state, AttemptParty party, ByteView token, Instant now) {
    if (state.attempts.size() < limits::attempt_parties_per_slot ||
        state.attempts.contains(key_of(party, token))) {
        return true;
    }
    return std::any_of(state.attempts.begin(), state.attempts.end(),
                       [&](const auto& entry) { return !is_live(entry, now); });
}

void evolve(SlotState& state, const schema::AccountRegistered& event, const record::Stamp&) {
    const std::uint64_t serial = event.link().head().key_index() & largest_serial;
    state.highest_serial = std::max(state.highest_serial, static_cast<std::uint32_t>(serial));
}

void evolve(SlotState& state, const schema::RegistrationRefused& event,
            const record::Stamp& stamp) {
    std::erase_if(state.attempts,
                  [&](const auto& entry) { return !is_live(entry, stamp.recorded_at); });
    const auto& link = event.link();
    count(state, AttemptParty::card, link.attempt(), stamp.recorded_at);
    count(state, AttemptParty::hardware, link.hardware(), stamp.recorded_at);
    count(state, AttemptParty::terminal, link.place().terminal_id(), stamp.recorded_at);
}

}  // namespace chopmark::citizen
