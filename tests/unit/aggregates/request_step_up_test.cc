#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "tests/support/service_story.h"

namespace chopmark::test {
namespace {

using namespace citizen;

CitizenStory asked_story() {
    CitizenStory story = served_story();
    story.given(ask_step_up(log_in(story, 9), 1));
    return story;
}

PassStepUp pass(CitizenStory& story) { return {request_id(1), proof(story), checked(story), {}}; }

TEST(StepUpAsk, SaysHowTheCitizenIsToProveIt) {
    CitizenStory story = served_story();
    const EventId token = log_in(story, 9);
    AskStepUp command = ask_step_up(token, 1);
    const auto event = story.when(command).then<schema::StepUpAsked>();
    EXPECT_EQ(event.leaf().methods_size(), 2);
    EXPECT_EQ(event.leaf().client_id(), service.bytes());
    EXPECT_EQ(event.link().login_id(), request_id(9).bytes());
    command.methods = {};
    story.when(command).then_refused(step_up_methods_missing);
    command.methods = {schema::STEP_UP_METHOD_FACE, schema::STEP_UP_METHOD_FACE};
    story.when(command).then_refused(step_up_method_unknown);
    command.methods = {schema::STEP_UP_METHOD_UNSPECIFIED};
    story.when(command).then_refused(step_up_method_unknown);
}

TEST(StepUpAnswer, PassesWithEveryCheckThatWasAskedFor) {
    CitizenStory story = asked_story();
    PassStepUp command = pass(story);
    const auto event = story.when(command).then<schema::StepUpPassed>();
    EXPECT_EQ(event.leaf().methods_size(), 2);
    EXPECT_EQ(event.link().device_id(), command.proof.device.bytes());
    EXPECT_EQ(event.personal().device_signature(), "signature");
    EXPECT_EQ(event.personal().checks().liveness_score_permille(), 930u);
    command.checks.chip.reset();
    story.when(command).then_refused(step_up_required);
    command = pass(story);
    command.checks.face->match_permille = 1;
    story.when(command).then_refused(face_not_matched);
    command = pass(story);
    command.checks.card_source = EventId();
    story.when(command).then_refused(evidence_stale);
}

TEST(StepUpAnswer, IsForTheTextThatWasShown) {
    CitizenStory story = asked_story();
    PassStepUp command = pass(story);
    command.proof.text_digest = crypto::sha256("another text");
    story.when(command).then_refused(step_up_text_mismatch);
    EXPECT_EQ(sources(story.state(), StepUpCommand(command)),
              std::vector{story.state().requests.requests.at(request_id(1)).asked});
    story.forget_opened();
    story.when(pass(story)).then_refused(evidence_stale);
}

TEST(StepUpAnswer, IsGivenOnceAndAFailureIsOne) {
    CitizenStory story = asked_story();
    RefuseStepUp command{request_id(1), proof(story), std::nullopt, {}};
    EXPECT_EQ(story.when(command).then<schema::StepUpRefused>().leaf().head().reason(),
              step_up_declined.name);
    command.failed = checked(story);
    command.failed->face->match_permille = 1;
    const auto event = story.when(command).then<schema::StepUpRefused>();
    EXPECT_EQ(event.leaf().head().outcome(), schema::FAILED);
    EXPECT_EQ(event.leaf().head().reason(), step_up_failed.name);
    EXPECT_EQ(event.personal().checks().face_score_permille(), 1u);
    story.given(command);
    story.when(pass(story)).then_refused(request_already_answered);
    story.when(RefuseStepUp{request_id(7), proof(story), std::nullopt, {}})
        .then_refused(request_unknown);
}

}  // namespace
}  // namespace chopmark::test
