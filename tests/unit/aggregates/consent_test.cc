#include <gtest/gtest.h>

#include "aggregates/control/relying_party.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;

/// Logged in, and asked for enName and birthDate as request 1.
CitizenStory asked_story() {
    CitizenStory story = served_story();
    story.given(ask_consent(log_in(story, 9), 1));
    return story;
}

TEST(ConsentAsk, SaysWhatIsWantedAndSealsTheDelivery) {
    CitizenStory story = served_story();
    const EventId token = log_in(story, 9);
    const auto event = story.when(ask_consent(token, 1)).then<schema::ConsentAsked>();
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.leaf().purpose(), schema::PURPOSE_FORM_FILLING);
    ASSERT_EQ(event.leaf().field_names_size(), 2);
    EXPECT_EQ(event.leaf().field_names(0), "enName");
    EXPECT_EQ(event.link().request_id(), request_id(1).bytes());
    EXPECT_EQ(event.link().login_id(), request_id(9).bytes());
    EXPECT_EQ(event.link().business_id_token(), business_id(1).bytes());
    EXPECT_EQ(event.link().due_us(), (story.now() + std::chrono::minutes(18)).micros());
    EXPECT_TRUE(event.link().pushed());
    EXPECT_EQ(event.personal().text_digest(), crypto::sha256("text").bytes());
    EXPECT_EQ(event.personal().state_digest(), crypto::sha256("state").bytes());
    schema::ConsentDelivery delivery;
    ASSERT_TRUE(delivery.ParseFromString(event.personal().delivery().box()));
    EXPECT_EQ(delivery.business_id(), "B1");
}

TEST(ConsentAsk, KnowsItsFields) {
    CitizenStory story = served_story();
    const EventId token = log_in(story, 9);
    story.when(ask_consent(token, 1, {})).then_refused(consent_fields_missing);
    story.when(ask_consent(token, 1, {"shoeSize"})).then_refused(consent_field_unknown);
    story.when(ask_consent(token, 1, {"idNo", "idNo"})).then_refused(consent_field_unknown);
}

TEST(ConsentGrant, PinsEveryValueToTheEventThatSetIt) {
    CitizenStory story = served_story();
    schema::ProfileFieldsSet set;
    set.mutable_leaf()->add_field_names("emailAddress");
    const EventId source = story.given_event(set);
    const std::vector<std::string> names{"enName", "emailAddress", "maritalStatus"};
    story.given(ask_consent(log_in(story, 9), 1, names));
    const GrantConsent command = grant(story, 1, names);
    const auto event = story.when(command).then<schema::ConsentGranted>();
    EXPECT_EQ(event.leaf().field_names_size(), 3);
    EXPECT_EQ(event.leaf().head().claims(), command.claims.bytes());
    EXPECT_EQ(event.link().profile_version(), story.state().profile.version);
    EXPECT_EQ(event.link().device_id(), command.proof.device.bytes());
    EXPECT_EQ(event.link().phone().country(), "HK");
    ASSERT_EQ(event.link().pins_size(), 2);  // the third has no value
    EXPECT_EQ(event.link().pins(0).field(), "enName");
    EXPECT_EQ(event.link().pins(0).event_id(), story.state().account.card_source.bytes());
    EXPECT_EQ(event.link().pins(1).event_id(), source.bytes());
    EXPECT_EQ(event.personal().text_digest(), crypto::sha256("text").bytes());
    EXPECT_EQ(event.personal().device_signature(), "signature");
}

TEST(ConsentGrant, MayLeaveFieldsOutButAddNone) {
    CitizenStory story = asked_story();
    EXPECT_EQ(story.when(grant(story, 1, {"enName"}))
                  .then<schema::ConsentGranted>()
                  .leaf()
                  .field_names_size(),
              1);
    story.when(grant(story, 1, {"enName", "idNo"})).then_refused(consent_field_not_asked);
    story.when(grant(story, 1, {})).then_refused(consent_fields_missing);
}

TEST(ConsentGrant, IsForWhatThePhoneShowed) {
    CitizenStory story = asked_story();
    GrantConsent other_text = grant(story, 1);
    other_text.proof.text_digest = crypto::sha256("another text");
    story.when(other_text).then_refused(consent_text_mismatch);
    GrantConsent other_values = grant(story, 1);
    schema::ProfileFieldsSet set;
    set.mutable_leaf()->add_field_names("emailAddress");
    story.given_event(set);
    story.when(other_values).then_refused(evidence_stale);
    const GrantConsent command = grant(story, 1);
    EXPECT_EQ(sources(story.state(), ConsentCommand(command)),
              std::vector{story.state().requests.requests.at(request_id(1)).asked});
    story.forget_opened();
    story.when(command).then_refused(evidence_stale);
}

TEST(ConsentGrant, NeedsServiceAccountAndPhone) {
    CitizenStory story = asked_story();
    GrantConsent stale = grant(story, 1);
    stale.proof.bound_by = EventId();
    story.when(stale).then_refused(evidence_stale);
    story.when(grant(story, 7)).then_refused(request_unknown);
    given_rebound(story, 2);
    story.when(grant(story, 1)).then_refused(device_cooling_off);
    schema::RelyingPartySuspended suspended;
    suspended.mutable_leaf()->set_client_id(service.to_bytes());
    story.given_control(suspended);
    story.when(grant(story, 1)).then_refused(control::rp_not_active);
    given_suspended(story);
    story.when(grant(story, 1)).then_refused(account_suspended);
}

TEST(ConsentAnswer, IsGivenOnce) {
    CitizenStory story = asked_story();
    const RefuseConsent refusal{request_id(1), proof(story)};
    const auto event = story.when(refusal).then<schema::ConsentRefused>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::REFUSED);
    EXPECT_EQ(event.leaf().head().reason(), consent_declined.name);
    EXPECT_EQ(event.leaf().field_names_size(), 2);
    EXPECT_EQ(event.personal().device_signature(), "signature");
    story.given(refusal);
    story.when(refusal).then_refused(request_already_answered);
    story.when(grant(story, 1)).then_refused(request_already_answered);
}

TEST(ConsentWithdraw, WithholdsWhatIsNotYetDelivered) {
    CitizenStory story = asked_story();
    story.when(WithdrawConsent{request_id(1), proof(story)}).then_refused(consent_unknown);
    const EventId granted = story.given(grant(story, 1));
    const WithdrawConsent command{request_id(1), proof(story)};
    EXPECT_EQ(sources(story.state(), ConsentCommand(command)), std::vector{granted});
    const auto event = story.when(command).then<schema::ConsentWithdrawn>();
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.leaf().field_names_size(), 2);
    story.given(command);
    EXPECT_EQ(story.state().requests.requests.at(request_id(1)).answer, Answer::withdrawn);
    story.when(command).then_refused(consent_unknown);
}

TEST(ConsentWithdraw, TakesProfileScopesFromAToken) {
    CitizenStory story = served_story();
    const EventId token = log_in(story, 9);
    const WithdrawConsent command{request_id(9), proof(story)};
    const auto event = story.when(command).then<schema::ConsentWithdrawn>();
    EXPECT_EQ(event.leaf().field_names_size(), 6);
    story.given(command);
    const auto facts = citizen::token(story.state(), token, service, story.now());
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(std::count(facts->scopes.begin(), facts->scopes.end(), scope::profiles), 0);
    EXPECT_EQ(std::count(facts->scopes.begin(), facts->scopes.end(), scope::sign), 1);
}

TEST(ConsentWithdraw, NeedsProofAndSource) {
    CitizenStory story = asked_story();
    story.given(grant(story, 1));
    WithdrawConsent command{request_id(1), proof(story)};
    command.proof.device = DeviceId();
    story.when(command).then_refused(device_unknown);
    story.forget_opened();
    story.when(WithdrawConsent{request_id(1), proof(story)}).then_refused(evidence_stale);
}

TEST(ConsentState, KeepsTheLatestThatCanBeWithdrawn) {
    ConsentState state;
    for (std::size_t i = 0; i <= limits::standing_consents; ++i) {
        schema::ConsentGranted granted;
        const auto number = static_cast<std::uint8_t>(i);
        granted.mutable_link()->set_request_id(request_id(number).to_bytes());
        evolve(state, granted,
               {sample_id<EventId>(number), Instant::from_seconds(static_cast<std::int64_t>(i))});
    }
    EXPECT_EQ(state.standing.size(), limits::standing_consents);
    EXPECT_FALSE(state.standing.contains(request_id(0)));
    evolve(state, schema::AccountClosed(), {});
    EXPECT_TRUE(state.standing.empty());
}

}  // namespace
}  // namespace chopmark::test
