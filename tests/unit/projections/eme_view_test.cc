#include <gtest/gtest.h>

#include "events/keys/sealing.h"
#include "projections/eme_view/query.h"
#include "tests/support/view_rig.h"

namespace chopmark::eme_view {
namespace {

using test::about;

class EmeViewTest : public ::testing::Test {
  protected:
    EmeViewTest() { registered = append(card<schema::AccountRegistered>("CHAN, Tai Man")); }

    template <class Event>
    Event card(std::string_view english_name) {
        auto event = about<Event>(who);
        schema::CardFacts& facts = *event.mutable_personal()->mutable_card();
        facts.set_number("A1234563");
        facts.set_english_name(std::string(english_name));
        facts.set_sex("M");
        facts.set_birth_date("19900229");
        return event;
    }
    schema::ProfileFieldsSet set(
        std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
        auto event = about<schema::ProfileFieldsSet>(who);
        for (const auto& [name, json] : fields) {
            event.mutable_leaf()->add_field_names(std::string(name));
            schema::FieldValue& value = *event.mutable_personal()->add_values();
            value.set_name(std::string(name));
            value.set_json(std::string(json));
            value.set_source(schema::FieldValue::SOURCE_CITIZEN);
            value.set_set_at_us(1'700'000'000'000'000);
        }
        return event;
    }
    EventId append(const schema::Event& event) {
        return record::decode_prelude(rig.append(event)->record.leaf)->event_id;
    }
    ProfileRow profile() {
        rig.fold();
        return read_profile(rig.read("eme_view"), who.account).value();
    }
    std::vector<Pin> pins(const std::vector<std::string>& fields) {
        return pins_of(profile(), fields);
    }
    Result<std::vector<Value>> read(const std::vector<Pin>& wanted) {
        rig.fold();
        return read_values(rig.read("eme_view"), rig.vault, who.account, wanted);
    }
    std::map<std::string, std::string> values(const std::vector<Pin>& wanted) {
        std::map<std::string, std::string> out;
        const auto found = read(wanted).value();
        for (const Value& value : found) {
            out[value.field] = value.value.reveal();
        }
        return out;
    }

    test::ViewRig rig;
    const test::Citizen who = test::citizen(5, 1);
    EventId registered;
};

using Texts = std::map<std::string, std::string>;

TEST_F(EmeViewTest, CardFieldsComeFromTheRegistration) {
    const auto found = pins({"idNo", "enName", "birthDate", "gender"});
    for (const Pin& pin : found) {
        EXPECT_EQ(pin.source, registered);
    }
    EXPECT_EQ(values(found), (Texts{{"idNo", "A1234563"},
                                    {"enName", "CHAN, Tai Man"},
                                    {"birthDate", "19900229"},
                                    {"gender", "M"}}));
    EXPECT_EQ(read(found).value()[0].shape, Shape::text);
    EXPECT_EQ(read(found).value()[0].origin, schema::FieldValue::SOURCE_CARD);
}

TEST_F(EmeViewTest, AFieldThatTheCardDoesNotHaveHasNoValue) {
    EXPECT_TRUE(values(pins({"chName", "chNameVerified"})).empty());
    auto upgraded = card<schema::AccountUpgraded>("CHAN, Tai Man");
    upgraded.mutable_personal()->mutable_card()->set_chinese_name("陳大文");
    append(upgraded);
    EXPECT_EQ(values(pins({"chName", "chNameVerified"})), (Texts{{"chName", "陳大文"}}));
    upgraded.mutable_personal()->mutable_card()->set_chinese_name_verified(true);
    append(upgraded);
    EXPECT_EQ(values(pins({"chNameVerified"})), (Texts{{"chNameVerified", "陳大文"}}));
}

TEST_F(EmeViewTest, AnUpgradeRenewsTheCardAndOldPinsKeepTheOldOne) {
    const auto before = pins({"enName"});
    const EventId upgraded = append(card<schema::AccountUpgraded>("CHAN, Tai Ming"));
    EXPECT_EQ(profile().card_source, upgraded);
    EXPECT_EQ(values(pins({"enName"})), (Texts{{"enName", "CHAN, Tai Ming"}}));
    EXPECT_EQ(values(before), (Texts{{"enName", "CHAN, Tai Man"}}));
}

TEST_F(EmeViewTest, EachFieldHasTheValueSetLastWithItsOrigin) {
    append(about<schema::ProfileEnabled>(who));
    append(set({{"prefix", "\"Mr\""}, {"mobileNumber", "{\"SubscriberNumber\":\"91234567\"}"}}));
    const EventId second = append(set({{"prefix", "\"Dr\""}}));
    EXPECT_EQ(profile().version, 3U);
    EXPECT_TRUE(profile().enabled);
    const auto found = read(pins({"prefix", "mobileNumber", "postalAddress"})).value();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].value.reveal(), "\"Dr\"");
    EXPECT_EQ(found[0].source, second);
    EXPECT_EQ(found[0].shape, Shape::json);
    EXPECT_EQ(found[0].origin, schema::FieldValue::SOURCE_CITIZEN);
    EXPECT_EQ(found[0].set_at, Instant::from_seconds(1'700'000'000));
    EXPECT_EQ(found[1].value.reveal(), "{\"SubscriberNumber\":\"91234567\"}");
}

TEST_F(EmeViewTest, ABlobIsNamedByItsDigest) {
    auto event = set({{"addressDocFile", ""}});
    event.mutable_personal()->mutable_values(0)->set_blob_digest(Bytes(32, 'd'));
    append(event);
    const auto found = read(pins({"addressDocFile"})).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].shape, Shape::blob);
    EXPECT_EQ(found[0].value.reveal(), Bytes(32, 'd'));
}

TEST_F(EmeViewTest, WhatWasPinnedCanBeReadAfterItWasChangedClearedOrDisabled) {
    append(about<schema::ProfileEnabled>(who));
    append(set({{"prefix", "\"Mr\""}}));
    const auto pinned = pins({"prefix"});
    append(set({{"prefix", "\"Dr\""}}));
    EXPECT_EQ(values(pinned), (Texts{{"prefix", "\"Mr\""}}));
    auto cleared = about<schema::ProfileFieldsCleared>(who);
    cleared.mutable_leaf()->add_field_names("prefix");
    append(cleared);
    EXPECT_TRUE(pins({"prefix"}).empty());
    append(about<schema::ProfileDisabled>(who));
    EXPECT_FALSE(profile().enabled);
    EXPECT_EQ(values(pinned), (Texts{{"prefix", "\"Mr\""}}));
}

TEST_F(EmeViewTest, ClosingEndsTheProfile) {
    append(about<schema::ProfileEnabled>(who));
    append(set({{"prefix", "\"Mr\""}}));
    append(about<schema::AccountClosed>(who));
    EXPECT_FALSE(profile().enabled);
    EXPECT_TRUE(profile().field_sources.empty());
}

TEST_F(EmeViewTest, APinOfAnotherAccountsEventIsRefused) {
    const auto stranger = test::citizen(5, 2);
    const EventId foreign = append(about<schema::AccountRegistered>(stranger));
    EXPECT_EQ(read({{"idNo", foreign}}).error(), no_such_source);
    EXPECT_EQ(read({{"idNo", EventId()}}).error(), no_such_source);
}

TEST_F(EmeViewTest, APinOfAFieldThatItsEventDidNotSetHasNoValue) {
    const EventId source = append(set({{"prefix", "\"Mr\""}}));
    EXPECT_TRUE(values({{"maritalStatus", source}, {"idNo", source}}).empty());
    EXPECT_TRUE(values({{"prefix", registered}}).empty());
}

TEST_F(EmeViewTest, AnErasedKeySaysSoAndTheErasureLeavesNothing) {
    const auto found = pins({"idNo"});
    rig.vault.erase(who.person);
    EXPECT_EQ(read(found).error(), keys::erased);
    append(about<schema::SubjectErased>(who));
    rig.fold();
    EXPECT_EQ(read_profile(rig.read("eme_view"), who.account).error(), no_such_profile);
    EXPECT_TRUE(rig.dump("eme_view").empty());
}

TEST_F(EmeViewTest, NoRowHoldsAValueOutsideASealedBox) {
    append(set({{"prefix", "\"Mr\""}}));
    rig.fold();
    const auto rows = rig.dump("eme_view");
    EXPECT_EQ(rows.at(profile_key(who.account)).find("Mr"), Bytes::npos);
    // The rig's boxes are in clear: the value stands where the box of that record stands.
    EXPECT_EQ(rows.at(profile_key(who.account)).find("CHAN"), Bytes::npos);
}

}  // namespace
}  // namespace chopmark::eme_view
