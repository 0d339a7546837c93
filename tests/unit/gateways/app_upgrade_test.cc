// An account that was made by photograph rises by the card's chip, and a password comes with it;
// another phone takes over by password, chip and face.
#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::TestPhone;

const std::string good_password = "correct horse battery staple";

struct AppUpgrade : testing::Test {
    void SetUp() override { ASSERT_EQ(phone.register_by_photo().status, 200); }

    GatewayAnswer upgrade(const std::string& password) {
        const std::string challenge = bench.challenge(service::ChallengePurpose::app);
        return send(phone.chip_form(password, challenge), challenge);
    }
    GatewayAnswer send(const Json& body, const std::string& challenge) {
        return phone.send("app.account.upgrade", "/app/v1/account/upgrade", body, challenge, body);
    }
    std::shared_ptr<const citizen::State> state() { return bench.state_of(phone.account); }

    GatewayBench bench;
    TestPhone phone{bench};
};

TEST_F(AppUpgrade, RaisesTheGradeAndPutsThePasswordIntoForce) {
    ASSERT_FALSE(state()->account.password_verifier);
    const GatewayAnswer raised = upgrade(good_password);
    ASSERT_EQ(raised.status, 200) << raised.reason;
    EXPECT_EQ(raised.body["grade"], "sign");
    EXPECT_EQ(raised.body["account"], phone.account.hex());
    EXPECT_EQ(state()->account.grade, schema::SIGN);
    TestPhone other(bench);
    EXPECT_EQ(other.rebind(good_password).status, 200);
}

TEST_F(AppUpgrade, OfAnAccountThatMaySignLeavesItsPassword) {
    ASSERT_EQ(upgrade(good_password).status, 200);
    EXPECT_EQ(upgrade("another horse").reason, "account.already_of_grade_sign");
    TestPhone other(bench);
    EXPECT_EQ(other.rebind("another horse").reason, "device.password_wrong");
    EXPECT_EQ(other.rebind(good_password).status, 200);
}

TEST_F(AppUpgrade, NeedsTheCitizensFaceAndTheAccountsOwnCard) {
    phone.match = 100;
    EXPECT_EQ(upgrade(good_password).reason, "identity.face_not_matched");
    phone.match = 900;
    const auto card = phone.card;
    phone.card.number = *citizen::HkidNumber::parse("E364912(5)");
    EXPECT_EQ(upgrade(good_password).status, 422);
    phone.card = card;
    EXPECT_EQ(state()->account.grade, schema::DEFAULT);
    EXPECT_FALSE(state()->account.password_verifier);
}

TEST_F(AppUpgrade, NeedsAChipThatAnsweredThisChallenge) {
    const Json earlier =
        phone.chip_form(good_password, bench.challenge(service::ChallengePurpose::app));
    EXPECT_EQ(send(earlier, bench.challenge(service::ChallengePurpose::app)).reason,
              "identity.chip_not_genuine");
}

TEST_F(AppUpgrade, NeedsAPasswordAndAnAddress) {
    EXPECT_EQ(upgrade("").reason, "json.member");
    EXPECT_EQ(upgrade(std::string(1025, 'x')).reason, "keys.bad_password");
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    Json body = phone.chip_form(good_password, challenge);
    body["email"] = "nobody";
    EXPECT_EQ(send(body, challenge).reason, "account.email_malformed");
}

// ---- taking over
// -----------------------------------------------------------------------------------------

TEST_F(AppUpgrade, TakeOverOfAnAccountWithoutAPasswordIsRefused) {
    TestPhone other(bench);
    EXPECT_EQ(other.rebind(good_password).reason, "device.no_password");
}

TEST_F(AppUpgrade, TakeOverNeedsTheFaceAndTheCardAsWell) {
    ASSERT_EQ(upgrade(good_password).status, 200);
    TestPhone other(bench);
    other.match = 100;
    EXPECT_EQ(other.rebind(good_password).reason, "identity.face_not_matched");
    TestPhone stranger(bench);
    stranger.card.number = *citizen::HkidNumber::parse("E364912(5)");
    EXPECT_EQ(stranger.rebind(good_password).reason, "account.unknown");
    EXPECT_NE(citizen::active_device(*state(), phone.device), nullptr);
}

TEST_F(AppUpgrade, GuessingEndsBeforeTheRightPassword) {
    ASSERT_EQ(upgrade(good_password).status, 200);
    TestPhone thief(bench);
    std::string last;
    for (int guess = 0; guess < 20 && last != "device.attempts_exhausted"; ++guess) {
        last = thief.rebind("guess " + std::to_string(guess)).reason;
    }
    EXPECT_EQ(last, "device.attempts_exhausted");
    EXPECT_EQ(thief.rebind(good_password).reason, "device.attempts_exhausted");
}

}  // namespace
}  // namespace chopmark
