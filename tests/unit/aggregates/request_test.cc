#include <gtest/gtest.h>

#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

const Request& request(CitizenStory& story, std::uint8_t number) {
    return story.state().requests.requests.at(request_id(number));
}

RefuseConsent refuse(CitizenStory& story, std::uint8_t number) {
    return {request_id(number), proof(story)};
}

AskConsent by_claim(CitizenStory& story, std::uint8_t number) {
    AskConsent command = ask_consent(EventId(), number);
    command.head.origin = ByClaim{story.now() + minutes(12)};
    return command;
}

TEST(RequestAsk, NeedsATokenOfThisClient) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    story.when(ask_consent(sample_id<EventId>(0x99), 1)).then_refused(token_unknown);
    AskConsent stolen = ask_consent(token, 1);
    stolen.head.client = other_service;
    story.when(stolen).then_refused(token_unknown);
    story.pass(hours(4));
    story.when(ask_consent(token, 1)).then_refused(token_expired);
}

TEST(RequestAsk, NeedsTheScopeOfServiceAndToken) {
    CitizenStory story = served_story();
    const EventId token = story.given(redeem(story.given(approve(story, 1))));
    story.when(ask_consent(token, 1)).then_refused(scope_not_granted);
    given_service(story, service, {"eidapi_auth"});
    story.when(ask_consent(token, 1)).then_refused(scope_not_approved);
    schema::RelyingPartyWithdrawn withdrawn;
    withdrawn.mutable_leaf()->set_client_id(service.to_bytes());
    story.given_control(withdrawn);
    story.when(ask_consent(token, 1)).then_refused(control::rp_not_active);
    given_suspended(story);
    story.when(ask_consent(token, 1)).then_refused(account_suspended);
}

TEST(RequestAsk, UsesABusinessIdOnce) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    story.given(ask_consent(token, 1));
    story.when(ask_consent(token, 1)).then_refused(request_id_used);
    AskConsent again = ask_consent(token, 2);
    again.head.business_id = business_id(1);
    story.when(again).then_refused(business_id_used);
    AskSignature other_subject = ask_signature(token, 2);
    other_subject.head.business_id = business_id(1);
    story.when(other_subject).then_refused(business_id_used);
    story.given(refuse(story, 1));
    story.when(again).then_refused(business_id_used);
}

/// For clients that send one businessID for all.
TEST(RequestAsk, UsesABusinessIdAgainWhereTheServiceMay) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    schema::RelyingPartySetupChanged changed;
    changed.mutable_leaf()->set_client_id(service.to_bytes());
    changed.mutable_link()->mutable_setup()->set_name_english("Service");
    changed.mutable_link()->mutable_setup()->set_business_id_per_citizen(true);
    story.given_control(changed);
    story.given(ask_consent(token, 1));
    AskConsent again = ask_consent(token, 2);
    again.head.business_id = business_id(1);
    story.when(again).then_refused(business_id_used);
    story.given(refuse(story, 1));
    story.given(again);
}

TEST(RequestAsk, RemembersBusinessIdsForThirtyDays) {
    CitizenStory story = served_story();
    story.given(ask_consent(log_in(story), 1));
    story.given(refuse(story, 1));
    story.pass(limits::business_id_memory - hours(1));
    AskConsent again = ask_consent(log_in(story, 2), 3);
    again.head.business_id = business_id(1);
    story.when(again).then_refused(business_id_used);
    story.pass(hours(1));
    story.given(ask_consent(log_in(story, 4), 4));
    EXPECT_FALSE(story.state().requests.business_ids.contains(business_id(1)));
}

TEST(RequestAsk, ForgetsTheOldestBusinessIdWhenThereAreTooMany) {
    RequestState state;
    for (std::size_t i = 0; i <= limits::business_ids; ++i) {
        Bytes name = "business";
        append_big_endian(name, static_cast<std::uint32_t>(i));
        const Digest id = crypto::sha256(name);
        schema::ConsentAsked asked;
        asked.mutable_link()->set_request_id(id.to_bytes().substr(0, RequestId::size));
        asked.mutable_link()->set_business_id_token(id.to_bytes());
        const Instant at = Instant::from_seconds(static_cast<std::int64_t>(i));
        evolve(state, asked, {EventId(), at});
        state.requests.clear();
    }
    EXPECT_EQ(state.business_ids.size(), limits::business_ids);
    Bytes first = "business";
    append_big_endian(first, std::uint32_t{0});
    EXPECT_FALSE(state.business_ids.contains(BusinessIdToken(crypto::sha256(first).array())));
}

TEST(RequestAsk, HasRoomForSoManyOpenOnes) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    for (std::uint8_t i = 0; i < limits::open_requests; ++i) {
        story.given(ask_consent(token, i));
    }
    story.when(ask_consent(token, 100)).then_refused(request_too_many);
    story.given(refuse(story, 0));
    story.when(ask_consent(token, 100)).then<schema::ConsentAsked>();
}

TEST(RequestAsk, HasRoomForSoManyWhoseCallbacksAreOutstanding) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    for (std::uint8_t i = 0; i < limits::kept_requests; ++i) {
        story.given(ask_consent(token, i));
        story.given(refuse(story, i));
    }
    story.when(ask_consent(token, 100)).then_refused(request_too_many);
    story.pass(limits::request_memory);
    const EventId later = log_in(story, 2);
    story.when(ask_consent(later, 100)).then_refused(request_too_many);
    story.given(SettleCallback{request_id(0), true, 1, 200});
    story.when(ask_consent(later, 100)).then<schema::ConsentAsked>();
}

TEST(RequestTimeOut, ComesFromWhoDecidesTheAnswer) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    story.given(ask_consent(token, 1));
    story.given(ask_signature(token, 2));
    story.given(ask_step_up(token, 3));
    EXPECT_EQ(next_due(story.state().requests), story.now() + minutes(18));
    story.pass(minutes(18) - milliseconds(1));
    story.when(ExpireRequest{request_id(1)}).then_refused(request_not_due);
    EXPECT_TRUE(due(story.state().requests, story.now()).empty());
    story.pass(milliseconds(1));
    EXPECT_EQ(due(story.state().requests, story.now()).size(), 3u);
    story.when(grant(story, 1)).then<schema::ConsentExpired>();
    story.when(refuse(story, 1)).then<schema::ConsentExpired>();
    story.when(approve_signature(story, 2)).then<schema::SignatureExpired>();
    story.when(RefuseSignature{request_id(2), proof(story)}).then<schema::SignatureExpired>();
    story.when(PassStepUp{request_id(3), proof(story), checked(story), {}})
        .then<schema::StepUpExpired>();
    story.when(RefuseStepUp{request_id(3), proof(story), {}, {}}).then<schema::StepUpExpired>();
    for (const RequestCommand& command : due(story.state().requests, story.now())) {
        story.given(command);
    }
    EXPECT_EQ(next_due(story.state().requests), std::nullopt);
    for (const auto number : std::initializer_list<std::uint8_t>{1, 2, 3}) {
        EXPECT_EQ(request(story, number).answer, Answer::expired);
    }
    story.when(ExpireRequest{request_id(1)}).then_refused(request_already_answered);
    story.when(ExpireRequest{request_id(9)}).then_refused(request_unknown);
}

TEST(RequestTimeOut, NamesItsRequestAndFields) {
    CitizenStory story = served_story();
    story.given(ask_consent(log_in(story), 1));
    story.pass(minutes(18));
    const auto event = story.when(ExpireRequest{request_id(1)}).then<schema::ConsentExpired>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::EXPIRED);
    EXPECT_EQ(event.leaf().head().reason(), request_expired.name);
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.leaf().field_names_size(), 2);
    EXPECT_EQ(event.link().request_id(), request_id(1).bytes());
}

TEST(Callback, IsOutstandingFromTheAnswerUntilSettled) {
    CitizenStory story = served_story();
    const EventId asked = story.given(ask_consent(log_in(story), 1));
    EXPECT_TRUE(outstanding(story.state().requests).empty());
    story.when(SettleCallback{request_id(1), true, 1, 200}).then_refused(request_not_answered);
    story.given(grant(story, 1));
    const std::vector<FollowUp> expected{{asked, callback, story.now()}};
    EXPECT_EQ(outstanding(story.state().requests), expected);
    EXPECT_EQ(request_asked_by(story.state().requests, asked), request_id(1));
    EXPECT_EQ(request_asked_by(story.state().requests, EventId()), std::nullopt);

    const auto event =
        story.when(SettleCallback{request_id(1), true, 3, 204}).then<schema::CallbackSettled>();
    EXPECT_TRUE(event.leaf().delivered());
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.link().attempts(), 3u);
    EXPECT_EQ(event.link().last_status(), 204u);
    story.given(SettleCallback{request_id(1), true, 3, 204});
    EXPECT_TRUE(outstanding(story.state().requests).empty());
    story.when(SettleCallback{request_id(1), true, 3, 204}).then_refused(callback_already_settled);
    story.when(SettleCallback{request_id(9), true, 3, 204}).then_refused(request_unknown);
}

TEST(Callback, SaysThatItWasGivenUp) {
    CitizenStory story = served_story();
    story.given(ask_consent(log_in(story), 1));
    story.given(refuse(story, 1));
    const auto event =
        story.when(SettleCallback{request_id(1), false, 9, 0}).then<schema::CallbackSettled>();
    EXPECT_FALSE(event.leaf().delivered());
    EXPECT_EQ(event.leaf().head().outcome(), schema::FAILED);
}

TEST(Request, EndsWithTheAccountAndItsServiceIsStillTold) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    const EventId first = story.given(ask_consent(token, 1));
    const EventId second = story.given(ask_signature(token, 2));
    const GrantConsent late = grant(story, 1);
    given_closed(story);
    EXPECT_EQ(request(story, 1).answer, Answer::ended);
    EXPECT_EQ(next_due(story.state().requests), std::nullopt);
    const std::vector<FollowUp> expected{{first, callback, story.now()},
                                         {second, callback, story.now()}};
    EXPECT_EQ(outstanding(story.state().requests), expected);
    story.when(late).then_refused(account_closed);
    story.when(SettleCallback{request_id(1), true, 1, 200}).then<schema::CallbackSettled>();
}

TEST(Request, GoesWithTheSubject) {
    CitizenStory story = served_story();
    story.given(ask_consent(log_in(story), 1));
    story.given_event(schema::SubjectErased());
    EXPECT_EQ(story.state().requests, RequestState());
    EXPECT_EQ(story.state().logins, LoginState());
    EXPECT_EQ(story.state().consents, ConsentState());
    EXPECT_EQ(story.state().signatures, SignatureState());
}

TEST(ClaimedRequest, IsOpenedWithoutAToken) {
    CitizenStory story = served_story();
    const auto event = story.when(by_claim(story, 1)).then<schema::ConsentAsked>();
    EXPECT_EQ(event.link().login_id(), "");
    EXPECT_EQ(event.link().due_us(), (story.now() + minutes(12)).micros());
    story.given(by_claim(story, 1));
    EXPECT_TRUE(request(story, 1).anonymous);
    story.when(by_claim(story, 1)).then_refused(request_id_used);
    story.given(grant(story, 1));
    EXPECT_TRUE(outstanding(story.state().requests).empty());  // fetched by getResult
}

TEST(ClaimedRequest, IsOpenedLateSoThatItsTimeOutIsOnRecord) {
    CitizenStory story = served_story();
    const AskConsent command = by_claim(story, 1);
    story.pass(minutes(12) + limits::claim_grace - milliseconds(1));
    story.when(command).then<schema::ConsentAsked>();
    story.pass(milliseconds(1));
    story.when(command).then_refused(request_expired);
}

TEST(ClaimedRequest, LeadsToACodeOnceGranted) {
    CitizenStory story = served_story();
    const EventId asked = story.given(by_claim(story, 1));
    story.when(redeem(asked)).then_refused(code_unknown);
    const EventId granted = story.given(grant(story, 1));
    const auto event = story.when(redeem(granted)).then<schema::LoginRedeemed>();
    EXPECT_EQ(event.link().login_id(), request_id(1).bytes());
    const EventId token = story.given(redeem(granted));
    const auto facts = citizen::token(story.state(), token, service, story.now());
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(facts->login, request_id(1));
    EXPECT_TRUE(facts->scopes.empty());
    EXPECT_EQ(story.when(redeem(granted)).then<schema::CodeReplayed>().leaf().grade(),
              schema::REPLAY_GRADE_RETRY);
}

TEST(ClaimedRequest, LosesItsCodeToAStranger) {
    CitizenStory story = served_story();
    story.given(by_claim(story, 1));
    const EventId granted = story.given(grant(story, 1));
    EXPECT_EQ(
        story.when(redeem(granted, other_service)).then<schema::CodeReplayed>().leaf().grade(),
        schema::REPLAY_GRADE_OTHER_CLIENT);
    story.given(redeem(granted, other_service));
    story.when(redeem(granted)).then_refused(code_expired);
}

TEST(ClaimedRequest, NeedsRoomForItsLogin) {
    CitizenStory story = served_story();
    story.given(by_claim(story, 1));
    const EventId granted = story.given(grant(story, 1));
    ApproveLogin command = approve(story, 0);
    for (std::size_t i = 0; i < limits::live_logins; ++i) {
        command.offer.login = sample_id<RequestId>(static_cast<std::uint8_t>(i), 2);
        story.given(command);
    }
    story.when(redeem(granted)).then_refused(login_too_many);
    story.when(redeem(granted, other_service)).then_refused(login_too_many);
}

}  // namespace
}  // namespace chopmark::test
