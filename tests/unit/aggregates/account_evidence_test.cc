// What spoils the evidence of a registration, and which of it is recorded.
#include <functional>

#include "aggregates/citizen/account.h"
#include "tests/support/citizen_evidence.h"

namespace chopmark::citizen {
namespace {

using namespace test;

using Spoil = std::function<void(RegisterAccount&)>;

struct Case {
    RegisterAccount (*make)(const CitizenStory&, const CardFace&, std::uint8_t);
    Spoil spoil;
    Reason reason;
    schema::Outcome outcome = schema::REFUSED;
};

ByApp& app(RegisterAccount& command) { return std::get<ByApp>(command.by); }
ByNfc& nfc(RegisterAccount& command) { return std::get<ByNfc>(command.by); }
ByKiosk& kiosk_of(RegisterAccount& command) { return std::get<ByKiosk>(command.by); }
ByStaff& staff(RegisterAccount& command) { return std::get<ByStaff>(command.by); }

std::vector<Case> recorded_cases() {
    using Verdict = RegisterCheck::Verdict;
    return {
        {register_by_app, [](auto& c) { app(c).identity.face.liveness_permille = 799; },
         liveness_failed, schema::FAILED},
        {register_by_app, [](auto& c) { app(c).identity.face.match_permille = 799; },
         face_not_matched, schema::FAILED},
        {register_by_app,
         [](auto& c) { app(c).identity.registered.verdict = Verdict::not_matched; },
         register_not_matched, schema::FAILED},
        {register_by_app,
         [](auto& c) { app(c).identity.registered.verdict = Verdict::card_invalid; },
         card_not_valid, schema::FAILED},
        {register_by_nfc, [](auto& c) { nfc(c).identity.chip.issuer_signature_good = false; },
         chip_not_genuine},
        {register_by_nfc, [](auto& c) { nfc(c).identity.chip.answered = false; }, chip_not_genuine},
        {register_by_nfc, [](auto& c) { nfc(c).identity.face.liveness_permille = 0; },
         liveness_failed, schema::FAILED},
        {register_at_kiosk, [](auto& c) { kiosk_of(c).identity.chip.answered = false; },
         chip_not_genuine},
        {register_at_kiosk, [](auto& c) { kiosk_of(c).identity.face.match_permille = 1; },
         face_not_matched, schema::FAILED},
        {register_at_counter, [](auto& c) { staff(c).identity.op.same_face = false; },
         operator_saw_another},
        {register_at_counter, [](auto& c) { staff(c).identity.chip.answered = false; },
         chip_not_genuine},
        {register_at_counter,
         [](auto& c) { staff(c).identity.registered.verdict = Verdict::card_invalid; },
         card_not_valid, schema::FAILED},
        // The team's member at the counter.
        {register_at_counter,
         [](auto& c) {
             staff(c).identity.op.op = team_member;
             staff(c).identity.op.public_key = sample_key(team_member.array().front());
         },
         operator_not_permitted},
    };
}

TEST(RegistrationEvidence, ThatMattersToFraudIsRecorded) {
    for (const Case& one : recorded_cases()) {
        SCOPED_TRACE(one.reason.name);
        CitizenStory story = staffed_story();
        RegisterAccount command = one.make(story, card_of_chan(), 1);
        one.spoil(command);
        const auto event = story.when(command).then<schema::RegistrationRefused>();
        EXPECT_EQ(event.leaf().head().reason(), one.reason.name);
        EXPECT_EQ(event.leaf().head().outcome(), one.outcome);
        EXPECT_EQ(event.link().attempt().current(), command.card.attempt.current());
        EXPECT_TRUE(event.personal().has_checks());
        EXPECT_EQ(recorded_reason(event.leaf().head().reason()), one.reason);
        story.given(command);
        EXPECT_EQ(story.state().account.status, AccountStatus::none);
    }
}

TEST(RegistrationEvidence, RecordedNamesWhereItHappened) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_at_counter(story, card_of_chan(), 1);
    staff(command).identity.op.same_face = false;
    const auto event = story.when(command).then<schema::RegistrationRefused>();
    EXPECT_EQ(event.leaf().head().channel(), schema::COUNTER);
    EXPECT_EQ(event.link().place().terminal_id(), counter.bytes());
    EXPECT_EQ(event.link().place().operator_id(), clerk.bytes());
    EXPECT_TRUE(event.link().hardware().current().empty());

    RegisterAccount by_phone = register_by_app(story, card_of_chan(), 1);
    app(by_phone).identity.face.match_permille = 0;
    const auto other = story.when(by_phone).then<schema::RegistrationRefused>();
    EXPECT_EQ(other.leaf().head().channel(), schema::APP);
    EXPECT_EQ(other.link().hardware().current(), app(by_phone).device.hardware.current());
    EXPECT_FALSE(other.link().has_place());
}

TEST(RegistrationEvidence, OfAnUnattestedAppIsRefusedWithoutARecord) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_app(story, card_of_chan(), 1);
    app(command).device.attestation = schema::ATTESTATION_LEVEL_NONE;
    story.when(command).then<schema::AccountRegistered>();
    app(command).identity.face.match_permille = 0;
    story.when(command).then_refused(face_not_matched);
}

TEST(RegistrationEvidence, ThatCouldNotBeHadIsRefusedForNow) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_app(story, card_of_chan(), 1);
    app(command).identity.registered.verdict = RegisterCheck::Verdict::unreachable;
    story.when(command).then_refused(register_unreachable);
    command = register_at_kiosk(story, card_of_chan(), 1);
    kiosk_of(command).identity.face.reached = false;
    story.when(command).then_refused(matcher_unreachable);
}

TEST(RegistrationEvidence, ThatIsTooOldIsStale) {
    const auto older = [](auto make, auto spoil) {
        CitizenStory story = staffed_story();
        RegisterAccount command = make(story, card_of_chan(), 1);
        // Scores pass, but one check lies exactly the policy's ten minutes back.
        spoil(command, story.now() - std::chrono::minutes(10));
        story.when(command).then_refused(evidence_stale);
        spoil(command, story.now() - std::chrono::minutes(10) + Duration(1));
        story.when(command).then<schema::AccountRegistered>();
        spoil(command, story.now() + limits::clock_difference + Duration(1));
        story.when(command).then_refused(evidence_stale);
    };
    older(register_by_app, [](auto& c, Instant at) { app(c).identity.face.checked_at = at; });
    older(register_by_app, [](auto& c, Instant at) { app(c).identity.registered.checked_at = at; });
    older(register_by_nfc, [](auto& c, Instant at) { nfc(c).identity.chip.checked_at = at; });
    older(register_at_kiosk,
          [](auto& c, Instant at) { kiosk_of(c).identity.terminal.made_at = at; });
    older(register_at_counter, [](auto& c, Instant at) { staff(c).identity.op.made_at = at; });
}

TEST(RegistrationEvidence, AboutAnotherCardIsStale) {
    const Digest other = digest_of(card_of_wong());
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
    nfc(command).identity.registered.card = other;
    story.when(command).then_refused(evidence_stale);
    command = register_by_nfc(story, card_of_chan(), 1);
    nfc(command).identity.face.card = other;
    story.when(command).then_refused(evidence_stale);
    command = register_by_nfc(story, card_of_chan(), 1);
    nfc(command).identity.chip.card = other;
    story.when(command).then_refused(evidence_stale);
}

TEST(RegistrationEvidence, OfAChipThatAnsweredAnotherChallengeIsStale) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
    story.given(register_by_app(story, card_of_wong(), 2));
    story.when(command).then_refused(evidence_stale);
}

// ---- terminals and operators
// ---------------------------------------------------------------------

TEST(RegistrationTerminal, MustBeKnownActiveAndOfItsKind) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_at_kiosk(story, card_of_chan(), 1);
    kiosk_of(command).identity.terminal.terminal = sample_id<TerminalId>(0x99);
    story.when(command).then_refused(terminal_unknown);
    command = register_at_kiosk(story, card_of_chan(), 1);
    kiosk_of(command).identity.terminal = signed_at(story, counter);
    story.when(command).then_refused(terminal_wrong_kind);
    command = register_at_counter(story, card_of_chan(), 1);
    staff(command).identity.terminal = signed_at(story, kiosk);
    story.when(command).then_refused(terminal_wrong_kind);

    schema::TerminalSuspended suspended;
    suspended.mutable_leaf()->set_terminal_id(kiosk.to_bytes());
    story.given_control(suspended);
    story.when(register_at_kiosk(story, card_of_chan(), 1)).then_refused(terminal_not_active);
}

TEST(RegistrationTerminal, WhoseKeyChangedSinceIsStale) {
    CitizenStory story = staffed_story();
    schema::TerminalKeyChanged changed;
    changed.mutable_leaf()->set_terminal_id(kiosk.to_bytes());
    changed.mutable_link()->set_public_key(sample_key(0x77));
    story.given_control(changed);
    story.when(register_at_kiosk(story, card_of_chan(), 1)).then_refused(evidence_stale);
}

TEST(RegistrationOperator, MustBeKnownAndSignWithTheEnrolledKey) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_at_counter(story, card_of_chan(), 1);
    staff(command).identity.op.op = sample_id<OperatorId>(0x99);
    story.when(command).then_refused(operator_unknown);
    command = register_at_counter(story, card_of_chan(), 1);
    staff(command).identity.op.public_key = sample_key(0x77);
    story.when(command).then_refused(evidence_stale);
}

TEST(RegistrationOperator, WhoIsSuspendedLeavesARecord) {
    CitizenStory story = staffed_story();
    schema::OperatorSuspended suspended;
    suspended.mutable_link()->set_operator_id(clerk.to_bytes());
    story.given_control(suspended);
    const auto event = story.when(register_at_counter(story, card_of_chan(), 1))
                           .then<schema::RegistrationRefused>();
    EXPECT_EQ(event.leaf().head().reason(), operator_not_permitted.name);
}

TEST(RegistrationOperator, OfNoTeamServesNoTeamsTablet) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_at_counter(story, card_of_chan(), 1);
    StaffedIdentity identity = before_team(story, card_of_chan());
    identity.op = signed_by(story, clerk);
    command.by = ByStaff{identity};
    const auto event = story.when(command).then<schema::RegistrationRefused>();
    EXPECT_EQ(event.leaf().head().reason(), operator_not_permitted.name);
    EXPECT_EQ(event.leaf().head().channel(), schema::MOBILE_TEAM);
}

// ---- quotas
// --------------------------------------------------------------------------------------

RegisterAccount mismatch_by_app(const CitizenStory& story, const CardFace& card,
                                std::uint8_t number) {
    RegisterAccount command = register_by_app(story, card, number);
    app(command).identity.face.match_permille = 0;
    return command;
}

TEST(RegistrationQuota, OfAPhoneEndsItsTriesForADayWhateverItBrings) {
    CitizenStory story = staffed_story();
    for (int i = 0; i < 5; ++i) {
        story.given(mismatch_by_app(story, card_of_chan(), 1));
    }
    story.when(mismatch_by_app(story, card_of_wong(), 1)).then_refused(account_attempts_exhausted);
    story.when(register_by_app(story, card_of_wong(), 1)).then_refused(account_attempts_exhausted);
    story.pass(std::chrono::hours(24));
    story.when(register_by_app(story, card_of_wong(), 1)).then<schema::AccountRegistered>();
}

TEST(RegistrationQuota, OfACardEndsTheRecordsButNeverLocksItsOwnerOut) {
    CitizenStory story = staffed_story();
    for (std::uint8_t other_phone = 1; other_phone <= 5; ++other_phone) {
        story.given(mismatch_by_app(story, card_of_chan(), other_phone));
    }
    story.when(mismatch_by_app(story, card_of_chan(), 6)).then_refused(account_attempts_exhausted);
    story.when(register_by_app(story, card_of_chan(), 7)).then<schema::AccountRegistered>();
    story.when(register_at_counter(story, card_of_chan(), 7)).then<schema::AccountRegistered>();
    story.pass(std::chrono::hours(24));
    story.when(mismatch_by_app(story, card_of_chan(), 6)).then<schema::RegistrationRefused>();
}

TEST(RegistrationQuota, OfATerminalIsByTheHourAndLeavesItOpenToOthers) {
    CitizenStory story = staffed_story();
    schema::PolicySet policy;
    policy.mutable_leaf()->set_name("platform");
    policy.mutable_leaf()->set_version(1);
    auto& setting = *policy.mutable_leaf()->add_settings();
    setting.set_name("attempts_per_terminal_and_hour");
    setting.set_value("2");
    story.given_control(policy);
    const auto wrong_face = [&](const CardFace& card) {
        RegisterAccount command = register_at_kiosk(story, card, 1);
        kiosk_of(command).identity.face.match_permille = 0;
        return command;
    };
    story.given(wrong_face(card_of_chan()));
    story.given(wrong_face(card_of_wong()));
    story.when(wrong_face(card_of_wong())).then_refused(account_attempts_exhausted);
    story.when(register_at_kiosk(story, card_of_wong(), 1)).then<schema::AccountRegistered>();
    story.pass(std::chrono::hours(1));
    story.when(wrong_face(card_of_wong())).then<schema::RegistrationRefused>();
}

TEST(RegistrationQuota, OfTheSlotsMemoryEndsRecordsOfFurtherCards) {
    CitizenStory story = staffed_story();
    schema::RegistrationRefused other;
    for (std::size_t i = 0; i < limits::attempt_parties_per_slot; ++i) {
        other.mutable_link()->mutable_attempt()->set_current("card " + std::to_string(i));
        story.given_event(other);
    }
    story.when(mismatch_by_app(story, card_of_chan(), 1)).then_refused(account_attempts_exhausted);
    story.when(register_by_app(story, card_of_chan(), 1)).then<schema::AccountRegistered>();
}

// ---- policy
// --------------------------------------------------------------------------------------

TEST(RegistrationPolicy, SaysWhichScoresPass) {
    CitizenStory story = staffed_story();
    RegisterAccount command = register_by_app(story, card_of_chan(), 1);
    app(command).identity.face.match_permille = 800;
    app(command).identity.face.liveness_permille = 800;
    story.when(command).then<schema::AccountRegistered>();
    schema::PolicySet policy;
    policy.mutable_leaf()->set_version(1);
    auto& setting = *policy.mutable_leaf()->add_settings();
    setting.set_name("face_score_permille");
    setting.set_value("801");
    story.given_control(policy);
    command = register_by_app(story, card_of_chan(), 1);
    app(command).identity.face.match_permille = 800;
    const auto event = story.when(command).then<schema::RegistrationRefused>();
    EXPECT_EQ(event.leaf().head().reason(), face_not_matched.name);
}

TEST(RecordedReason, IsNothingForOtherNames) {
    EXPECT_FALSE(recorded_reason("account.too_young"));
    EXPECT_FALSE(recorded_outcome(account_too_young));
    EXPECT_FALSE(recorded_reason(""));
}

}  // namespace
}  // namespace chopmark::citizen
