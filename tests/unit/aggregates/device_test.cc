#include "aggregates/citizen/device.h"

#include "events/fold/row_codec.h"
#include "tests/support/citizen_evidence.h"

namespace chopmark::citizen {
namespace {

using namespace test;

CitizenStory with_nfc_account() {
    CitizenStory story = staffed_story();
    story.given(register_by_nfc(story, card_of_chan(), 1));
    return story;
}

CitizenStory with_kiosk_account() {
    CitizenStory story = staffed_story();
    story.given(register_at_kiosk(story, card_of_chan(), 1));
    return story;
}

DeviceVoucher voucher(CitizenStory& story) {
    return {story.state().account.registered_by, kiosk, story.now()};
}

RebindDevice by_password(CitizenStory& story, std::uint8_t number) {
    return {ByPassword{{true, *story.state().account.password_verifier, story.now()},
                       by_chip(story, card_of_chan())},
            present(card_of_chan()),
            phone(story, number),
            {}};
}

RebindDevice before_operator(CitizenStory& story, std::uint8_t number) {
    return {at_counter(story, card_of_chan()), present(card_of_chan()), phone(story, number), {}};
}

// ---- the first phone
// -----------------------------------------------------------------------------

TEST(BindDevice, OfARegistrationByPhoneIsInItself) {
    CitizenStory story = with_nfc_account();
    const Device* device = current_device(story.state());
    ASSERT_NE(device, nullptr);
    EXPECT_EQ(device->public_key, sample_key(1));
    EXPECT_EQ(device->bound_by, story.state().account.registered_by);
    EXPECT_EQ(active_device(story.state(), device->id), device);
    EXPECT_FALSE(cooling_off(story.state(), device->id, story.now()));
    EXPECT_TRUE(outstanding(story.state().devices).empty());
}

TEST(BindDevice, TakesTheVoucherOfTheRegistration) {
    CitizenStory story = with_kiosk_account();
    EXPECT_EQ(current_device(story.state()), nullptr);
    const BindDevice command{voucher(story), phone(story, 1), {}};
    const auto event = story.when(command).then<schema::DeviceBound>();
    EXPECT_EQ(event.link().device_id(), command.device.id.bytes());
    EXPECT_EQ(event.link().place().terminal_id(), kiosk.bytes());
    EXPECT_EQ(event.link().cooling_off_until_us(), 0);
    EXPECT_TRUE(event.link().old_device_id().empty());
    EXPECT_EQ(event.personal().device().model(), "Model 1");
    const EventId source = story.given(command);
    EXPECT_EQ(current_device(story.state())->bound_by, source);
    EXPECT_FALSE(cooling_off(story.state(), command.device.id, story.now()));
    EXPECT_TRUE(outstanding(story.state().devices).empty());
}

TEST(BindDevice, TakesAVoucherOnceInTimeForItsRegistrationFromAnActiveTerminal) {
    CitizenStory story = with_kiosk_account();
    DeviceVoucher one = voucher(story);
    one.registered_by = EventId();
    story.when(BindDevice{one, phone(story, 1), {}}).then_refused(device_voucher_foreign);
    one = voucher(story);
    one.terminal = sample_id<TerminalId>(0x99);
    story.when(BindDevice{one, phone(story, 1), {}}).then_refused(terminal_unknown);
    one = voucher(story);
    story.pass(limits::device_voucher_life);
    story.when(BindDevice{one, phone(story, 1), {}}).then_refused(device_voucher_expired);

    schema::TerminalSuspended suspended;
    suspended.mutable_leaf()->set_terminal_id(kiosk.to_bytes());
    story.given_control(suspended);
    story.when(BindDevice{voucher(story), phone(story, 1), {}}).then_refused(terminal_not_active);
    schema::TerminalResumed resumed;
    resumed.mutable_leaf()->set_terminal_id(kiosk.to_bytes());
    story.given_control(resumed);

    story.given(BindDevice{voucher(story), phone(story, 1), {}});
    story.when(BindDevice{voucher(story), phone(story, 2), {}}).then_refused(device_already_bound);
    story.given(RevokeDevice{phone(story, 1).id, order(story)});
    story.when(BindDevice{voucher(story), phone(story, 2), {}}).then_refused(device_already_bound);
}

TEST(BindDevice, NeedsAnActiveAccountAndAGoodKey) {
    CitizenStory story = with_kiosk_account();
    NewDevice device = phone(story, 1);
    device.public_key.front() = '\x02';
    story.when(BindDevice{voucher(story), device, {}}).then_refused(device_key_malformed);
    device = phone(story, 1);
    device.made_at = story.now() - limits::challenge_life;
    story.when(BindDevice{voucher(story), device, {}}).then_refused(evidence_stale);
    device.made_at = story.now() + limits::clock_difference + Duration(1);
    story.when(BindDevice{voucher(story), device, {}}).then_refused(evidence_stale);
    story.given(SuspendAccount{Suspension::fraud_suspected, order(story)});
    story.when(BindDevice{voucher(story), phone(story, 1), {}}).then_refused(account_suspended);
}

// ---- another phone
// -------------------------------------------------------------------------------

TEST(RebindDevice, ByPasswordChipAndFaceReplacesThePhoneWithCoolingOffAndNotice) {
    CitizenStory story = with_nfc_account();
    const DeviceId old = current_device(story.state())->id;
    const RebindDevice command = by_password(story, 2);
    const auto event = story.when(command).then<schema::DeviceBound>();
    EXPECT_EQ(event.link().old_device_id(), old.bytes());
    EXPECT_EQ(event.link().cooling_off_until_us(), (story.now() + std::chrono::hours(72)).micros());
    EXPECT_TRUE(event.personal().checks().chip_answered());
    EXPECT_FALSE(event.link().has_place());

    const Instant bound_at = story.now();
    const EventId source = story.given(command);
    const DeviceId now = command.device.id;
    EXPECT_EQ(active_device(story.state(), old), nullptr);
    ASSERT_NE(active_device(story.state(), now), nullptr);
    EXPECT_TRUE(cooling_off(story.state(), now, bound_at));
    EXPECT_TRUE(cooling_off(story.state(), now, bound_at + std::chrono::hours(72) - Duration(1)));
    EXPECT_FALSE(cooling_off(story.state(), now, bound_at + std::chrono::hours(72)));
    EXPECT_FALSE(cooling_off(story.state(), old, bound_at));
    EXPECT_EQ(outstanding(story.state().devices),
              std::vector{(FollowUp{source, device_notice, bound_at})});
    EXPECT_EQ(check_may_sign(story.state(), now, story.context()).error(), device_cooling_off);
    story.pass(std::chrono::hours(72));
    EXPECT_TRUE(check_may_sign(story.state(), now, story.context()));
}

TEST(RebindDevice, AtATerminalNamesThePlaceAndCoolsOffToo) {
    CitizenStory story = with_nfc_account();
    const auto staffed = story.when(before_operator(story, 2)).then<schema::DeviceBound>();
    EXPECT_EQ(staffed.link().place().operator_id(), clerk.bytes());
    EXPECT_GT(staffed.link().cooling_off_until_us(), story.now().micros());
    RebindDevice command = before_operator(story, 2);
    command.by = at_kiosk(story, card_of_chan());
    const auto event = story.when(command).then<schema::DeviceBound>();
    EXPECT_EQ(event.link().place().terminal_id(), kiosk.bytes());
}

TEST(RebindDevice, AfterRevocationOwesNobodyANotice) {
    CitizenStory story = with_nfc_account();
    story.given(RevokeDevice{current_device(story.state())->id, order(story)});
    const auto event = story.when(before_operator(story, 2)).then<schema::DeviceBound>();
    EXPECT_TRUE(event.link().old_device_id().empty());
    story.given(before_operator(story, 2));
    EXPECT_TRUE(outstanding(story.state().devices).empty());
}

TEST(RebindDevice, CoolsOffAsLongAsThePolicySays) {
    CitizenStory story = with_nfc_account();
    schema::PolicySet policy;
    policy.mutable_leaf()->set_version(1);
    auto& setting = *policy.mutable_leaf()->add_settings();
    setting.set_name("cooling_off");
    setting.set_value("0");
    story.given_control(policy);
    story.given(by_password(story, 2));
    EXPECT_FALSE(cooling_off(story.state(), phone(story, 2).id, story.now()));
}

TEST(RebindDevice, NeedsAPasswordThatIsTheCurrentOne) {
    CitizenStory story = with_nfc_account();
    RebindDevice command = by_password(story, 2);
    std::get<ByPassword>(command.by).password.verifier = CommandId();
    story.when(command).then_refused(evidence_stale);
    command = by_password(story, 2);
    std::get<ByPassword>(command.by).password.checked_at = story.now() - std::chrono::minutes(10);
    story.when(command).then_refused(evidence_stale);
    story.given(SetPassword{proof(story)});

    CitizenStory without = staffed_story();
    without.given(register_by_app(without, card_of_chan(), 1));
    without
        .when(RebindDevice{
            ByPassword{{true, CommandId(), without.now()}, by_chip(without, card_of_chan())},
            present(card_of_chan()),
            phone(without, 2),
            {}})
        .then_refused(device_no_password);
}

TEST(RebindDevice, WithAKnownPhoneOrKeyIsRefused) {
    CitizenStory story = with_nfc_account();
    RebindDevice command = by_password(story, 2);
    command.device.id = phone(story, 1).id;
    story.when(command).then_refused(device_id_taken);
    command = by_password(story, 2);
    command.device.public_key = sample_key(1);
    story.when(command).then_refused(device_key_reused);
    command.device.public_key.clear();
    story.when(command).then_refused(device_key_malformed);
}

TEST(RebindDevice, NeedsAnActiveAccount) {
    CitizenStory story = with_nfc_account();
    const RebindDevice command = by_password(story, 2);
    story.given(SuspendAccount{Suspension::device_lost, order(story)});
    story.when(command).then_refused(account_suspended);
}

TEST(RebindDevice, FailureThatMattersToFraudIsRecorded) {
    const auto recorded = [](auto spoil) {
        CitizenStory story = with_nfc_account();
        RebindDevice command = by_password(story, 2);
        spoil(story, command);
        const auto event = story.when(command).then<schema::DeviceBindingRefused>();
        EXPECT_EQ(event.link().old_device_id(), phone(story, 1).id.bytes());
        EXPECT_EQ(event.link().hardware().current(), command.device.hardware.current());
        EXPECT_EQ(recorded_reason(event.leaf().head().reason())->name,
                  event.leaf().head().reason());
        return event.leaf().head().reason();
    };
    EXPECT_EQ(recorded([](auto&, auto& c) { std::get<ByPassword>(c.by).password.good = false; }),
              device_password_wrong.name);
    EXPECT_EQ(recorded([](auto&, auto& c) {
                  std::get<ByPassword>(c.by).identity.face.liveness_permille = 0;
              }),
              liveness_failed.name);
    EXPECT_EQ(
        recorded([](auto&, auto& c) { std::get<ByPassword>(c.by).identity.chip.answered = false; }),
        chip_not_genuine.name);
    EXPECT_EQ(recorded([](auto& story, auto& c) {
                  std::get<ByPassword>(c.by).identity = by_chip(story, card_of_wong());
                  c.card = present(card_of_wong());
              }),
              other_card.name);
    EXPECT_EQ(recorded([](auto& story, auto& c) {
                  StaffedIdentity identity = at_counter(story, card_of_chan());
                  identity.op.same_face = false;
                  c.by = identity;
              }),
              operator_saw_another.name);
}

TEST(RebindDevice, RefusalThatSaysNothingOfFraudIsNotRecorded) {
    CitizenStory story = with_nfc_account();
    RebindDevice command = by_password(story, 2);
    std::get<ByPassword>(command.by).identity.registered.verdict =
        RegisterCheck::Verdict::unreachable;
    story.when(command).then_refused(register_unreachable);
}

TEST(RebindDevice, ByPhoneEndsForADayWhenTheQuotaIsSpentAndTerminalsStayOpen) {
    CitizenStory story = with_nfc_account();
    for (int i = 0; i < 5; ++i) {
        RebindDevice wrong = by_password(story, 2);
        std::get<ByPassword>(wrong.by).password.good = false;
        story.given(wrong);
    }
    story.when(by_password(story, 2)).then_refused(device_attempts_exhausted);
    RebindDevice wrong_face = before_operator(story, 2);
    std::get<StaffedIdentity>(wrong_face.by).op.same_face = false;
    story.when(wrong_face).then_refused(device_attempts_exhausted);
    story.when(before_operator(story, 2)).then<schema::DeviceBound>();
    story.pass(binding_refusals_window - Duration(1));
    story.when(by_password(story, 2)).then_refused(device_attempts_exhausted);
    story.pass(Duration(1));
    story.when(by_password(story, 2)).then<schema::DeviceBound>();
}

TEST(RebindDevice, ForgetsEarlierFailures) {
    CitizenStory story = with_nfc_account();
    RebindDevice wrong = by_password(story, 2);
    std::get<ByPassword>(wrong.by).password.good = false;
    story.given(wrong);
    EXPECT_EQ(story.state().devices.refusals.size(), 1U);
    story.given(before_operator(story, 2));
    EXPECT_TRUE(story.state().devices.refusals.empty());
}

// ---- notice
// --------------------------------------------------------------------------------------

TEST(DeviceNotice, IsOwedToEveryReplacedPhoneUntilSettled) {
    CitizenStory story = with_nfc_account();
    const EventId first = story.given(by_password(story, 2));
    const EventId second = story.given(by_password(story, 3));
    ASSERT_EQ(outstanding(story.state().devices).size(), 2U);
    const auto event =
        story.when(SettleDeviceNotice{first, true, 3}).then<schema::DeviceNoticeSettled>();
    EXPECT_TRUE(event.leaf().delivered());
    EXPECT_EQ(event.leaf().head().outcome(), schema::DONE);
    EXPECT_EQ(event.link().device_id(), phone(story, 1).id.bytes());
    EXPECT_EQ(event.link().attempts(), 3U);
    story.given(SettleDeviceNotice{first, true, 3});
    ASSERT_EQ(outstanding(story.state().devices).size(), 1U);
    EXPECT_EQ(outstanding(story.state().devices).front().cause, second);
    story.when(SettleDeviceNotice{first, true, 1}).then_refused(device_notice_settled);
    const auto given_up =
        story.when(SettleDeviceNotice{second, false, 9}).then<schema::DeviceNoticeSettled>();
    EXPECT_EQ(given_up.leaf().head().outcome(), schema::FAILED);
}

TEST(DeviceNotice, EndsWithTheAccount) {
    CitizenStory story = with_nfc_account();
    const EventId cause = story.given(by_password(story, 2));
    story.given(CloseAccount{Closure::citizen_wish, order(story)});
    EXPECT_TRUE(outstanding(story.state().devices).empty());
    story.when(SettleDeviceNotice{cause, true, 1}).then_refused(device_notice_settled);
}

// ---- revocation
// ----------------------------------------------------------------------------------

TEST(RevokeDevice, IsForThePhoneItselfStaffAnAlertOrAVisit) {
    CitizenStory story = with_nfc_account();
    const DeviceId device = current_device(story.state())->id;
    const auto by_itself =
        story.when(RevokeDevice{device, proof(story)}).then<schema::DeviceRevoked>();
    EXPECT_EQ(by_itself.link().device_id(), device.bytes());
    EXPECT_EQ(by_itself.personal().device_signature(), "signature");
    const auto by_staff =
        story.when(RevokeDevice{device, order(story)}).then<schema::DeviceRevoked>();
    EXPECT_EQ(by_staff.link().case_id(), open_case.bytes());
    const auto by_alert =
        story.when(RevokeDevice{device, AlertOrder{alert}}).then<schema::DeviceRevoked>();
    EXPECT_EQ(by_alert.link().alert_id(), alert.bytes());
    const auto in_person = story.when(RevokeDevice{device, visit(story, card_of_chan())})
                               .then<schema::DeviceRevoked>();
    EXPECT_EQ(in_person.link().place().terminal_id(), counter.bytes());
    EXPECT_EQ(card_of(DeviceCommand(RevokeDevice{device, visit(story, card_of_chan())})),
              present(card_of_chan()).token);
    EXPECT_EQ(card_of(DeviceCommand(by_password(story, 2))), present(card_of_chan()).token);
    EXPECT_EQ(card_of(DeviceCommand(SettleDeviceNotice{})), std::nullopt);
}

TEST(RevokeDevice, EndsItAndIsDoneOnce) {
    CitizenStory story = with_nfc_account();
    const DeviceProof by = proof(story);
    story.given(RevokeDevice{by.device, by});
    EXPECT_EQ(current_device(story.state()), nullptr);
    EXPECT_EQ(check_proof(story.state(), by, story.now()).error(), device_revoked);
    story.when(RevokeDevice{by.device, order(story)}).then_refused(device_revoked);
    story.when(RevokeDevice{sample_id<DeviceId>(0x99), order(story)}).then_refused(device_unknown);
}

TEST(RevokeDevice, WorksOnASuspendedAccountButNotOnOneThatIsOver) {
    CitizenStory story = with_nfc_account();
    const DeviceId device = current_device(story.state())->id;
    story.given(SuspendAccount{Suspension::device_lost, order(story)});
    story.when(RevokeDevice{device, order(story)}).then<schema::DeviceRevoked>();
    story.given(CloseAccount{Closure::deceased, order(story)});
    story.when(RevokeDevice{device, order(story)}).then_refused(account_closed);
}

// ---- for other nouns
// -----------------------------------------------------------------------------

TEST(DeviceProof, HoldsForTheBindingItWasVerifiedAgainst) {
    CitizenStory story = with_nfc_account();
    const DeviceProof good = proof(story);
    EXPECT_TRUE(check_proof(story.state(), good, story.now()));
    DeviceProof other = good;
    other.bound_by = EventId();
    EXPECT_EQ(check_proof(story.state(), other, story.now()).error(), evidence_stale);
    other = good;
    other.device = sample_id<DeviceId>(0x99);
    EXPECT_EQ(check_proof(story.state(), other, story.now()).error(), device_unknown);
    const Instant end = story.now() + limits::challenge_life;
    EXPECT_TRUE(check_proof(story.state(), good, end - Duration(1)));
    EXPECT_EQ(check_proof(story.state(), good, end).error(), evidence_stale);
    other = good;
    other.made_at = story.now() + limits::clock_difference + Duration(1);
    EXPECT_EQ(check_proof(story.state(), other, story.now()).error(), evidence_stale);
    story.given(by_password(story, 2));
    EXPECT_EQ(check_proof(story.state(), good, story.now()).error(), device_revoked);
}

TEST(MaySign, AsksForAnAttestedKeyUnlessThePolicyDoesNot) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
    std::get<ByNfc>(command.by).device.attestation = schema::ATTESTATION_LEVEL_NONE;
    story.given(command);
    const DeviceId device = current_device(story.state())->id;
    EXPECT_EQ(check_may_sign(story.state(), device, story.context()).error(), device_not_attested);
    EXPECT_EQ(check_may_sign(story.state(), DeviceId(), story.context()).error(), device_unknown);
    schema::PolicySet policy;
    policy.mutable_leaf()->set_version(1);
    auto& setting = *policy.mutable_leaf()->add_settings();
    setting.set_name("unattested_devices_may_sign");
    setting.set_value("1");
    story.given_control(policy);
    EXPECT_TRUE(check_may_sign(story.state(), device, story.context()));
}

// ---- folding
// -------------------------------------------------------------------------------------

TEST(DeviceState, StaysBoundedHoweverOftenPhonesChange) {
    DeviceState state;
    for (std::uint8_t i = 1; i <= 40; ++i) {
        schema::DeviceBound event;
        event.mutable_link()->set_device_id(sample_id<DeviceId>(0x71, i).to_bytes());
        event.mutable_link()->set_old_device_id(
            sample_id<DeviceId>(0x71, static_cast<std::uint8_t>(i - 1)).to_bytes());
        evolve(state, event, {sample_id<EventId>(i), Instant::from_seconds(i)});
        evolve(state, schema::DeviceBindingRefused(), {EventId(), Instant::from_seconds(i)});
    }
    EXPECT_EQ(state.devices.size(), limits::devices_per_account);
    EXPECT_TRUE(state.devices.at(sample_id<DeviceId>(0x71, 40)).active);
    EXPECT_TRUE(state.devices.contains(sample_id<DeviceId>(0x71, 33)));
    EXPECT_LE(state.notices.size(), limits::devices_per_account);
    for (std::size_t i = 0; i < 2 * limits::binding_refusals_per_account; ++i) {
        evolve(state, schema::DeviceBindingRefused(), {EventId(), Instant::from_seconds(50)});
    }
    EXPECT_EQ(state.refusals.size(), limits::binding_refusals_per_account);
}

TEST(DeviceState, SurvivesItsRow) {
    CitizenStory story = with_nfc_account();
    story.given(by_password(story, 2));
    const auto& devices = story.state().devices;
    const auto row = fold::decode_row<DeviceState>(fold::encode_row(devices));
    ASSERT_TRUE(row);
    EXPECT_EQ(*row, devices);
}

}  // namespace
}  // namespace chopmark::citizen
