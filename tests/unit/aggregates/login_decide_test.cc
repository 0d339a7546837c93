#include <gtest/gtest.h>

#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

RefuseLogin refuse(CitizenStory& story, std::uint8_t number) {
    const ApproveLogin approval = approve(story, number);
    return {approval.offer, approval.ends, approval.proof, LoginRefusal::not_mine};
}

ExpireLogin expire(const ApproveLogin& approval) { return {approval.offer, approval.ends}; }

TEST(LoginDecide, ApprovesAClaimedQrLogin) {
    CitizenStory story = served_story();
    const ApproveLogin command = approve(story, 1);
    const auto event = story.when(command).then<schema::LoginApproved>();
    const auto& leaf = event.leaf();
    EXPECT_EQ(leaf.head().outcome(), schema::DONE);
    EXPECT_EQ(leaf.head().channel(), schema::APP);
    EXPECT_EQ(leaf.head().retention(), schema::RETENTION_UNSPECIFIED);
    EXPECT_EQ(leaf.head().claims(), command.claims.bytes());
    EXPECT_EQ(leaf.client_id(), service.bytes());
    EXPECT_EQ(leaf.flow(), schema::QR);
    ASSERT_EQ(leaf.scopes_size(), 1);
    EXPECT_EQ(leaf.scopes(0), "eidapi_auth");
    EXPECT_EQ(leaf.step_up_level(), 0u);
    const auto& traces = event.link().traces();
    EXPECT_EQ(traces.login_id(), request_id(1).bytes());
    EXPECT_EQ(traces.device_id(), command.proof.device.bytes());
    EXPECT_EQ(traces.browser().country(), "HK");
    EXPECT_EQ(traces.qr_age_ms(), 7'000u);
    EXPECT_EQ(traces.scan_delay_ms(), 3'000u);
    EXPECT_EQ(traces.distance_class(), 1u);
    EXPECT_EQ(traces.picture(), schema::QR_REDRAWN);
    EXPECT_EQ(event.link().pins_size(), 0);
    const auto& details = event.personal().details();
    EXPECT_EQ(details.phone_address(), "203.0.113.7");
    EXPECT_EQ(details.browser_agent(), "browser agent");
    EXPECT_EQ(details.device_signature(), command.proof.signature);
    EXPECT_EQ(details.text_digest(), command.proof.text_digest.bytes());
    EXPECT_EQ(details.state_digest(), command.offer.state_digest.bytes());
}

TEST(LoginDecide, KeepsALoginWithProfileScopesAsEvidenceWithItsSources) {
    CitizenStory story = served_story();
    schema::ProfileFieldsSet set;
    set.mutable_leaf()->add_field_names("emailAddress");
    const EventId source = story.given_event(set);
    const auto event = story.when(approve(story, 1, {"eidapi_auth", "eidapi_profiles"}))
                           .then<schema::LoginApproved>();
    EXPECT_EQ(event.leaf().head().retention(), schema::EVIDENCE);
    std::map<std::string, Bytes> pins;
    for (const auto& pin : event.link().pins()) {
        pins[pin.field()] = pin.event_id();
    }
    EXPECT_EQ(pins["enName"], story.state().account.card_source.bytes());
    EXPECT_EQ(pins["emailAddress"], source.bytes());
    EXPECT_EQ(pins.size(), 7u);  // six of the card
}

TEST(LoginDecide, NeedsAnActiveAccount) {
    CitizenStory story = served_story();
    const ApproveLogin command = approve(story, 1);
    given_suspended(story);
    story.when(command).then_refused(account_suspended);
    story.when(expire(command)).then_refused(account_suspended);
}

TEST(LoginDecide, IsForTheDeviceThatScannedFirst) {
    CitizenStory story = served_story();
    ApproveLogin command = approve(story, 1);
    command.offer.claimed_by = sample_id<DeviceId>(0x77);
    story.when(command).then_refused(login_claimed_by_other);
}

TEST(LoginDecide, TakesNoProofOfAnotherBinding) {
    CitizenStory story = served_story();
    ApproveLogin command = approve(story, 1);
    command.proof.bound_by = sample_id<EventId>(0x99);
    story.when(command).then_refused(evidence_stale);
}

TEST(LoginDecide, TakesNoProofOfAReplacedDevice) {
    CitizenStory story = served_story();
    const ApproveLogin command = approve(story, 1);
    given_rebound(story, 2);
    story.when(command).then_refused(device_revoked);
}

TEST(LoginDecide, DecidesALoginOnce) {
    CitizenStory story = served_story();
    const ApproveLogin approval = approve(story, 1);
    story.given(approval);
    story.when(approval).then_refused(login_already_decided);
    story.when(refuse(story, 1)).then_refused(login_already_decided);
    story.given(refuse(story, 2));
    story.when(approve(story, 2)).then_refused(login_already_decided);
    const ApproveLogin third = approve(story, 3);
    story.pass(minutes(2));
    story.given(expire(third));
    story.when(expire(third)).then_refused(login_already_decided);
}

TEST(LoginDecide, RecordsWhyTheCitizenRefused) {
    CitizenStory story = served_story();
    RefuseLogin command = refuse(story, 1);
    for (const auto& [why, reason] : {std::pair(LoginRefusal::declined, login_declined),
                                      std::pair(LoginRefusal::not_mine, login_not_mine),
                                      std::pair(LoginRefusal::number_wrong, login_number_wrong)}) {
        command.why = why;
        const auto event = story.when(command).then<schema::LoginRefused>();
        EXPECT_EQ(event.leaf().head().outcome(), schema::REFUSED);
        EXPECT_EQ(event.leaf().head().reason(), reason.name);
        EXPECT_EQ(event.personal().details().device_signature(), command.proof.signature);
    }
}

TEST(LoginDecide, RefusesEvenForAServiceThatIsGone) {
    CitizenStory story = served_story();
    schema::RelyingPartySuspended suspended;
    suspended.mutable_leaf()->set_client_id(service.to_bytes());
    story.given_control(suspended);
    story.when(refuse(story, 1)).then<schema::LoginRefused>();
}

TEST(LoginDecide, TurnsALateAnswerIntoTheTimeOut) {
    CitizenStory story = served_story();
    ApproveLogin approval = approve(story, 1);
    RefuseLogin refusal = refuse(story, 1);
    story.pass(minutes(2) - milliseconds(1));
    story.when(approval).then<schema::LoginApproved>();
    story.pass(milliseconds(1));
    const auto event = story.when(approval).then<schema::LoginExpired>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::EXPIRED);
    EXPECT_EQ(event.leaf().head().reason(), login_request_expired.name);
    EXPECT_EQ(event.link().traces().login_id(), request_id(1).bytes());
    story.when(refusal).then<schema::LoginExpired>();
    story.when(expire(approval)).then<schema::LoginExpired>();
}

TEST(LoginDecide, ExpiresNothingBeforeItsTime) {
    CitizenStory story = served_story();
    const ApproveLogin approval = approve(story, 1);
    story.pass(minutes(2) - milliseconds(1));
    story.when(expire(approval)).then_refused(login_not_due);
}

TEST(LoginDecide, RecordsNothingOfALoginThatNobodyWaitsFor) {
    CitizenStory story = served_story();
    const ApproveLogin approval = approve(story, 1);
    story.pass(minutes(12));
    story.when(expire(approval)).then_refused(login_request_expired);
}

TEST(LoginDecide, HoldsTheServiceToItsScopes) {
    CitizenStory story = served_story();
    given_service(story, service, {"eidapi_auth"});
    story.when(approve(story, 1, {})).then_refused(login_scope_missing);
    story.when(approve(story, 1, {"eidapi_auth", "eidapi_sign"})).then_refused(scope_not_approved);
    ApproveLogin unknown = approve(story, 1);
    unknown.offer.client = sample_id<ClientId>(0x8f);
    story.when(unknown).then_refused(control::rp_not_active);
}

TEST(LoginDecide, KeepsANewPhoneFromProfilesUntilItHasCooledOff) {
    CitizenStory story = served_story();
    given_rebound(story, 2);
    story.when(approve(story, 1)).then<schema::LoginApproved>();
    story.when(approve(story, 1, {"eidapi_profiles"})).then_refused(device_cooling_off);
    schema::RelyingPartySetup setup;
    setup.set_sensitive(true);
    given_service(story, service, {"eidapi_auth"}, setup);
    story.when(approve(story, 1)).then_refused(device_cooling_off);
    story.pass(std::chrono::hours(72));
    ApproveLogin later = approve(story, 1);
    later.number_typed = true;
    story.when(later).then<schema::LoginApproved>();
}

TEST(LoginDecide, WantsTheNumberTypedForASensitiveServiceOnAnotherScreen) {
    CitizenStory story = served_story();
    schema::RelyingPartySetup setup;
    setup.set_sensitive(true);
    given_service(story, service, {"eidapi_auth"}, setup);
    ApproveLogin command = approve(story, 1);
    story.when(command).then_refused(login_step_up_required);
    command.offer.flow = schema::TICKET;
    EXPECT_EQ(story.when(command).then<schema::LoginApproved>().leaf().step_up_level(), 0u);
    command.offer.flow = schema::QR;
    command.number_typed = true;
    EXPECT_EQ(story.when(command).then<schema::LoginApproved>().leaf().step_up_level(), 1u);
}

TEST(LoginDecide, WantsAFaceForStepUp) {
    CitizenStory story = served_story();
    ApproveLogin command = approve(story, 1, {"eidapi_sua"});
    command.number_typed = true;
    story.when(command).then_refused(login_step_up_required);
    command.checks = checked(story);
    EXPECT_EQ(story.when(command).then<schema::LoginApproved>().leaf().step_up_level(), 3u);
    command.checks.chip.reset();
    EXPECT_EQ(story.when(command).then<schema::LoginApproved>().leaf().step_up_level(), 2u);
    command.offer.scopes = {"eidapi_auth"};
    command.offer.flow = schema::STEP_UP;
    command.checks.face.reset();
    story.when(command).then_refused(login_step_up_required);
}

TEST(LoginDecide, TakesNoCheckThatFailedOrIsStale) {
    CitizenStory story = served_story();
    ApproveLogin command = approve(story, 1, {"eidapi_sua"});
    const StepUpChecks good = checked(story);
    const auto refused = [&](const auto& spoil, const Reason& reason) {
        command.checks = good;
        spoil(command.checks);
        story.when(command).then_refused(reason);
    };
    refused([](auto& checks) { checks.card_source = sample_id<EventId>(0x99); }, evidence_stale);
    refused([](auto& checks) { checks.face->match_permille = 799; }, face_not_matched);
    refused([](auto& checks) { checks.face->liveness_permille = 799; }, liveness_failed);
    refused([](auto& checks) { checks.face->reached = false; }, matcher_unreachable);
    refused([](auto& checks) { checks.chip->answered = false; }, chip_not_genuine);
    refused([](auto& checks) { checks.chip->issuer_signature_good = false; }, chip_not_genuine);
    refused([](auto& checks) { checks.chip->answered_for = CommandId(); }, evidence_stale);
    refused([](auto& checks) { checks.face->checked_at = Instant(); }, evidence_stale);
}

TEST(LoginDecide, HasRoomForSoManyLogins) {
    CitizenStory story = served_story();
    ApproveLogin command = approve(story, 0);
    for (std::size_t i = 0; i < limits::live_logins; ++i) {
        command.offer.login = sample_id<RequestId>(static_cast<std::uint8_t>(i), 1);
        story.given(command);
    }
    command.offer.login = request_id(0);
    story.when(command).then_refused(login_too_many);
    story.pass(limits::login_id_memory);
    story.when(approve(story, 0)).then<schema::LoginApproved>();
}

TEST(LoginDecide, HasRoomForSoManyRefusals) {
    CitizenStory story = served_story();
    RefuseLogin command = refuse(story, 0);
    const ApproveLogin late = approve(story, 0);
    for (std::size_t i = 0; i < limits::declined_logins; ++i) {
        command.offer.login = sample_id<RequestId>(static_cast<std::uint8_t>(i), 1);
        story.given(command);
    }
    command.offer.login = request_id(0);
    story.when(command).then_refused(login_too_many);
    story.pass(minutes(2));
    story.when(expire(late)).then_refused(login_too_many);
    story.pass(limits::login_id_memory);
    story.when(refuse(story, 0)).then<schema::LoginRefused>();
}

}  // namespace
}  // namespace chopmark::test
