#include "aggregates/citizen/account.h"
#include "aggregates/citizen/account_register.h"
#include "tests/support/citizen_evidence.h"

namespace chopmark::citizen {
namespace {

using namespace test;

TEST(Registration, ByAppGivesAnAccountOfGradeDefaultWithItsPhone) {
    CitizenStory story = staffed_story();
    const RegisterAccount command = register_by_app(story, card_of_chan(), 1);
    const auto event = story.when(command).then<schema::AccountRegistered>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::DONE);
    EXPECT_EQ(event.leaf().head().channel(), schema::APP);
    EXPECT_EQ(event.leaf().grade(), schema::DEFAULT);
    EXPECT_EQ(event.link().person_id(), command.person.bytes());
    EXPECT_EQ(event.link().device_public_key(), sample_key(1));
    EXPECT_FALSE(event.link().has_place());
    EXPECT_FALSE(event.link().password_set());
    EXPECT_EQ(event.personal().card().number(), "A1234563");
    EXPECT_TRUE(event.personal().card().chinese_name_verified());
    EXPECT_EQ(event.personal().pairwise_secret(), Bytes(32, '\1'));
    EXPECT_EQ(event.personal().device().model(), "Model 1");
    EXPECT_EQ(event.personal().device_signature(), "signature of the new key");
    const auto& checks = event.personal().checks();
    EXPECT_EQ(checks.face_check(), schema::IdentityChecks::FACE_CHECK_MATCHER);
    EXPECT_EQ(checks.face_score_permille(), 950U);
    EXPECT_EQ(checks.liveness_score_permille(), 930U);
    EXPECT_EQ(checks.register_reference(), "R-1");
    EXPECT_EQ(checks.matcher_reference(), "M-1");
    EXPECT_FALSE(checks.issuer_signature_good());
}

TEST(Registration, ByNfcGivesGradeSignWithPasswordAndMail) {
    CitizenStory story = staffed_story();
    const auto event =
        story.when(register_by_nfc(story, card_of_chan(), 1)).then<schema::AccountRegistered>();
    EXPECT_EQ(event.leaf().head().channel(), schema::NFC);
    EXPECT_EQ(event.leaf().grade(), schema::SIGN);
    EXPECT_TRUE(event.link().password_set());
    EXPECT_EQ(event.personal().email(), "tm.chan@example.hk");
    EXPECT_TRUE(event.personal().checks().issuer_signature_good());
    EXPECT_TRUE(event.personal().checks().chip_answered());
    EXPECT_EQ(event.personal().checks().reader_result(), "reader.read");
}

TEST(Registration, AtAKioskGivesGradeSignWithoutAPhone) {
    CitizenStory story = staffed_story();
    const auto event =
        story.when(register_at_kiosk(story, card_of_chan(), 1)).then<schema::AccountRegistered>();
    EXPECT_EQ(event.leaf().head().channel(), schema::KIOSK);
    EXPECT_EQ(event.leaf().grade(), schema::SIGN);
    EXPECT_EQ(event.link().place().terminal_id(), kiosk.bytes());
    EXPECT_EQ(event.link().place().site(), "library");
    EXPECT_TRUE(event.link().place().operator_id().empty());
    EXPECT_TRUE(event.link().device_id().empty());
    EXPECT_EQ(event.personal().checks().face_check(), schema::IdentityChecks::FACE_CHECK_MATCHER);
}

TEST(Registration, AtACounterNamesItsOperatorAndHasNoSelfie) {
    CitizenStory story = staffed_story();
    const auto event =
        story.when(register_at_counter(story, card_of_chan(), 1)).then<schema::AccountRegistered>();
    EXPECT_EQ(event.leaf().head().channel(), schema::COUNTER);
    EXPECT_EQ(event.leaf().grade(), schema::SIGN);
    EXPECT_EQ(event.link().place().operator_id(), clerk.bytes());
    EXPECT_EQ(event.link().place().site(), "post office");
    EXPECT_EQ(event.link().place().shift(), "morning");
    EXPECT_EQ(event.personal().checks().face_check(), schema::IdentityChecks::FACE_CHECK_OPERATOR);
    EXPECT_EQ(event.personal().checks().face_score_permille(), 0U);
}

TEST(Registration, BeforeAMobileTeamNamesTeamAndOperator) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_at_counter(story, card_of_chan(), 1);
    command.by = ByStaff{before_team(story, card_of_chan())};
    const auto event = story.when(command).then<schema::AccountRegistered>();
    EXPECT_EQ(event.leaf().head().channel(), schema::MOBILE_TEAM);
    EXPECT_EQ(event.link().place().team(), "team 3");
    EXPECT_EQ(event.link().place().operator_id(), team_member.bytes());
}

TEST(Registration, LeavesTheStateOfAnActiveAccount) {
    CitizenStory story = staffed_story();
    const EventId source = story.given(register_by_nfc(story, card_of_chan(), 1));
    const AccountState& account = story.state().account;
    EXPECT_EQ(account.status, AccountStatus::active);
    EXPECT_EQ(account.id, account_id(1));
    EXPECT_EQ(account.key_index, KeyIndex((5ULL << 24) | 1));
    EXPECT_EQ(account.grade, schema::SIGN);
    EXPECT_EQ(account.registered_by, source);
    EXPECT_EQ(account.card_source, source);
    EXPECT_TRUE(account.password_verifier);
    EXPECT_TRUE(check_active(story.state()));
}

// ---- age and card
// --------------------------------------------------------------------------------

TEST(Registration, IsForThoseOfElevenInHongKong) {
    CitizenStory story = staffed_story();
    CardFace card = card_of_wong();
    // The story stands at 2026-07-01 12:00 in Hong Kong.
    card.birth_date = *parse_date("20150702");
    story.when(register_at_kiosk(story, card, 1)).then_refused(account_too_young);
    card.birth_date = *parse_date("20150701");
    story.when(register_at_kiosk(story, card, 1)).then<schema::AccountRegistered>();

    card.birth_date = *parse_date("20150702");
    story.pass(std::chrono::hours(12) - Duration(1));
    story.when(register_at_kiosk(story, card, 1)).then_refused(account_too_young);
    story.pass(Duration(1));  // midnight in Hong Kong, 16:00 in UTC
    story.when(register_at_kiosk(story, card, 1)).then<schema::AccountRegistered>();
}

TEST(Registration, RefusesACardFromTheFuture) {
    CitizenStory story = staffed_story();
    CardFace card = card_of_chan();
    card.issue_date = *parse_date("20260702");
    story.when(register_by_app(story, card, 1)).then_refused(card_dates_contradict);
}

// ---- one active account per card
// -----------------------------------------------------------------

TEST(Registration, OfOneCardThroughTwoChannelsAtOnceSucceedsOnce) {
    CitizenStory story = staffed_story();
    // Both were checked before either was decided.
    const RegisterAccount by_app = register_by_app(story, card_of_chan(), 1);
    const RegisterAccount at_counter = register_at_counter(story, card_of_chan(), 2);
    story.when(by_app).then<schema::AccountRegistered>();
    story.given(by_app);
    RegisterAccount second = at_counter;
    std::get<ByStaff>(second.by).identity.chip.answered_for = story.command_id();
    story.when(second).then_refused(account_card_registered);
}

TEST(Registration, DoesNotTellStrangersWhetherACardHasAnAccount) {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    RegisterAccount stranger = register_by_app(story, card_of_chan(), 2);
    std::get<ByApp>(stranger.by).identity.face.match_permille = 300;
    const auto event = story.when(stranger).then<schema::RegistrationRefused>();
    EXPECT_EQ(event.leaf().head().reason(), face_not_matched.name);
}

TEST(Registration, IsRefusedForASuspendedAccountsCardToo) {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    story.given(SuspendAccount{Suspension::fraud_suspected, order(story)});
    story.when(register_at_kiosk(story, card_of_chan(), 2)).then_refused(account_card_registered);
}

TEST(Registration, TwiceUnderOneAccountIdIsRefused) {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    story.when(register_by_app(story, card_of_wong(), 1)).then_refused(account_id_taken);
}

TEST(Registration, AfterClosingIsTheSamePersonWithTheSameKeysAndSecret) {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    const AccountState before = story.state().account;
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});

    const RegisterAccount again = register_at_kiosk(story, card_of_chan(), 2);
    EXPECT_EQ(sources(story.state(), again, story.holder(again.card.token)),
              std::vector{before.pairwise_source()});
    const auto event = story.when(again).then<schema::AccountRegistered>();
    EXPECT_EQ(event.link().person_id(), before.person.bytes());
    EXPECT_EQ(event.personal().pairwise_secret(), Bytes(32, '\1'));
    story.given(again);
    EXPECT_EQ(story.state().account.key_index, before.key_index);
    EXPECT_EQ(story.state().account.person, before.person);
    EXPECT_EQ(story.state().account.id, account_id(2));
    EXPECT_EQ(story.slot().highest_serial, 1U);

    // And once more: the latest registration carries the secret on.
    story.given(CloseAccount{Closure::deceased, order(story)});
    const auto third =
        story.when(register_at_kiosk(story, card_of_chan(), 3)).then<schema::AccountRegistered>();
    EXPECT_EQ(third.personal().pairwise_secret(), Bytes(32, '\1'));
}

TEST(Registration, AgainWaitsForThePairwiseSecretToBeOpened) {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});
    story.forget_opened();
    story.when(register_at_kiosk(story, card_of_chan(), 2)).then_refused(evidence_stale);
}

TEST(Registration, ByNfcNamesThePersonUnderWhomThePasswordLies) {
    CitizenStory story = staffed_story();
    RegisterAccount first = register_by_nfc(story, card_of_chan(), 1);
    first.pairwise_secret = Sensitive(earlier_secret);  // of a holder who is gone by now
    story.when(first).then_refused(evidence_stale);
    story.given(register_by_app(story, card_of_chan(), 1));
    const PersonId person = story.state().account.person;
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});

    RegisterAccount again = register_by_nfc(story, card_of_chan(), 2);
    story.when(again).then_refused(evidence_stale);
    again.pairwise_secret = Sensitive(earlier_secret);
    story.when(again).then_refused(evidence_stale);
    again.person = person;
    const auto event = story.when(again).then<schema::AccountRegistered>();
    EXPECT_EQ(event.link().person_id(), person.bytes());
    EXPECT_EQ(event.personal().pairwise_secret(), Bytes(32, '\1'));
}

TEST(Registration, OfAnotherCardIsAnotherPerson) {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    const AccountState first = story.state().account;
    story.given(register_by_nfc(story, card_of_wong(), 2));
    EXPECT_NE(story.state().account.person, first.person);
    EXPECT_EQ(story.state().account.key_index, KeyIndex((5ULL << 24) | 2));
}

TEST(Registration, IsRefusedWhenTheSlotHasGivenAllItsSerials) {
    CitizenStory story = staffed_story();
    story.slot().highest_serial = (1U << 24) - 1;
    story.when(register_by_app(story, card_of_chan(), 1)).then_refused(slot_full);
}

// ---- the applicant's form
// ------------------------------------------------------------------------

TEST(Registration, ByNfcNeedsAMailAddress) {
    CitizenStory story = staffed_story();
    for (const auto text : {"", "tm.chan", "@example.hk", "tm@", "a@b@c", "a b@example.hk",
                            "a@example.hk\r\nBcc: x"}) {
        RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
        std::get<ByNfc>(command.by).email = Sensitive<std::string>(text);
        story.when(command).then_refused(account_email_malformed);
    }
    RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
    std::get<ByNfc>(command.by).email = Sensitive<std::string>(std::string(250, 'a') + "@b.hk");
    story.when(command).then_refused(account_email_malformed);
}

TEST(Registration, ByNfcNeedsAPassword) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
    std::get<ByNfc>(command.by).password_stored = false;
    story.when(command).then_refused(account_password_missing);
}

TEST(Registration, ByPhoneNeedsAProvenKeyOfTheRightShape) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_app(story, card_of_chan(), 1);
    std::get<ByApp>(command.by).device.public_key = Bytes(33, '\x02');
    story.when(command).then_refused(device_key_malformed);
    command = register_by_app(story, card_of_chan(), 1);
    story.pass(limits::challenge_life);
    story.when(command).then_refused(evidence_stale);
}

TEST(Registration, ByNfcNeedsAPhoneSystemThatReadsChips) {
    using Maker = PhoneSystem::Maker;
    CitizenStory story = staffed_story();
    const auto on = [&](Maker maker, std::uint32_t major) {
        RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
        std::get<ByNfc>(command.by).identity.phone = {maker, major};
        return story.when(command);
    };
    on(Maker::apple, 13).then_refused(phone_system_too_old);
    on(Maker::apple, 14).then<schema::AccountRegistered>();
    on(Maker::android, 11).then_refused(phone_system_too_old);
    on(Maker::android, 12).then<schema::AccountRegistered>();
}

}  // namespace
}  // namespace chopmark::citizen
