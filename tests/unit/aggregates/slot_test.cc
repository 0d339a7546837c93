#include "aggregates/citizen/slot.h"

#include <gtest/gtest.h>

#include "events/fold/row_codec.h"
#include "events/schema/event.h"

namespace chopmark::citizen {
namespace {

constexpr Instant start = Instant::from_seconds(1'782'878'400);

schema::RegistrationRefused refused(std::string_view card, std::string_view hardware,
                                    std::string_view terminal) {
    schema::RegistrationRefused event;
    event.mutable_link()->mutable_attempt()->set_current(std::string(card));
    event.mutable_link()->mutable_hardware()->set_current(std::string(hardware));
    event.mutable_link()->mutable_place()->set_terminal_id(std::string(terminal));
    return event;
}

record::Stamp at(Instant now) { return {EventId(), now}; }

TEST(Slot, GivesSerialsFromOneUpAndNeverTwice) {
    SlotState state;
    EXPECT_EQ(next_key_index(state, Slot(5)), KeyIndex((5ULL << 24) | 1));
    schema::AccountRegistered event;
    event.mutable_link()->mutable_head()->set_key_index((5ULL << 24) | 1);
    evolve(state, event, at(start));
    EXPECT_EQ(next_key_index(state, Slot(5)), KeyIndex((5ULL << 24) | 2));
    // The same person again: the highest stays.
    evolve(state, event, at(start));
    EXPECT_EQ(next_key_index(state, Slot(5)), KeyIndex((5ULL << 24) | 2));
}

TEST(Slot, IsFullWhenItsSerialsAreGiven) {
    SlotState state;
    state.highest_serial = (1U << 24) - 2;
    EXPECT_EQ(next_key_index(state, Slot(1023)), KeyIndex((1023ULL << 24) | ((1U << 24) - 1)));
    state.highest_serial = (1U << 24) - 1;
    const auto none = next_key_index(state, Slot(1023));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(), slot_full);
}

TEST(Attempts, AreCountedForCardPhoneAndTerminalInTheirWindows) {
    SlotState state;
    evolve(state, refused("card", "phone", ""), at(start));
    evolve(state, refused("card", "", "kiosk"), at(start + std::chrono::minutes(30)));
    const Instant soon = start + std::chrono::minutes(31);
    EXPECT_EQ(attempts_of(state, AttemptParty::card, "card", soon), 2U);
    EXPECT_EQ(attempts_of(state, AttemptParty::hardware, "phone", soon), 1U);
    EXPECT_EQ(attempts_of(state, AttemptParty::terminal, "kiosk", soon), 1U);
    EXPECT_EQ(attempts_of(state, AttemptParty::terminal, "card", soon), 0U);

    const Instant hour_later = start + std::chrono::minutes(90);
    EXPECT_EQ(attempts_of(state, AttemptParty::terminal, "kiosk", hour_later - Duration(1)), 1U);
    EXPECT_EQ(attempts_of(state, AttemptParty::terminal, "kiosk", hour_later), 0U);
    const Instant day_later = start + std::chrono::hours(24);
    EXPECT_EQ(attempts_of(state, AttemptParty::card, "card", day_later - Duration(1)), 2U);
    EXPECT_EQ(attempts_of(state, AttemptParty::card, "card", day_later), 0U);
}

TEST(Attempts, AreCountedUnderBothTokensWhenTheMonthChanges) {
    SlotState state;
    auto event = refused("june", "", "");
    event.mutable_link()->mutable_attempt()->set_next("july");
    evolve(state, event, at(start));
    evolve(state, refused("july", "", ""), at(start + Duration(1)));
    EXPECT_EQ(attempts_of(state, AttemptParty::card, "june", start + Duration(2)), 1U);
    EXPECT_EQ(attempts_of(state, AttemptParty::card, "july", start + Duration(2)), 2U);
}

TEST(Attempts, OfWindowsThatAreOverMakeRoom) {
    SlotState state;
    for (std::size_t i = 0; i < limits::attempt_parties_per_slot; ++i) {
        evolve(state, refused("card " + std::to_string(i), "", ""), at(start));
    }
    EXPECT_EQ(state.attempts.size(), limits::attempt_parties_per_slot);
    const Instant full = start + std::chrono::hours(1);
    EXPECT_TRUE(can_count(state, AttemptParty::card, "card 7", full));
    EXPECT_FALSE(can_count(state, AttemptParty::card, "another", full));
    evolve(state, refused("another", "", ""), at(full));
    EXPECT_EQ(attempts_of(state, AttemptParty::card, "another", full), 0U);

    const Instant next_day = start + std::chrono::hours(24);
    EXPECT_TRUE(can_count(state, AttemptParty::card, "another", next_day));
    evolve(state, refused("another", "", ""), at(next_day));
    EXPECT_EQ(attempts_of(state, AttemptParty::card, "another", next_day), 1U);
    EXPECT_EQ(state.attempts.size(), 1U);
}

TEST(CardHolder, FollowsTheLatestAccountOfTheCard) {
    CardHolder holder;
    schema::AccountRegistered registered;
    const AccountId first = *AccountId::from_hex("01400000000000000000000000000001");
    const AccountId second = *AccountId::from_hex("01400000000000000000000000000002");
    const PersonId person = *PersonId::from_hex("aa000000000000000000000000000001");
    const EventId source = *EventId::from_hex("bb000000000000000000000000000001");
    registered.mutable_link()->mutable_head()->set_account_id(first.to_bytes());
    registered.mutable_link()->mutable_head()->set_key_index((5ULL << 24) | 9);
    registered.mutable_link()->set_person_id(person.to_bytes());
    evolve(holder, registered, {source, start});
    EXPECT_EQ(holder, (CardHolder{person, KeyIndex((5ULL << 24) | 9), first, source, true}));

    schema::AccountClosed closed;
    closed.mutable_link()->mutable_head()->set_account_id(second.to_bytes());
    evolve(holder, closed, at(start));
    EXPECT_TRUE(holder.active) << "another account's end";
    closed.mutable_link()->mutable_head()->set_account_id(first.to_bytes());
    evolve(holder, closed, at(start));
    EXPECT_FALSE(holder.active);

    registered.mutable_link()->mutable_head()->set_account_id(second.to_bytes());
    evolve(holder, registered, {source, start});
    EXPECT_TRUE(holder.active);
    EXPECT_EQ(holder.account, second);
}

TEST(SlotState, SurvivesItsRow) {
    SlotState state;
    evolve(state, refused("card", "phone", "kiosk"), at(start));
    state.highest_serial = 77;
    const auto row = fold::decode_row<SlotState>(fold::encode_row(state));
    ASSERT_TRUE(row);
    EXPECT_EQ(*row, state);
}

}  // namespace
}  // namespace chopmark::citizen
