#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;

PolicyCommand set(std::uint32_t version, std::map<std::string, std::uint64_t> settings) {
    return SetPolicy{version, std::move(settings), {}};
}

TEST(ControlPolicy, IsSetByAdministratorsVersionAfterVersion) {
    ControlStory story;
    story.only(schema::STAFF_ROLE_ADMINISTRATOR, set(1, {{"code_life", 30'000}}),
               staff_not_permitted);
    story.when(set(0, {})).then_refused(policy_conflict);
    story.when(set(2, {})).then_refused(policy_conflict);
    story.given(set(1, {{"code_life", 30'000}}));
    story.when(set(1, {})).then_refused(policy_conflict);
}

TEST(ControlPolicy, RefusesNamesAndValuesThatItDoesNotKnow) {
    ControlStory story;
    story.when(set(1, {{"code_lives", 1}})).then_refused(policy_unknown_setting);
    story.when(set(1, {{"code_life", 0}})).then_refused(policy_bad_value);
    story.when(set(1, {{"code_life", 600'001}})).then_refused(policy_bad_value);
    story.when(set(1, {{"unattested_devices_may_sign", 2}})).then_refused(policy_bad_value);
    story.when(set(1, {{"code_life", 600'000}})).then<schema::PolicySet>();
}

TEST(ControlPolicy, KeepsWhatWasSetBeforeAndElseTheDefaults) {
    ControlStory story;
    story.given(set(1, {{"code_life", 30'000}}));
    story.given(set(2, {{"face_score_permille", 900}}));
    EXPECT_EQ(policy(story.state()).code_life, std::chrono::seconds(30));
    EXPECT_EQ(policy(story.state()).face_score_permille, 900U);
    EXPECT_EQ(policy(story.state()).qr_life, Policy().qr_life);
    EXPECT_EQ(story.state().policies->version, 2U);
}

TEST(ControlPolicy, PassesOverSettingsOfAnotherVersionOfTheSoftware) {
    ControlStory story;
    schema::PolicySet event;
    event.mutable_leaf()->set_version(1);
    for (const auto& [name, value] : {std::pair("of_tomorrow", "1"), std::pair("qr_life", "x7")}) {
        event.mutable_leaf()->add_settings()->set_name(name);
        event.mutable_leaf()->mutable_settings()->rbegin()->set_value(value);
    }
    story.fold_event(event);
    EXPECT_EQ(policy(story.state()), Policy());
}

}  // namespace
}  // namespace chopmark::control
