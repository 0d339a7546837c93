#include "aggregates/citizen/account.h"

#include "events/crypto/digest.h"
#include "events/fold/row_codec.h"
#include "tests/support/citizen_evidence.h"

namespace chopmark::citizen {
namespace {

using namespace test;

CitizenStory with_app_account() {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    return story;
}

CitizenStory with_nfc_account() {
    CitizenStory story = staffed_story();
    story.given(register_by_nfc(story, card_of_chan(), 1));
    return story;
}

UpgradeAccount upgrade_by_nfc(CitizenStory& story, const CardFace& card) {
    return {
        present(card),
        UpgradeByNfc{proof(story), by_chip(story, card),
                     Sensitive<std::string>("tm.chan@example.hk"), true, phone(story, 1).hardware},
        {}};
}

// ---- upgrade
// -------------------------------------------------------------------------------------

TEST(Upgrade, ByNfcRaisesAnAppAccountToGradeSign) {
    CitizenStory story = with_app_account();
    const UpgradeAccount command = upgrade_by_nfc(story, card_of_chan());
    const auto event = story.when(command).then<schema::AccountUpgraded>();
    EXPECT_EQ(event.leaf().head().channel(), schema::NFC);
    EXPECT_EQ(event.leaf().grade(), schema::SIGN);
    EXPECT_EQ(event.link().person_id(), story.state().account.person.bytes());
    EXPECT_EQ(event.link().device_id(), current_device(story.state())->id.bytes());
    EXPECT_TRUE(event.link().password_set());
    EXPECT_EQ(event.personal().device_signature(), "signature");
    EXPECT_EQ(event.personal().email(), "tm.chan@example.hk");
    EXPECT_EQ(event.personal().card().number(), "A1234563");

    const CommandId upgraded_by = story.command_id();
    const EventId source = story.given(command);
    EXPECT_EQ(story.state().account.grade, schema::SIGN);
    EXPECT_EQ(story.state().account.card_source, source);
    EXPECT_NE(story.state().account.registered_by, source);
    EXPECT_EQ(story.state().account.password_verifier, upgraded_by);
    story.when(upgrade_by_nfc(story, card_of_chan())).then_refused(account_already_signing);
}

TEST(Upgrade, AtATerminalNamesThePlace) {
    CitizenStory story = with_app_account();
    const auto at_the_kiosk =
        story.when(UpgradeAccount{present(card_of_chan()), at_kiosk(story, card_of_chan()), {}})
            .then<schema::AccountUpgraded>();
    EXPECT_EQ(at_the_kiosk.leaf().head().channel(), schema::KIOSK);
    EXPECT_EQ(at_the_kiosk.link().place().terminal_id(), kiosk.bytes());
    const auto by_staff =
        story.when(UpgradeAccount{present(card_of_chan()), at_counter(story, card_of_chan()), {}})
            .then<schema::AccountUpgraded>();
    EXPECT_EQ(by_staff.link().place().operator_id(), clerk.bytes());
}

TEST(Upgrade, WithAnothersCardIsRecorded) {
    CitizenStory story = with_app_account();
    const auto nobodys =
        story.when(upgrade_by_nfc(story, card_of_wong())).then<schema::RegistrationRefused>();
    EXPECT_EQ(nobodys.leaf().head().reason(), other_card.name);
    story.given(register_at_kiosk(story, card_of_wong(), 2));
    story.focus(account_id(1));
    const auto somebodys =
        story.when(upgrade_by_nfc(story, card_of_wong())).then<schema::RegistrationRefused>();
    EXPECT_EQ(somebodys.leaf().head().reason(), other_card.name);
}

TEST(Upgrade, ThatFailsIsRecordedUpToThePhonesQuota) {
    CitizenStory story = with_app_account();
    const auto mismatch = [&] {
        UpgradeAccount command = upgrade_by_nfc(story, card_of_chan());
        std::get<UpgradeByNfc>(command.by).identity.face.match_permille = 0;
        return command;
    };
    for (int i = 0; i < 5; ++i) {
        story.when(mismatch()).then<schema::RegistrationRefused>();
        story.given(mismatch());
    }
    EXPECT_EQ(story.state().account.grade, schema::DEFAULT);
    story.when(mismatch()).then_refused(account_attempts_exhausted);
    story.when(upgrade_by_nfc(story, card_of_chan())).then_refused(account_attempts_exhausted);
    story.when(UpgradeAccount{present(card_of_chan()), at_kiosk(story, card_of_chan()), {}})
        .then<schema::AccountUpgraded>();
}

TEST(Upgrade, ByNfcNeedsMailPasswordAndTheBoundPhone) {
    CitizenStory story = with_app_account();
    UpgradeAccount command = upgrade_by_nfc(story, card_of_chan());
    std::get<UpgradeByNfc>(command.by).email = Sensitive<std::string>("none");
    story.when(command).then_refused(account_email_malformed);
    command = upgrade_by_nfc(story, card_of_chan());
    std::get<UpgradeByNfc>(command.by).password_stored = false;
    story.when(command).then_refused(account_password_missing);
    command = upgrade_by_nfc(story, card_of_chan());
    std::get<UpgradeByNfc>(command.by).proof.device = sample_id<DeviceId>(0x99);
    story.when(command).then_refused(device_unknown);
}

TEST(Upgrade, NeedsAnActiveAccount) {
    CitizenStory story = staffed_story();
    const auto upgrade = [&] {
        return UpgradeAccount{present(card_of_chan()), at_kiosk(story, card_of_chan()), {}};
    };
    story.focus(account_id(9));
    story.when(upgrade()).then_refused(account_unknown);
    story.given(register_by_app(story, card_of_chan(), 1));
    story.given(SuspendAccount{Suspension::citizen_wish, proof(story)});
    story.when(upgrade()).then_refused(account_suspended);
    story.given(CloseAccount{Closure::deceased, order(story)});
    story.when(upgrade()).then_refused(account_closed);
}

TEST(Upgrade, RefusesACardFromTheFuture) {
    CitizenStory story = with_app_account();
    CardFace card = card_of_chan();
    card.issue_date = *parse_date("20270101");
    story.when(UpgradeAccount{present(card), at_kiosk(story, card), {}})
        .then_refused(card_dates_contradict);
}

// ---- suspend and resume
// --------------------------------------------------------------------------

TEST(Suspension, IsAskedForByTheCitizenStaffOrAnAlert) {
    CitizenStory story = with_app_account();
    const auto by_citizen = story.when(SuspendAccount{Suspension::citizen_wish, proof(story)})
                                .then<schema::AccountSuspended>();
    EXPECT_EQ(by_citizen.leaf().head().reason(), "account.citizen_wish");
    EXPECT_EQ(by_citizen.personal().device_signature(), "signature");
    EXPECT_EQ(by_citizen.link().person_id(), story.state().account.person.bytes());

    const auto by_staff = story.when(SuspendAccount{Suspension::device_lost, order(story)})
                              .then<schema::AccountSuspended>();
    EXPECT_EQ(by_staff.leaf().head().reason(), "account.device_lost");
    EXPECT_EQ(by_staff.link().case_id(), open_case.bytes());
    EXPECT_EQ(by_staff.personal().note(), "called the hotline");

    const auto by_alert = story.when(SuspendAccount{Suspension::alert_response, AlertOrder{alert}})
                              .then<schema::AccountSuspended>();
    EXPECT_EQ(by_alert.leaf().head().reason(), "account.alert_response");
    EXPECT_EQ(by_alert.link().alert_id(), alert.bytes());
}

TEST(Suspension, HasReasonsThatItsAuthorityMayGive) {
    CitizenStory story = with_app_account();
    story.when(SuspendAccount{Suspension::device_lost, proof(story)})
        .then_refused(account_not_permitted);
    story.when(SuspendAccount{Suspension::alert_response, order(story)})
        .then_refused(account_not_permitted);
    story.when(SuspendAccount{Suspension::none, order(story)}).then_refused(account_not_permitted);
    story.when(SuspendAccount{Suspension::fraud_suspected, AlertOrder{alert}})
        .then_refused(account_not_permitted);
}

TEST(Suspension, OfASuspendedAccountIsRefused) {
    CitizenStory story = with_app_account();
    story.given(SuspendAccount{Suspension::citizen_wish, proof(story)});
    EXPECT_EQ(check_active(story.state()).error(), account_suspended);
    story.when(SuspendAccount{Suspension::fraud_suspected, order(story)})
        .then_refused(account_already_suspended);
}

TEST(Suspension, NeedsAnAccount) {
    CitizenStory story = staffed_story();
    story.focus(account_id(9));
    story.when(SuspendAccount{Suspension::fraud_suspected, order(story)})
        .then_refused(account_unknown);
}

ResumeAccount resume_by_device(CitizenStory& story) { return {proof(story)}; }
ResumeAccount resume_by_visit(CitizenStory& story) { return {visit(story, card_of_chan())}; }
ResumeAccount resume_by_staff(CitizenStory& story) { return {order(story)}; }

TEST(Resumption, IsForWhoMayLiftThatSuspension) {
    const auto after = [](Suspension reason, auto resume) {
        CitizenStory story = with_app_account();
        if (reason == Suspension::alert_response) {
            story.given(SuspendAccount{reason, AlertOrder{alert}});
        } else {
            story.given(SuspendAccount{reason, order(story)});
        }
        const Told told = story.when(resume(story));
        if (told.decision()) {
            story.given(resume(story));
            EXPECT_TRUE(check_active(story.state()));
        } else {
            told.then_refused(account_not_permitted);
        }
        return told.decision().has_value();
    };
    EXPECT_TRUE(after(Suspension::citizen_wish, resume_by_device));
    EXPECT_TRUE(after(Suspension::citizen_wish, resume_by_visit));
    EXPECT_TRUE(after(Suspension::citizen_wish, resume_by_staff));
    EXPECT_FALSE(after(Suspension::device_lost, resume_by_device));
    EXPECT_TRUE(after(Suspension::device_lost, resume_by_visit));
    EXPECT_TRUE(after(Suspension::device_lost, resume_by_staff));
    EXPECT_FALSE(after(Suspension::fraud_suspected, resume_by_device));
    EXPECT_FALSE(after(Suspension::fraud_suspected, resume_by_visit));
    EXPECT_TRUE(after(Suspension::fraud_suspected, resume_by_staff));
    EXPECT_FALSE(after(Suspension::alert_response, resume_by_device));
    EXPECT_FALSE(after(Suspension::alert_response, resume_by_visit));
    EXPECT_TRUE(after(Suspension::alert_response, resume_by_staff));
}

TEST(Resumption, AtATerminalRecordsPlaceAndChecks) {
    CitizenStory story = with_app_account();
    story.given(SuspendAccount{Suspension::device_lost, order(story)});
    const auto event = story.when(resume_by_visit(story)).then<schema::AccountResumed>();
    EXPECT_EQ(event.link().place().operator_id(), clerk.bytes());
    EXPECT_TRUE(event.personal().checks().chip_answered());
}

TEST(Resumption, OfAnActiveAccountIsRefused) {
    CitizenStory story = with_app_account();
    story.when(resume_by_staff(story)).then_refused(account_not_suspended);
}

// ---- close
// ---------------------------------------------------------------------------------------

TEST(Closing, EndsAccountPhonePasswordAndTheCardsHold) {
    CitizenStory story = with_nfc_account();
    const DeviceId device = current_device(story.state())->id;
    const auto event =
        story.when(CloseAccount{Closure::citizen_wish, proof(story)}).then<schema::AccountClosed>();
    EXPECT_EQ(event.leaf().head().reason(), "account.citizen_wish");
    EXPECT_EQ(event.link().device_id(), device.bytes());
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});
    EXPECT_EQ(check_active(story.state()).error(), account_closed);
    EXPECT_EQ(active_device(story.state(), device), nullptr);
    EXPECT_FALSE(story.state().account.password_verifier);
    EXPECT_FALSE(story.holder(present(card_of_chan()).token)->active);
    story.when(CloseAccount{Closure::deceased, order(story)}).then_refused(account_closed);
}

TEST(Closing, AtATerminalRecordsPlaceAndChecks) {
    CitizenStory story = with_app_account();
    const auto event = story.when(CloseAccount{Closure::citizen_wish, visit(story, card_of_chan())})
                           .then<schema::AccountClosed>();
    EXPECT_EQ(event.link().place().terminal_id(), counter.bytes());
    EXPECT_TRUE(event.personal().checks().issuer_signature_good());
}

TEST(Closing, ByACitizenIsAWishOfAnActiveOne) {
    CitizenStory story = with_app_account();
    story.when(CloseAccount{Closure::deceased, proof(story)}).then_refused(account_not_permitted);
    story.given(SuspendAccount{Suspension::fraud_suspected, order(story)});
    story.when(CloseAccount{Closure::citizen_wish, proof(story)}).then_refused(account_suspended);
    story.when(CloseAccount{Closure::fraud_confirmed, order(story)}).then<schema::AccountClosed>();
}

TEST(Closing, NamesEveryReasonOfStaff) {
    CitizenStory story = with_app_account();
    for (const auto& [reason, name] : std::map<Closure, std::string>{
             {Closure::citizen_wish, "account.citizen_wish"},
             {Closure::deceased, "account.deceased"},
             {Closure::fraud_confirmed, "account.fraud_confirmed"},
             {Closure::registered_wrongly, "account.registered_wrongly"}}) {
        const auto event =
            story.when(CloseAccount{reason, order(story)}).then<schema::AccountClosed>();
        EXPECT_EQ(event.leaf().head().reason(), name);
    }
}

// ---- authorities
// ---------------------------------------------------------------------------------

TEST(Authority, OfStaffNeedsRoleCaseAndAShortNote) {
    CitizenStory story = with_app_account();
    const auto close = [&](auto spoil) {
        StaffOrder by = order(story);
        spoil(by);
        return story.when(CloseAccount{Closure::deceased, by});
    };
    close([](auto&) {}).then<schema::AccountClosed>();
    close([](auto& by) {
        by.case_id = sample_id<control::CaseId>(0x99);
    }).then_refused(case_unknown);
    close([](auto& by) {
        by.note = Sensitive(std::string(limits::note_bytes + 1, 'x'));
    }).then_refused(note_too_long);
    close([&](auto&) { story.actor.id = auditor.to_bytes(); }).then_refused(staff_not_permitted);
    close([&](auto&) {
        story.actor.kind = schema::Party::CITIZEN;
    }).then_refused(staff_not_permitted);

    schema::CaseClosed closed;
    closed.mutable_link()->set_case_id(open_case.to_bytes());
    story.given_control(closed);
    close([](auto&) {}).then_refused(case_unknown);
}

TEST(Authority, OfAnAlertNeedsThatAlert) {
    CitizenStory story = with_app_account();
    story.when(SuspendAccount{Suspension::alert_response, AlertOrder{sample_id<AlertId>(0x99)}})
        .then_refused(alert_unknown);
}

TEST(Authority, OfAVisitNeedsGoodEvidenceAndTheAccountsCard) {
    CitizenStory story = with_app_account();
    AtTerminal by = visit(story, card_of_chan());
    std::get<StaffedIdentity>(by.identity).op.same_face = false;
    story.when(CloseAccount{Closure::citizen_wish, by}).then_refused(operator_saw_another);
    story.when(CloseAccount{Closure::citizen_wish, visit(story, card_of_wong())})
        .then_refused(other_card);
    by = visit(story, card_of_chan());
    by.identity = at_kiosk(story, card_of_chan());
    const auto event =
        story.when(CloseAccount{Closure::citizen_wish, by}).then<schema::AccountClosed>();
    EXPECT_EQ(event.link().place().terminal_id(), kiosk.bytes());
}

TEST(Authority, OfAVisitIsNotTheFormerAccountOfTheCard) {
    CitizenStory story = with_app_account();
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});
    story.given(register_by_app(story, card_of_chan(), 2));
    story.given_event(schema::AccountSuspended());
    story.focus(account_id(1));
    story.when(ResumeAccount{visit(story, card_of_chan())}).then_refused(account_closed);
}

TEST(CardOfCommand, IsTheOneThatItShows) {
    CitizenStory story = with_app_account();
    const CardToken token = present(card_of_chan()).token;
    EXPECT_EQ(card_of(AccountCommand(register_by_app(story, card_of_chan(), 2))), token);
    EXPECT_EQ(card_of(AccountCommand(upgrade_by_nfc(story, card_of_chan()))), token);
    EXPECT_EQ(card_of(AccountCommand(resume_by_visit(story))), token);
    EXPECT_EQ(card_of(AccountCommand(resume_by_device(story))), std::nullopt);
    EXPECT_EQ(card_of(AccountCommand(SuspendAccount{Suspension::citizen_wish, proof(story)})),
              std::nullopt);
    EXPECT_EQ(card_of(AccountCommand(EraseSubject{})), std::nullopt);
}

// ---- password
// ------------------------------------------------------------------------------------

TEST(Password, IsSetByThePhoneOrAtATerminal) {
    CitizenStory story = with_app_account();
    EXPECT_FALSE(story.state().account.password_verifier);
    const auto by_phone = story.when(SetPassword{proof(story)}).then<schema::PasswordSet>();
    EXPECT_EQ(by_phone.personal().device_signature(), "signature");
    const auto in_person =
        story.when(SetPassword{visit(story, card_of_chan())}).then<schema::PasswordSet>();
    EXPECT_EQ(in_person.link().place().terminal_id(), counter.bytes());
    const CommandId set_by = story.command_id();
    story.given(SetPassword{proof(story)});
    EXPECT_EQ(story.state().account.password_verifier, set_by);
}

TEST(Password, IsNotSetByAPhoneThatCoolsOff) {
    CitizenStory story = with_nfc_account();
    story.given(RebindDevice{
        at_counter(story, card_of_chan()), present(card_of_chan()), phone(story, 2), {}});
    story.when(SetPassword{proof(story)}).then_refused(device_cooling_off);
    story.when(SetPassword{visit(story, card_of_chan())}).then<schema::PasswordSet>();
    story.pass(std::chrono::hours(72));
    story.when(SetPassword{proof(story)}).then<schema::PasswordSet>();
}

TEST(Password, NeedsAnActiveAccount) {
    CitizenStory story = with_app_account();
    story.given(SuspendAccount{Suspension::citizen_wish, proof(story)});
    story.when(SetPassword{proof(story)}).then_refused(account_suspended);
}

// ---- erasure
// -------------------------------------------------------------------------------------

control::OrderId erasure_order = sample_id<control::OrderId>(0x81);

schema::ErasureOrdered erasure_ordered(CitizenStory& story) {
    schema::ErasureOrdered event;
    event.mutable_leaf()->add_classes(schema::IDENTITY);
    event.mutable_leaf()->add_classes(schema::SIGN_IN);
    event.mutable_leaf()->set_epoch(7);
    event.mutable_leaf()->set_legal_basis("erasure.request_of_subject");
    auto& link = *event.mutable_link();
    link.set_order_id(erasure_order.to_bytes());
    link.mutable_head()->set_account_id(story.account().to_bytes());
    link.mutable_head()->set_key_index(story.state().account.key_index.value());
    link.set_person_id(story.state().account.person.to_bytes());
    link.mutable_head()->mutable_actor()->set_id("first officer");
    return event;
}

schema::ErasureApproved erasure_approved() {
    schema::ErasureApproved event;
    event.mutable_link()->set_order_id(erasure_order.to_bytes());
    event.mutable_link()->mutable_head()->mutable_actor()->set_id("second officer");
    return event;
}

EraseSubject erase() {
    EraseSubject command;
    command.order = erasure_order;
    command.salt.fill(9);
    return command;
}

TEST(Erasure, NeedsAnApprovedOrderForThisPerson) {
    CitizenStory story = with_app_account();
    story.when(erase()).then_refused(account_erasure_not_ordered);
    story.given_control(erasure_ordered(story));
    story.when(erase()).then_refused(account_erasure_not_ordered);
    story.given_control(erasure_approved());
    story.when(erase()).then<schema::SubjectErased>();
    story.given(register_by_app(story, card_of_wong(), 2));
    story.when(erase()).then_refused(account_erasure_not_ordered);
    story.focus(account_id(9));
    story.when(erase()).then_refused(account_unknown);
}

TEST(Erasure, NamesThePersonInTheLeafByASaltedHashOnly) {
    CitizenStory story = with_app_account();
    story.given_control(erasure_ordered(story));
    story.given_control(erasure_approved());
    const auto event = story.when(erase()).then<schema::SubjectErased>();
    Bytes input(16, '\x09');
    append_big_endian(input, (std::uint64_t{5} << 24) | 1);
    EXPECT_EQ(event.leaf().subject_hash(), crypto::sha256(input).bytes());
    EXPECT_EQ(event.leaf().classes_size(), 2);
    EXPECT_EQ(event.leaf().epoch(), 7U);
    EXPECT_EQ(event.link().subject_salt(), Bytes(16, '\x09'));
    EXPECT_EQ(event.link().purpose(), "erasure.request_of_subject");
    ASSERT_EQ(event.link().staff_ids_size(), 2);
    EXPECT_EQ(event.link().staff_ids(0), "first officer");
    EXPECT_EQ(event.link().staff_ids(1), "second officer");
}

TEST(Erasure, LeavesNothingButItsMark) {
    CitizenStory story = with_nfc_account();
    story.given_control(erasure_ordered(story));
    story.given_control(erasure_approved());
    story.given(erase());
    EXPECT_EQ(check_active(story.state()).error(), account_erased);
    EXPECT_TRUE(story.state().account.person.is_zero());
    EXPECT_TRUE(story.state().devices.devices.empty());
    EXPECT_EQ(source_of_field(story.state(), "enName"), std::nullopt);
    story.when(erase()).then_refused(account_erased);
    story.when(CloseAccount{Closure::citizen_wish, order(story)}).then_refused(account_erased);
}

TEST(Erasure, ReachesAClosedAccount) {
    CitizenStory story = with_app_account();
    story.given_control(erasure_ordered(story));
    story.given_control(erasure_approved());
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});
    story.when(erase()).then<schema::SubjectErased>();
}

// ---- folding
// -------------------------------------------------------------------------------------

TEST(AccountState, TakesAnUnknownSuspensionForOneThatStaffLift) {
    CitizenStory story = with_app_account();
    schema::AccountSuspended event;
    event.mutable_leaf()->mutable_head()->set_reason("account.of_later_software");
    story.given_event(event);
    EXPECT_EQ(story.state().account.suspension, Suspension::fraud_suspected);
}

TEST(AccountState, SurvivesItsRow) {
    CitizenStory story = with_nfc_account();
    const auto& account = story.state().account;
    const auto row = fold::decode_row<AccountState>(fold::encode_row(account));
    ASSERT_TRUE(row);
    EXPECT_EQ(*row, account);
}

}  // namespace
}  // namespace chopmark::citizen
