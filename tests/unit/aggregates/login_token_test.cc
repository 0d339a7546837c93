#include <gtest/gtest.h>

#include "aggregates/citizen/token.h"
#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

Result<TokenFacts> look(CitizenStory& story, const EventId& token,
                        const ClientId& client = service) {
    return citizen::token(story.state(), token, client, story.now());
}

void expect_refused(const Result<TokenFacts>& facts, const Reason& reason) {
    ASSERT_FALSE(facts.has_value());
    EXPECT_EQ(facts.error().reason.name, reason.name);
}

EndLogin end_login(CitizenStory& story, std::uint8_t number) {
    return {request_id(number), proof(story)};
}

DisputeLogin dispute(CitizenStory& story, const EventId& disputed, std::uint8_t number = 1) {
    return {disputed, request_id(number), service, proof(story),
            Sensitive<std::string>("I was asleep")};
}

TEST(CodeRedeemed, GivesAToken) {
    CitizenStory story = served_story();
    const EventId code = story.given(approve(story, 1));
    const auto event = story.when(redeem(code)).then<schema::LoginRedeemed>();
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.leaf().token_life_ms(), 14'400'000u);
    EXPECT_EQ(event.leaf().head().claims().size(), 32u);
    EXPECT_EQ(event.link().login_id(), request_id(1).bytes());
    EXPECT_EQ(event.link().relying_party().asn(), 64'500u);

    const EventId token = story.given(redeem(code));
    const auto facts = look(story, token);
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(facts->login, request_id(1));
    EXPECT_EQ(facts->approved, code);
    EXPECT_EQ(facts->flow, schema::QR);
    EXPECT_EQ(facts->scopes, std::vector<std::string>{"eidapi_auth"});
    EXPECT_EQ(facts->until, story.now() + hours(4));
}

TEST(CodeRedeemed, GivesTheServiceTheLifeItHas) {
    CitizenStory story = served_story();
    schema::RelyingPartySetup setup;
    setup.set_token_life_s(600);
    given_service(story, service, {"eidapi_auth"}, setup);
    const EventId code = story.given(approve(story, 1));
    EXPECT_EQ(story.when(redeem(code)).then<schema::LoginRedeemed>().leaf().token_life_ms(),
              600'000u);
}

TEST(CodeRedeemed, IsRefusedUnknownLateOrEnded) {
    CitizenStory story = served_story();
    story.when(redeem(sample_id<EventId>(0x99))).then_refused(code_unknown);
    story.when(redeem(EventId())).then_refused(code_unknown);
    const EventId code = story.given(approve(story, 1));
    const EventId ended = story.given(approve(story, 2));
    story.given(end_login(story, 2));
    story.when(redeem(ended)).then_refused(code_expired);
    story.pass(seconds(60) - milliseconds(1));
    story.when(redeem(code)).then<schema::LoginRedeemed>();
    story.pass(milliseconds(1));
    story.when(redeem(code)).then_refused(code_expired);
}

TEST(CodeRedeemed, NeedsAnActiveServiceAndAccount) {
    CitizenStory story = served_story();
    const EventId code = story.given(approve(story, 1));
    schema::RelyingPartySuspended suspended;
    suspended.mutable_leaf()->set_client_id(service.to_bytes());
    story.given_control(suspended);
    story.when(redeem(code)).then_refused(control::rp_not_active);
    given_suspended(story);
    story.when(redeem(code)).then_refused(account_suspended);
}

TEST(CodeReplay, IsARetryByTheSameClientWithinItsLife) {
    CitizenStory story = served_story();
    const EventId code = story.given(approve(story, 1));
    const EventId token = story.given(redeem(code));
    story.pass(seconds(59));
    const auto event = story.when(redeem(code)).then<schema::CodeReplayed>();
    EXPECT_EQ(event.leaf().grade(), schema::REPLAY_GRADE_RETRY);
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.link().login_id(), request_id(1).bytes());
    story.given(redeem(code));
    EXPECT_TRUE(look(story, token).has_value());
}

TEST(CodeReplay, EndsTheTokenWhenItComesLater) {
    CitizenStory story = served_story();
    const EventId code = story.given(approve(story, 1));
    const EventId token = story.given(redeem(code));
    story.pass(seconds(60));
    EXPECT_EQ(story.when(redeem(code)).then<schema::CodeReplayed>().leaf().grade(),
              schema::REPLAY_GRADE_LATE);
    story.given(redeem(code));
    expect_refused(look(story, token), token_revoked);
}

TEST(CodeReplay, EndsTheTokenWhenAnotherClientBringsIt) {
    CitizenStory story = served_story();
    const EventId code = story.given(approve(story, 1));
    const EventId token = story.given(redeem(code));
    const auto event = story.when(redeem(code, other_service)).then<schema::CodeReplayed>();
    EXPECT_EQ(event.leaf().grade(), schema::REPLAY_GRADE_OTHER_CLIENT);
    EXPECT_EQ(event.leaf().client_id(), other_service.bytes());
    story.given(redeem(code, other_service));
    expect_refused(look(story, token), token_revoked);
}

TEST(CodeReplay, EndsACodeThatAStrangerKnowsBeforeItsUse) {
    CitizenStory story = served_story();
    const EventId code = story.given(approve(story, 1));
    story.given(redeem(code, other_service));
    story.when(redeem(code)).then_refused(code_expired);
}

TEST(CodeReplay, IsRecordedUpToAQuotaAndThenOnlyRefused) {
    CitizenStory story = served_story();
    given_policy(story, "code_replays_per_hour", 3);
    const EventId code = story.given(approve(story, 1));
    const EventId other = story.given(approve(story, 2));
    story.given(redeem(code));
    const EventId token = story.given(redeem(other));
    for (int i = 0; i < 3; ++i) {
        story.given(redeem(code));
    }
    story.when(redeem(code)).then_refused(code_spent);
    // A quota spent on retries does not shield a theft.
    story.pass(seconds(60));
    story.given(redeem(other));
    expect_refused(look(story, token), token_revoked);
    story.when(redeem(other)).then_refused(code_spent);
    story.pass(hours(1));
    story.when(redeem(code)).then<schema::CodeReplayed>();
}

TEST(Token, IsGoodForItsClientUntilItsEnd) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    expect_refused(look(story, token, other_service), token_unknown);
    expect_refused(look(story, sample_id<EventId>(0x99)), token_unknown);
    expect_refused(look(story, EventId()), token_unknown);
    story.pass(hours(4) - milliseconds(1));
    EXPECT_TRUE(look(story, token).has_value());
    story.pass(milliseconds(1));
    expect_refused(look(story, token), token_expired);
}

TEST(Token, EndsWithWhatItRestsOn) {
    const auto after = [](const auto& happens, const Reason& reason) {
        CitizenStory story = served_story();
        const EventId token = log_in(story);
        happens(story);
        expect_refused(look(story, token), reason);
    };
    after([](auto& story) { given_suspended(story); }, account_suspended);
    after([](auto& story) { given_closed(story); }, account_closed);
    after(
        [](auto& story) {
            given_suspended(story);
            story.given_event(schema::AccountResumed());
        },
        token_revoked);
    after([](auto& story) { story.given_event(schema::SubjectErased()); }, account_erased);
    after(
        [](auto& story) {
            schema::DeviceRevoked revoked;
            revoked.mutable_link()->set_device_id(phone(story, 1).id.to_bytes());
            story.given_event(revoked);
        },
        token_revoked);
}

TEST(Token, OutlivesAnotherPhoneTakingOver) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    given_rebound(story, 2);
    EXPECT_TRUE(look(story, token).has_value());
}

TEST(Token, IsRevokedByItsClient) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    story.when(RevokeToken{token, other_service, {}}).then_refused(token_unknown);
    const auto event = story.when(RevokeToken{token, service, {}}).then<schema::TokenRevoked>();
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.leaf().grade(), schema::REPLAY_GRADE_UNSPECIFIED);
    story.given(RevokeToken{token, service, {}});
    expect_refused(look(story, token), token_revoked);
    story.when(RevokeToken{token, service, {}}).then_refused(token_revoked);
}

TEST(Token, IsEndedByTheCitizen) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    story.when(end_login(story, 9)).then_refused(login_unknown);
    EndLogin stale = end_login(story, 1);
    stale.proof.bound_by = EventId();
    story.when(stale).then_refused(evidence_stale);
    const auto event = story.when(end_login(story, 1)).then<schema::TokenRevoked>();
    EXPECT_EQ(event.link().device_id(), phone(story, 1).id.bytes());
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    story.given(end_login(story, 1));
    expect_refused(look(story, token), token_revoked);
    story.when(end_login(story, 1)).then_refused(token_revoked);
    log_in(story, 2);
    story.pass(hours(4));
    story.when(end_login(story, 2)).then_refused(token_expired);
}

TEST(LoginDispute, EndsTheLoginAndAsksForACase) {
    CitizenStory story = served_story();
    const EventId token = log_in(story);
    const EventId disputed = sample_id<EventId>(0x77);
    const auto event = story.when(dispute(story, disputed)).then<schema::LoginDisputed>();
    EXPECT_EQ(event.link().event_id(), disputed.bytes());
    EXPECT_EQ(event.link().client_id(), service.bytes());
    EXPECT_EQ(event.link().device_id(), phone(story, 1).id.bytes());
    EXPECT_EQ(event.personal().note(), "I was asleep");
    EXPECT_EQ(event.personal().device_signature(), "signature");
    const EventId recorded = story.given(dispute(story, disputed));
    expect_refused(look(story, token), token_revoked);
    const std::vector<FollowUp> expected{{recorded, dispute_case, story.now()}};
    EXPECT_EQ(outstanding(story.state().logins), expected);
}

TEST(LoginDispute, ComesOnceAndBounded) {
    CitizenStory story = served_story();
    story.given(dispute(story, sample_id<EventId>(0, 1)));
    story.when(dispute(story, sample_id<EventId>(0, 1))).then_refused(login_already_disputed);
    for (std::size_t i = 1; i < limits::disputes; ++i) {
        story.given(dispute(story, sample_id<EventId>(static_cast<std::uint8_t>(i), 1)));
    }
    story.when(dispute(story, sample_id<EventId>(0xff))).then_refused(login_too_many_disputes);
    story.pass(limits::dispute_memory);
    DisputeLogin wordy = dispute(story, sample_id<EventId>(0xff));
    story.when(wordy).then<schema::LoginDisputed>();
    wordy.note = Sensitive(std::string(limits::note_bytes + 1, 'x'));
    story.when(wordy).then_refused(note_too_long);
    wordy.proof.device = DeviceId();
    story.when(wordy).then_refused(device_unknown);
}

}  // namespace
}  // namespace chopmark::test
