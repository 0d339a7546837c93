#include "aggregates/citizen/profile.h"

#include "events/crypto/digest.h"
#include "events/fold/row_codec.h"
#include "tests/support/citizen_evidence.h"

namespace chopmark::citizen {
namespace {

using namespace test;

CitizenStory with_account() {
    CitizenStory story = staffed_story();
    story.given(register_by_app(story, card_of_chan(), 1));
    return story;
}

CitizenStory with_profile() {
    CitizenStory story = with_account();
    story.given(EnableProfile{proof(story)});
    return story;
}

ProfileValue value(std::string name, std::string json) {
    ProfileValue out;
    out.name = std::move(name);
    out.json = Sensitive(std::move(json));
    return out;
}

SetProfileFields set(CitizenStory& story, std::vector<ProfileValue> values) {
    return {proof(story), std::move(values)};
}

TEST(Profile, IsEnabledOnceByThePhone) {
    CitizenStory story = with_account();
    const auto event = story.when(EnableProfile{proof(story)}).then<schema::ProfileEnabled>();
    EXPECT_EQ(event.link().device_id(), current_device(story.state())->id.bytes());
    EXPECT_EQ(event.personal().device_signature(), "signature");
    EXPECT_EQ(event.personal().text_digest(), crypto::sha256("text").bytes());
    story.given(EnableProfile{proof(story)});
    EXPECT_TRUE(story.state().profile.enabled);
    EXPECT_EQ(story.state().profile.version, 1U);
    story.when(EnableProfile{proof(story)}).then_refused(profile_already_enabled);
}

TEST(Profile, ShowsNamesOpenlyAndKeepsValuesPersonal) {
    CitizenStory story = with_profile();
    ProfileValue bill;
    bill.name = "addressDocFile";
    bill.blob = crypto::sha256("bill");
    bill.source = schema::FieldValue::SOURCE_UTILITY;
    const auto event =
        story.when(set(story, {value("prefix", "\"Mr\""), bill})).then<schema::ProfileFieldsSet>();
    ASSERT_EQ(event.leaf().field_names_size(), 2);
    EXPECT_EQ(event.leaf().field_names(0), "prefix");
    EXPECT_EQ(event.leaf().field_names(1), "addressDocFile");
    ASSERT_EQ(event.personal().values_size(), 2);
    EXPECT_EQ(event.personal().values(0).json(), "\"Mr\"");
    EXPECT_EQ(event.personal().values(0).source(), schema::FieldValue::SOURCE_CITIZEN);
    EXPECT_EQ(event.personal().values(0).set_at_us(), story.now().micros());
    EXPECT_EQ(event.personal().values(1).blob_digest(), crypto::sha256("bill").bytes());
    EXPECT_EQ(event.personal().values(1).source(), schema::FieldValue::SOURCE_UTILITY);
}

TEST(Profile, KnowsWhichEventSetAFieldLast) {
    CitizenStory story = with_profile();
    const EventId first =
        story.given(set(story, {value("prefix", "\"Mr\""), value("maritalStatus", "\"S\"")}));
    const EventId second = story.given(set(story, {value("maritalStatus", "\"M\"")}));
    EXPECT_EQ(source_of_field(story.state(), "prefix"), first);
    EXPECT_EQ(source_of_field(story.state(), "maritalStatus"), second);
    EXPECT_EQ(source_of_field(story.state(), "educationLevel"), std::nullopt);
    EXPECT_EQ(source_of_field(story.state(), "passportNumber"), std::nullopt);
    EXPECT_EQ(story.state().profile.version, 3U);
}

TEST(Profile, TakesTheFieldsOfTheCardFromTheRegistration) {
    CitizenStory story = with_account();
    for (const auto name : {"idNo", "enName", "chName", "chNameVerified", "birthDate", "gender"}) {
        EXPECT_TRUE(is_card_field(name));
        EXPECT_FALSE(is_eme_field(name));
        EXPECT_EQ(source_of_field(story.state(), name), story.state().account.registered_by);
    }
    const EventId upgraded =
        story.given(UpgradeAccount{present(card_of_chan()), at_kiosk(story, card_of_chan()), {}});
    EXPECT_EQ(source_of_field(story.state(), "enName"), upgraded);
    EXPECT_EQ(source_of_field(State(), "enName"), std::nullopt);
}

TEST(Profile, TakesEveryEmeFieldOfTheApi) {
    CitizenStory story = with_profile();
    std::vector<ProfileValue> all;
    for (const auto name : {"prefix", "maritalStatus", "homeTelNumber", "officeTelNumber",
                            "mobileNumber", "emailAddress", "residentialAddress", "postalAddress",
                            "educationLevel", "addressDocInfo", "addressDocFile"}) {
        EXPECT_TRUE(is_eme_field(name));
        all.push_back(value(name, "{}"));
    }
    story.given(set(story, all));
    EXPECT_EQ(story.state().profile.field_sources.size(), 11U);
}

TEST(Profile, RefusesNamesThatAreNotToBeSet) {
    CitizenStory story = with_profile();
    story.when(set(story, {})).then_refused(profile_no_fields);
    story.when(set(story, {value("passportNumber", "1")})).then_refused(profile_unknown_field);
    story.when(set(story, {value("enName", "1")})).then_refused(profile_unknown_field);
    story.when(set(story, {value("prefix", "1"), value("prefix", "2")}))
        .then_refused(profile_field_repeated);
}

TEST(Profile, RefusesValuesThatAreNowhereTwiceOrTooLarge) {
    CitizenStory story = with_profile();
    story.when(set(story, {value("prefix", "")})).then_refused(profile_value_malformed);
    ProfileValue both = value("prefix", "\"Mr\"");
    both.blob = crypto::sha256("x");
    story.when(set(story, {both})).then_refused(profile_value_malformed);
    story.when(set(story, {value("prefix", std::string(limits::profile_value_bytes + 1, ' '))}))
        .then_refused(profile_value_too_large);
    story.when(set(story, {value("prefix", std::string(limits::profile_value_bytes, ' '))}))
        .then<schema::ProfileFieldsSet>();
}

TEST(Profile, ClearsFieldsThatAreSet) {
    CitizenStory story = with_profile();
    story.given(set(story, {value("prefix", "\"Mr\""), value("maritalStatus", "\"S\"")}));
    const auto event = story.when(ClearProfileFields{proof(story), {"prefix"}})
                           .then<schema::ProfileFieldsCleared>();
    ASSERT_EQ(event.leaf().field_names_size(), 1);
    story.given(ClearProfileFields{proof(story), {"prefix"}});
    EXPECT_EQ(source_of_field(story.state(), "prefix"), std::nullopt);
    EXPECT_TRUE(source_of_field(story.state(), "maritalStatus"));
    story.when(ClearProfileFields{proof(story), {"prefix"}}).then_refused(profile_field_absent);
    story.when(ClearProfileFields{proof(story), {}}).then_refused(profile_no_fields);
    story.when(ClearProfileFields{proof(story), {"gender"}}).then_refused(profile_unknown_field);
    story.when(ClearProfileFields{proof(story), {"maritalStatus", "maritalStatus"}})
        .then_refused(profile_field_repeated);
}

TEST(Profile, LosesItsFieldsWhenDisabled) {
    CitizenStory story = with_profile();
    story.given(set(story, {value("prefix", "\"Mr\"")}));
    story.when(DisableProfile{proof(story)}).then<schema::ProfileDisabled>();
    story.given(DisableProfile{proof(story)});
    EXPECT_EQ(source_of_field(story.state(), "prefix"), std::nullopt);
    story.when(DisableProfile{proof(story)}).then_refused(profile_not_enabled);
    story.when(set(story, {value("prefix", "1")})).then_refused(profile_not_enabled);
    story.when(ClearProfileFields{proof(story), {"prefix"}}).then_refused(profile_not_enabled);
    story.given(EnableProfile{proof(story)});
    EXPECT_TRUE(story.state().profile.field_sources.empty());
}

TEST(Profile, EndsWithTheAccount) {
    CitizenStory story = with_profile();
    story.given(set(story, {value("prefix", "\"Mr\"")}));
    story.given(CloseAccount{Closure::citizen_wish, proof(story)});
    EXPECT_FALSE(story.state().profile.enabled);
    EXPECT_EQ(source_of_field(story.state(), "prefix"), std::nullopt);
}

TEST(Profile, IsChangedByABoundPhoneOfAnActiveAccount) {
    CitizenStory story = with_profile();
    DeviceProof stranger = proof(story);
    stranger.device = sample_id<DeviceId>(0x99);
    story.when(DisableProfile{stranger}).then_refused(device_unknown);
    const DeviceProof good = proof(story);
    story.given(SuspendAccount{Suspension::citizen_wish, good});
    story.when(DisableProfile{good}).then_refused(account_suspended);
}

TEST(ProfileState, IgnoresNamesThatItDoesNotKnow) {
    ProfileState state;
    schema::ProfileFieldsSet event;
    event.mutable_leaf()->add_field_names("of_later_software");
    evolve(state, event, {});
    EXPECT_TRUE(state.field_sources.empty());
}

TEST(ProfileState, SurvivesItsRow) {
    CitizenStory story = with_profile();
    story.given(set(story, {value("prefix", "\"Mr\"")}));
    const auto& profile = story.state().profile;
    const auto row = fold::decode_row<ProfileState>(fold::encode_row(profile));
    ASSERT_TRUE(row);
    EXPECT_EQ(*row, profile);
}

}  // namespace
}  // namespace chopmark::citizen
