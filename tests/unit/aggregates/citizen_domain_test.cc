#include "aggregates/runtime/citizen_domain.h"

#include <gtest/gtest.h>

#include "tests/support/citizen_bench.h"

namespace chopmark::runtime {
namespace {

using test::CitizenBench;

/// A registration with evidence for the story's next command, and its head.
struct Registration {
    citizen::AddressedCommand command;
    CommandHead head;
};

Registration registration(const test::CitizenStory& story, citizen::RegisterAccount command,
                          schema::Channel channel) {
    CommandHead head;
    head.id = story.command_id();
    head.digest = Digest(to_array<32>(Bytes(32, static_cast<char>(channel))));
    head.issued_at = story.now();
    head.caller = head.actor = {schema::Party::CITIZEN, command.account.to_bytes()};
    head.channel = channel;
    const AccountId account = command.account;
    const citizen::CardToken card = command.card.token;
    return {{account, card, citizen::AccountCommand(std::move(command))}, head};
}

class CitizenDomainTest : public ::testing::Test {
  protected:
    test::CitizenStory story_ = test::staffed_story();

    Registration by_app(std::uint8_t number) {
        return registration(story_, test::register_by_app(story_, test::card_of_chan(), number),
                            schema::APP);
    }
    Registration at_kiosk(std::uint8_t number) {
        return registration(story_, test::register_at_kiosk(story_, test::card_of_chan(), number),
                            schema::KIOSK);
    }
    /// Evidence is bound to a command: the next one is another.
    void next_command() { story_.given_control(schema::RelyingPartyCounts()); }
};

TEST_F(CitizenDomainTest, RegistersAndKeepsTheCitizenAsRows) {
    CitizenBench bench(story_);
    ASSERT_TRUE(bench.serve());
    const Registration app = by_app(1);
    const auto outcome = bench.send(app.command, app.head);
    bench.run();
    ASSERT_TRUE(outcome->has_value());
    ASSERT_TRUE(outcome->value()) << outcome->value().error();
    const auto& event = std::get<schema::AccountRegistered>(*outcome->value()->event);
    EXPECT_EQ(event.leaf().head().basis(), 1U);
    EXPECT_EQ(event.leaf().head().retention(), schema::IDENTITY);
    EXPECT_EQ(event.link().head().citizen_version(), 1U);
    EXPECT_EQ(event.link().head().account_id(), app.command.account.bytes());
    // Slot 5, serial 1: a serial of zero is nobody's.
    EXPECT_EQ(event.link().head().key_index(), (std::uint64_t{5} << 24) | 1);
    const auto state = bench.domain().find(app.command.account).value();
    ASSERT_TRUE(state);
    EXPECT_EQ(state->account.status, citizen::AccountStatus::active);
    ASSERT_TRUE(bench.domain().flush());
    EXPECT_TRUE(bench.rows().contains("citizen.1/" + app.command.account.hex()));
}

// A3: the card decides the slot, so one executor decides both, on the overlay if it must.
TEST_F(CitizenDomainTest, TwoChannelsAtOnceMakeOneAccount) {
    CitizenBench bench(story_);
    ASSERT_TRUE(bench.serve());
    const Registration app = by_app(1);
    next_command();
    const Registration kiosk = at_kiosk(2);
    const auto first = bench.send(app.command, app.head);
    const auto second = bench.send(kiosk.command, kiosk.head);
    bench.run();
    ASSERT_TRUE(first->has_value() && second->has_value());
    EXPECT_TRUE(first->value()) << first->value().error();
    ASSERT_FALSE(second->value());
    EXPECT_EQ(second->value().error(), citizen::account_card_registered);
    EXPECT_FALSE(bench.domain().find(kiosk.command.account).value());
}

TEST_F(CitizenDomainTest, ARestartFoldsTheSameRowsFromTheLogAlone) {
    CitizenBench bench(story_);
    ASSERT_TRUE(bench.serve());
    const Registration app = by_app(1);
    bench.send(app.command, app.head);
    bench.run();
    ASSERT_TRUE(bench.domain().flush());
    const auto before = bench.rows();
    // Nothing of the rows: everything comes back out of the log.
    for (const std::string& name : bench.store().tables()) {
        ASSERT_TRUE(bench.store().drop(bench.store().open(name).value()));
    }
    bench.restart();
    ASSERT_TRUE(bench.serve());
    ASSERT_TRUE(bench.domain().flush());
    auto after = bench.rows();
    EXPECT_EQ(after.erase("meta.1/" + to_hex("position")), 1U);  // one more term was opened
    auto expected = before;
    expected.erase("meta.1/" + to_hex("position"));
    EXPECT_EQ(after, expected);
    // And the card is still taken.
    next_command();
    const Registration kiosk = at_kiosk(2);
    const auto again = bench.send(kiosk.command, kiosk.head);
    bench.run();
    EXPECT_EQ(again->value().error(), citizen::account_card_registered);
}

// After an erasure the personal layer no longer opens, and the fold leaves no row for the card: the
// same as the rows that SubjectErased would have left.
TEST_F(CitizenDomainTest, AnErasedCardLeavesNoRowInARebuild) {
    CitizenBench bench(story_);
    ASSERT_TRUE(bench.serve());
    const Registration app = by_app(1);
    const auto outcome = bench.send(app.command, app.head);
    bench.run();
    ASSERT_TRUE(outcome->value());
    bench.vault.erase(KeyIndex((std::uint64_t{5} << 24) | 1));
    bench.restart();
    ASSERT_TRUE(bench.serve());
    ASSERT_TRUE(bench.domain().flush());
    for (const auto& [key, row] : bench.rows()) {
        EXPECT_FALSE(key.starts_with("card.1/") || key.starts_with("card_of.1/")) << key;
    }
}

// Who was erased may come again, as somebody new, and the index says nothing of who it was.
TEST_F(CitizenDomainTest, AnErasedCardIsNobodysAtOnce) {
    const control::OrderId order = test::sample_id<control::OrderId>(0x77);
    const Registration app = by_app(1);
    const auto& registering =
        std::get<citizen::RegisterAccount>(std::get<citizen::AccountCommand>(app.command.command));
    schema::ErasureOrdered ordered;
    ordered.mutable_leaf()->add_classes(schema::IDENTITY);
    ordered.mutable_link()->set_order_id(order.to_bytes());
    ordered.mutable_link()->set_person_id(registering.person.to_bytes());
    ordered.mutable_link()->mutable_head()->set_account_id(registering.account.to_bytes());
    story_.given_control(ordered);
    schema::ErasureApproved approved;
    approved.mutable_link()->set_order_id(order.to_bytes());
    story_.given_control(approved);
    CitizenBench bench(story_);
    ASSERT_TRUE(bench.serve());
    bench.send(app.command, app.head);
    bench.run();
    ASSERT_TRUE(
        bench.domain().find_holder(slot_of(registering.account), *app.command.card).value());
    CommandHead head = app.head;
    head.id = story_.command_id();
    const citizen::AddressedCommand erase{
        registering.account, std::nullopt,
        citizen::AccountCommand(citizen::EraseSubject{order, {}})};
    const auto erased = bench.send(erase, head);
    bench.run();
    ASSERT_TRUE(erased->has_value() && erased->value()) << erased->value().error();
    EXPECT_FALSE(
        bench.domain().find_holder(slot_of(registering.account), *app.command.card).value());
    ASSERT_TRUE(bench.domain().flush());
    for (const auto& [key, row] : bench.rows()) {
        EXPECT_FALSE(key.starts_with("card.1/") || key.starts_with("card_of.1/")) << key;
    }
}

// Design 6: several changes of one document between two flushes are one row.
TEST_F(CitizenDomainTest, StateRowsAreCoalesced) {
    CitizenBench bench(story_);
    ASSERT_TRUE(bench.serve());
    const Registration app = by_app(1);
    bench.send(app.command, app.head);
    bench.run();
    ASSERT_TRUE(bench.domain().flush());
    const std::uint64_t puts = bench.store().probe().puts;
    ASSERT_TRUE(bench.domain().flush());
    EXPECT_EQ(bench.store().probe().puts, puts) << "nothing changed, nothing is written";
}

// A15: what is decided on must have been read to its end not long ago.
TEST_F(CitizenDomainTest, RefusesToDecideOnStaleControl) {
    CitizenBench bench(story_);
    ASSERT_TRUE(bench.serve());
    bench.clock.advance(limits::basis_staleness + std::chrono::milliseconds(1));
    const Registration app = by_app(1);
    const auto outcome = bench.send(app.command, app.head);
    bench.run();
    EXPECT_EQ(outcome->value().error(), basis_stale);
    bench.snapshots.confirm(bench.clock.now());
    const auto retry = bench.send(app.command, app.head);
    bench.run();
    EXPECT_TRUE(retry->value()) << retry->value().error();
}

}  // namespace
}  // namespace chopmark::runtime
