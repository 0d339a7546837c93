// What a service asks of a citizen, as the phone shows and answers it.
#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "events/crypto/digest.h"
#include "gateways/app/login_routes.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::TestPhone;

const Digest shown_text = crypto::sha256("what the phone shows");

struct AppRequest : testing::Test {
    void SetUp() override {
        bench.given_service(client, test::library(),
                            {"eidapi_auth", "eidapi_formFilling", "eidapi_fr"});
        ASSERT_EQ(phone.register_by_photo().status, 200);
        ASSERT_EQ(phone.act("app.profile.enable", "/app/v1/profile/enable", Json::object()).status,
                  200);
        ASSERT_EQ(phone.open_session().status, 200);
        log_in();
    }

    CommandHead head_of_service() {
        CommandHead head;
        head.id = bench.entropy.draw<CommandId>();
        head.digest = Digest(head.id.array());
        head.issued_at = bench.clock.now();
        head.caller = head.actor = {schema::Party::CLIENT, client.to_bytes()};
        head.channel = schema::RELYING_PARTY;
        return head;
    }
    void log_in() {
        const std::vector<std::string> scopes{"eidapi_auth", "eidapi_formFilling", "eidapi_fr"};
        const std::string challenge = bench.challenge(service::ChallengePurpose::app);
        const auto checked = service::check_challenge(
            bench.secrets->stamps, service::ChallengePurpose::app, challenge, bench.clock.now());
        const RequestId login = app::one_tap_login(checked.value().command);
        const Json body = {{"client", client.hex()},
                           {"scopes", scopes},
                           {"text_digest", app::login_text_digest(client, scopes, login).hex()}};
        const GatewayAnswer approved =
            phone.send("app.login.one_tap", "/app/v1/logins/one-tap", body, challenge, body);
        ASSERT_EQ(approved.status, 200) << approved.reason;
        citizen::RedeemCode redeem;
        redeem.approved = *EventId::from_hex(approved.body["event"].get<std::string>());
        redeem.client = client;
        redeem.claims = crypto::sha256("claims");
        token = bench.send(phone.account, citizen::LoginCommand(redeem), head_of_service())
                    .value()
                    .event_id;
    }
    citizen::RequestHead request_head() {
        return {bench.entropy.draw<RequestId>(),
                client,
                bench.entropy.draw<citizen::BusinessIdToken>(),
                citizen::ByToken{token, true},
                crypto::sha256("state"),
                crypto::sha256("https://library.example/callback")};
    }
    RequestId ask(citizen::Command command, const RequestId& id) {
        const auto asked = bench.send(phone.account, std::move(command), head_of_service());
        EXPECT_TRUE(asked) << asked.error();
        return id;
    }
    RequestId ask_consent() {
        citizen::AskConsent command;
        command.head = request_head();
        command.purpose = schema::PURPOSE_FORM_FILLING;
        command.field_names = {"enName", "birthDate"};
        command.text_digest = shown_text;
        schema::ConsentDelivery delivery;
        delivery.set_redirect_uri("https://library.example/callback");
        delivery.set_business_id("B1");
        delivery.set_text("what the phone shows");
        command.delivery = Sensitive(delivery);
        return ask(citizen::ConsentCommand(command), command.head.request);
    }
    RequestId ask_step_up(const std::vector<schema::StepUpMethod>& methods) {
        citizen::AskStepUp command;
        command.head = request_head();
        command.methods = methods;
        command.text_digest = shown_text;
        schema::StepUpDelivery delivery;
        delivery.set_redirect_uri("https://library.example/callback");
        delivery.set_business_id("B1");
        delivery.set_text("what the phone shows");
        command.delivery = Sensitive(delivery);
        return ask(citizen::StepUpCommand(command), command.head.request);
    }

    Json answer_to(const RequestId& request) const {
        return {{"request", request.hex()},
                {"client", client.hex()},
                {"text_digest", shown_text.hex()}};
    }
    Json grant_of(const RequestId& request, const std::vector<std::string>& fields) {
        Json body = answer_to(request);
        body["fields"] = fields;
        body["profile_version"] = bench.state_of(phone.account)->profile.version;
        return body;
    }
    GatewayAnswer grant(const Json& body) {
        return phone.act("app.consent.grant", "/app/v1/consents/grant", body);
    }
    GatewayAnswer prove(Json body, const std::string& challenge) {
        return phone.send("app.step_up.pass", "/app/v1/step-ups/pass", body, challenge, body);
    }
    citizen::Answer state_of(const RequestId& request) {
        return bench.state_of(phone.account)->requests.requests.at(request).answer;
    }

    GatewayBench bench;
    TestPhone phone{bench};
    ClientId client = bench.entropy.draw<ClientId>();
    EventId token;
};

TEST_F(AppRequest, IsShownToThePhoneUntilItIsAnswered) {
    const RequestId request = ask_consent();
    const GatewayAnswer open = phone.get("/app/v1/requests");
    ASSERT_EQ(open.status, 200) << open.reason;
    ASSERT_EQ(open.body["items"].size(), 1U) << open.body.dump();
    const Json& shown = open.body["items"][0];
    EXPECT_EQ(shown["request"], request.hex());
    EXPECT_EQ(shown["client"], client.hex());
    EXPECT_EQ(shown["text"], "what the phone shows");
    EXPECT_EQ(grant(grant_of(request, {"enName"})).status, 200);
    EXPECT_TRUE(phone.get("/app/v1/requests").body["items"].empty());
}

TEST_F(AppRequest, GrantsFieldsThatWereAskedForAndShownAndNoOthers) {
    const RequestId request = ask_consent();
    EXPECT_EQ(grant(grant_of(request, {"idNo"})).reason, "consent.field_not_asked");
    Json other = grant_of(request, {"enName"});
    other["text_digest"] = crypto::sha256("another text").hex();
    EXPECT_EQ(grant(other).reason, "consent.text_mismatch");
    other = grant_of(request, {"enName"});
    other["client"] = bench.entropy.draw<ClientId>().hex();
    EXPECT_EQ(grant(other).reason, "app.text_mismatch");
    other = grant_of(request, {"enName"});
    other["profile_version"] = other["profile_version"].get<std::uint64_t>() + 1;
    EXPECT_EQ(grant(other).reason, "evidence.stale");
    other["profile_version"] = -1;
    EXPECT_EQ(grant(other).reason, "json.member");
    other = grant_of(bench.entropy.draw<RequestId>(), {"enName"});
    EXPECT_EQ(grant(other).reason, "request.unknown");
    ASSERT_EQ(state_of(request), citizen::Answer::none);

    const GatewayAnswer granted = grant(grant_of(request, {"enName"}));
    ASSERT_EQ(granted.status, 200) << granted.reason;
    EXPECT_EQ(granted.headers.count("Chopmark-Position"), 1U);
    EXPECT_EQ(state_of(request), citizen::Answer::granted);
    EXPECT_EQ(grant(grant_of(request, {"enName"})).reason, "request.already_answered");
}

TEST_F(AppRequest, ConsentThatIsRefusedIsNotGrantedLater) {
    const RequestId request = ask_consent();
    const GatewayAnswer refused =
        phone.act("app.consent.refuse", "/app/v1/consents/refuse", answer_to(request));
    ASSERT_EQ(refused.status, 200) << refused.reason;
    EXPECT_EQ(state_of(request), citizen::Answer::refused);
    EXPECT_EQ(grant(grant_of(request, {"enName"})).reason, "request.already_answered");
}

TEST_F(AppRequest, ConsentIsWithdrawnOnce) {
    const RequestId request = ask_consent();
    const auto withdraw = [&] {
        return phone.act("app.consent.withdraw", "/app/v1/consents/withdraw",
                         {{"request", request.hex()}});
    };
    EXPECT_EQ(withdraw().reason, "consent.unknown");
    ASSERT_EQ(grant(grant_of(request, {"enName"})).status, 200);
    const GatewayAnswer withdrawn = withdraw();
    ASSERT_EQ(withdrawn.status, 200) << withdrawn.reason;
    EXPECT_EQ(state_of(request), citizen::Answer::withdrawn);
    EXPECT_EQ(withdraw().reason, "consent.unknown");
    const GatewayAnswer consents = phone.get("/app/v1/consents");
    ASSERT_EQ(consents.status, 200) << consents.reason;
    EXPECT_EQ(consents.body["items"].size(), 1U) << consents.body.dump();
}

TEST_F(AppRequest, AnswerAfterItsTimeIsToldSo) {
    const RequestId request = ask_consent();
    const Instant due = bench.state_of(phone.account)->requests.requests.at(request).due;
    bench.advance(due - bench.clock.now());
    EXPECT_EQ(grant(grant_of(request, {"enName"})).reason, "request.expired");
    EXPECT_EQ(state_of(request), citizen::Answer::expired);
}

// ---- re-authentication
// -----------------------------------------------------------------------------------

TEST_F(AppRequest, StepUpPassesByTheCitizensFaceAndChip) {
    const RequestId request =
        ask_step_up({schema::STEP_UP_METHOD_FACE, schema::STEP_UP_METHOD_NFC});
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    const Json evidence = phone.chip_form("", challenge);
    Json body = answer_to(request);
    body["selfie"] = evidence["selfie"];
    EXPECT_EQ(prove(body, bench.challenge(service::ChallengePurpose::app)).reason,
              "step_up.required");
    body["chip"] = evidence["chip"];
    const GatewayAnswer passed = prove(body, challenge);
    ASSERT_EQ(passed.status, 200) << passed.reason;
    EXPECT_EQ(state_of(request), citizen::Answer::granted);
}

TEST_F(AppRequest, StepUpByAnotherFaceIsRecordedAndIsTheOnlyTry) {
    const RequestId request = ask_step_up({schema::STEP_UP_METHOD_FACE});
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    Json body = answer_to(request);
    body["selfie"] = to_base64(outside::sandbox_selfie(phone.card.number, 100, 900));
    const GatewayAnswer failed = prove(body, challenge);
    EXPECT_EQ(failed.status, 422);
    EXPECT_EQ(failed.reason, "identity.face_not_matched");
    EXPECT_EQ(state_of(request), citizen::Answer::refused);
    EXPECT_EQ(prove(body, challenge).reason, "identity.face_not_matched");

    body["selfie"] = to_base64(outside::sandbox_selfie(phone.card.number, 900, 900));
    EXPECT_EQ(prove(body, bench.challenge(service::ChallengePurpose::app)).reason,
              "request.already_answered");
}

TEST_F(AppRequest, StepUpMayBeRefused) {
    const RequestId request = ask_step_up({schema::STEP_UP_METHOD_FACE});
    const GatewayAnswer refused =
        phone.act("app.step_up.refuse", "/app/v1/step-ups/refuse", answer_to(request));
    ASSERT_EQ(refused.status, 200) << refused.reason;
    EXPECT_EQ(state_of(request), citizen::Answer::refused);
}

}  // namespace
}  // namespace chopmark
