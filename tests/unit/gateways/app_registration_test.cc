#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "events/crypto/digest.h"
#include "gateways/app/session.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::TestPhone;

struct AppRegistration : testing::Test {
    GatewayBench bench;
    TestPhone phone{bench};
};

TEST_F(AppRegistration, ByPhotographGivesGradeDefault) {
    const GatewayAnswer made = phone.register_by_photo();
    ASSERT_EQ(made.status, 200) << made.reason;
    EXPECT_EQ(made.body["grade"], "default");
    EXPECT_EQ(made.body["device"], phone.device.hex());
    EXPECT_EQ(made.headers.count("Chopmark-Position"), 1U);
    const auto state = bench.state_of(phone.account);
    ASSERT_NE(state, nullptr);
    EXPECT_EQ(state->account.grade, schema::DEFAULT);
    EXPECT_NE(citizen::active_device(*state, phone.device), nullptr);
}

TEST_F(AppRegistration, ByChipGivesGradeSignAndAPassword) {
    const GatewayAnswer made = phone.register_by_chip("correct horse battery staple");
    ASSERT_EQ(made.status, 200) << made.reason;
    EXPECT_EQ(made.body["grade"], "sign");
    const auto state = bench.state_of(phone.account);
    ASSERT_TRUE(state->account.password_verifier);
    const auto verifier =
        bench.passwords.get({state->account.person, *state->account.password_verifier}).value();
    ASSERT_TRUE(verifier.has_value());
    EXPECT_TRUE(
        keys::check_password(*verifier, Sensitive<std::string>("correct horse battery staple"))
            .value());
}

TEST_F(AppRegistration, RefusesATenYearOld) {
    phone.card.birth_date = *citizen::parse_date("20160102");
    EXPECT_EQ(phone.register_by_photo().reason, "account.too_young");
}

TEST_F(AppRegistration, RecordsAChipThatIsNotGenuine) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    Json form = phone.chip_form("correct horse battery staple", challenge);
    form["card"]["english_name"] = "WONG, Siu Ming";
    const GatewayAnswer refused =
        phone.send_candidate("app.registration", "/app/v1/registrations", form, challenge);
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.reason, "identity.chip_not_genuine");
}

TEST_F(AppRegistration, RecordsAFaceThatDoesNotMatch) {
    phone.match = 100;
    const GatewayAnswer refused = phone.register_by_photo();
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.reason, "identity.face_not_matched");
}

TEST_F(AppRegistration, MayBeSentAgainWhenTheRegisterIsBack) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    bench.immigration.fault.set_unreachable(true);
    const GatewayAnswer failed = phone.send_candidate("app.registration", "/app/v1/registrations",
                                                      phone.photo_form(), challenge);
    EXPECT_EQ(failed.status, 503);
    EXPECT_EQ(failed.reason, "identity.register_unreachable");
    bench.immigration.fault.set_unreachable(false);
    const GatewayAnswer made = phone.send_candidate("app.registration", "/app/v1/registrations",
                                                    phone.photo_form(), challenge);
    EXPECT_EQ(made.status, 200) << made.reason;
}

TEST_F(AppRegistration, AnswersARepetitionAlike) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    const Json form = phone.photo_form();
    const auto send = [&] {
        return phone.send_candidate("app.registration", "/app/v1/registrations", form, challenge);
    };
    const GatewayAnswer made = send();
    const GatewayAnswer again = send();
    ASSERT_EQ(made.status, 200) << made.reason;
    EXPECT_EQ(again.body, made.body);
}

TEST_F(AppRegistration, RefusesAnotherKeysSignature) {
    const auto stranger = crypto::P256PrivateKey::generate(bench.entropy);
    Json form = phone.photo_form();
    form["device"]["public_key"] = to_base64(stranger.point().bytes());
    EXPECT_EQ(phone
                  .send_candidate("app.registration", "/app/v1/registrations", form,
                                  bench.challenge(service::ChallengePurpose::app))
                  .reason,
              "app.unauthenticated");
}

TEST_F(AppRegistration, RefusesAStrangersPasswordlessTakeOver) {
    ASSERT_EQ(phone.register_by_chip("correct horse battery staple").status, 200);
    TestPhone other{bench};
    EXPECT_EQ(other.rebind("wrong horse").reason, "device.password_wrong");
    const GatewayAnswer bound = other.rebind("correct horse battery staple");
    ASSERT_EQ(bound.status, 200) << bound.reason;
    EXPECT_EQ(bound.body["account"], phone.account.hex());
    const auto state = bench.state_of(phone.account);
    EXPECT_TRUE(citizen::cooling_off(*state, other.device, bench.clock.now()));
    EXPECT_EQ(citizen::active_device(*state, phone.device), nullptr);
}

// ---- signed calls and sessions
// -------------------------------------------------------------------

struct AppCalls : AppRegistration {
    void SetUp() override { ASSERT_EQ(phone.register_by_photo().status, 200); }

    GatewayAnswer close(const std::string& challenge, const Json& body, const Json& sent) {
        return phone.send("app.account.close", "/app/v1/account/close", body, challenge, sent);
    }
};

TEST_F(AppCalls, RefusesABodyThatWasChanged) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    EXPECT_EQ(close(challenge, {{"note", "a"}}, {{"note", "b"}}).reason, "app.unauthenticated");
}

TEST_F(AppCalls, RefusesAChallengeOfAnotherPurpose) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::channel);
    EXPECT_EQ(close(challenge, Json::object(), Json::object()).reason, "keys.bad_stamp");
}

TEST_F(AppCalls, RefusesAChallengeThatIsOver) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    bench.advance(limits::challenge_life);
    EXPECT_EQ(close(challenge, Json::object(), Json::object()).reason, "keys.stamp_expired");
}

TEST_F(AppCalls, RefusesASignatureOfAnotherCommand) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    EXPECT_EQ(phone
                  .send("app.account.suspend", "/app/v1/account/close", Json::object(), challenge,
                        Json::object())
                  .reason,
              "app.unauthenticated");
}

TEST_F(AppCalls, ReplaysTheOutcomeOfAChallenge) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    const GatewayAnswer suspended = phone.send("app.account.suspend", "/app/v1/account/suspend",
                                               Json::object(), challenge, Json::object());
    ASSERT_EQ(suspended.status, 200) << suspended.reason;
    const GatewayAnswer again = phone.send("app.account.suspend", "/app/v1/account/suspend",
                                           Json::object(), challenge, Json::object());
    EXPECT_EQ(again.body, suspended.body);
    EXPECT_EQ(phone
                  .send("app.account.resume", "/app/v1/account/resume", Json::object(), challenge,
                        Json::object())
                  .reason,
              "command.id_reused");
}

TEST_F(AppCalls, ReadUnderASessionUntilItExpires) {
    ASSERT_EQ(phone.open_session().status, 200);
    const GatewayAnswer account = phone.get("/app/v1/account");
    ASSERT_EQ(account.status, 200) << account.reason;
    EXPECT_EQ(account.body["grade"], "default");
    bench.advance(limits::app_session_life);
    EXPECT_EQ(phone.get("/app/v1/account").reason, "app.session_expired");
}

TEST_F(AppCalls, RefuseAMacOfAnotherTarget) {
    ASSERT_EQ(phone.open_session().status, 200);
    EXPECT_EQ(phone.get("/app/v1/account", "/app/v1/log").reason, "app.bad_session");
}

TEST_F(AppCalls, LoseTheSessionWithTheDevice) {
    ASSERT_EQ(phone.open_session().status, 200);
    ASSERT_EQ(
        phone.act("app.device.revoke", "/app/v1/devices/revoke", {{"device", phone.device.hex()}})
            .status,
        200);
    EXPECT_EQ(phone.get("/app/v1/account").reason, "app.bad_session");
    EXPECT_EQ(phone.open_session().reason, "app.unauthenticated");
}

TEST_F(AppCalls, ShowTheCitizenTheOwnLogAndProfile) {
    ASSERT_EQ(phone.act("app.profile.enable", "/app/v1/profile/enable", Json::object()).status,
              200);
    const GatewayAnswer set = phone.act("app.profile.set", "/app/v1/profile/fields",
                                        {{"values", {{"maritalStatus", "S"}}}});
    ASSERT_EQ(set.status, 200) << set.reason;
    ASSERT_EQ(phone.open_session().status, 200);
    const GatewayAnswer log = phone.get("/app/v1/log?topic=all");
    ASSERT_EQ(log.status, 200) << log.reason;
    ASSERT_EQ(log.body["items"].size(), 3U);
    EXPECT_EQ(log.body["items"][0]["type"], "ProfileFieldsSet");
    EXPECT_EQ(log.body["items"][2]["type"], "AccountRegistered");
    const GatewayAnswer profile = phone.get("/app/v1/profile");
    ASSERT_EQ(profile.status, 200) << profile.reason;
    EXPECT_EQ(profile.body["fields"][0]["value"], phone.card.number.text());
}

}  // namespace
}  // namespace chopmark
