#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "gateways/app/login_routes.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::TestPhone;

struct AppLogin : testing::Test {
    void SetUp() override {
        control::RelyingPartyFacts facts;
        facts.name_english = "Library";
        facts.organisation = "Library";
        facts.redirect_uris = {"https://library.example/back"};
        facts.callback_uris = {"https://library.example/callback"};
        facts.direct_login_uris = {"https://library.example/direct"};
        facts.sensitive = sensitive;
        bench.given_service(client, facts, {"eidapi_auth"});
        ASSERT_EQ(phone.register_by_photo().status, 200);
        ASSERT_EQ(phone.open_session().status, 200);
    }

    service::DrawnLogin draw(schema::QrPicture qr = schema::QR_PICTURE_UNSPECIFIED,
                             schema::Flow flow = schema::QR,
                             const std::string& scope = "eidapi_auth") {
        service::LoginDraw draw;
        draw.client = client;
        draw.scopes = {scope};
        draw.qr = qr;
        draw.flow = flow;
        draw.redirect_uri = "https://library.example/back";
        draw.state = "state";
        draw.source = "PC_Browser";
        draw.browser.address = Sensitive<std::string>("127.0.4.1");
        draw.life = std::chrono::seconds(120);
        return bench.desk->draw(draw).value();
    }
    /// What the page has been told last.
    service::LoginSettled page(const service::DrawnLogin& login) {
        service::LoginSettled out;
        EXPECT_TRUE(bench.desk->wait(
            login.handle, login.browser_secret, true,
            [&](const service::LoginNews& news) { out = std::get<service::LoginSettled>(news); }));
        return out;
    }
    Json decision(const Json& scanned) {
        const auto login = *RequestId::from_hex(scanned["login"].get<std::string>());
        return {{"claim", scanned["claim"]},
                {"client", client.hex()},
                {"text_digest", app::login_text_digest(client, {"eidapi_auth"}, login).hex()}};
    }
    GatewayAnswer approve(const Json& body) {
        return phone.act("app.login.approve", "/app/v1/logins/approve", body);
    }

    bool sensitive = false;
    GatewayBench bench;
    TestPhone phone{bench};
    ClientId client = bench.entropy.draw<ClientId>();
};

TEST_F(AppLogin, GivesThePageACodeOnceApproved) {
    const auto login = draw();
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", login.handle}});
    ASSERT_EQ(scanned.status, 200) << scanned.reason;
    EXPECT_EQ(scanned.body["names"]["english"], "Library");
    EXPECT_EQ(scanned.body["number"], login.number);
    EXPECT_EQ(scanned.body["browser"]["city"], "London");
    const GatewayAnswer approved = approve(decision(scanned.body));
    ASSERT_EQ(approved.status, 200) << approved.reason;
    const auto told = page(login);
    const auto code =
        bench.secrets->bearer.parse(keys::BearerKind::code, told.code, bench.clock.now());
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(code->slot, slot_of(phone.account));
    EXPECT_EQ(bench.state_of(phone.account)->logins.logins.size(), 1U);
}

TEST_F(AppLogin, RefusesAPictureThatHasBeenRedrawnSince) {
    const auto login = draw(schema::QR_REDRAWN);
    const auto shown = [&](std::uint64_t step) {
        const Digest key = *Digest::from_hex(login.page_key);
        return Json{{"handle", service::redrawn_text(login.handle, key.bytes(), step)}};
    };
    bench.clock.advance(std::chrono::seconds(11));
    const GatewayAnswer old = phone.post("/app/v1/scans", shown(0));
    EXPECT_EQ(old.status, 410);
    EXPECT_EQ(old.reason, "login.qr_code_old");
    EXPECT_EQ(phone.post("/app/v1/scans", {{"handle", login.handle}}).reason,
              "login.qr_code_missing");
    Json forged = shown(3);
    forged["handle"] = login.handle + ".003.00000000";
    EXPECT_EQ(phone.post("/app/v1/scans", forged).reason, "login.qr_code_wrong");
    const GatewayAnswer scanned = phone.post("/app/v1/scans", shown(3));
    ASSERT_EQ(scanned.status, 200) << scanned.reason;
    EXPECT_EQ(scanned.body["browser"]["asn"], 64500);
    ASSERT_EQ(approve(decision(scanned.body)).status, 200);
}

TEST_F(AppLogin, TakesALoginPagesLinkOnTheSamePhone) {
    const auto login = draw(schema::QR_REDRAWN, schema::TICKET);
    const std::string link = "http://127.0.0.1:8101/Q/" + login.handle;
    const GatewayAnswer opened = phone.post("/app/v1/links", {{"link", link}});
    ASSERT_EQ(opened.status, 200) << opened.reason;
    EXPECT_EQ(opened.body["login"], login.login.hex());
    EXPECT_EQ(phone.post("/app/v1/links", {{"link", "http://127.0.0.1:8101/Q/"}}).reason,
              "app.link_malformed");
}

TEST_F(AppLogin, KeepsTheNumberFromThePhoneForAScopeThatWantsItTyped) {
    const auto login = draw(schema::QR_STATIC, schema::QR, "eidapi_bulksign");
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", login.handle}});
    EXPECT_EQ(scanned.body["sensitive"], true);
    EXPECT_TRUE(scanned.body["number"].is_null());
}

TEST_F(AppLogin, RefusesATextThatWasNotShown) {
    const auto login = draw();
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", login.handle}});
    Json body = decision(scanned.body);
    body["text_digest"] = app::login_text_digest(client, {"eidapi_profiles"}, login.login).hex();
    EXPECT_EQ(approve(body).reason, "app.text_mismatch");
}

TEST_F(AppLogin, EndsAtAWrongNumber) {
    const auto login = draw();
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", login.handle}});
    Json body = decision(scanned.body);
    body["number"] = login.number == "42" ? "43" : "42";
    EXPECT_EQ(approve(body).reason, "login.number_wrong");
    EXPECT_EQ(page(login).error, "refused");
    body["number"] = login.number;
    EXPECT_EQ(approve(body).reason, "login.already_decided");
}

TEST_F(AppLogin, TellsThePageOfARefusal) {
    const auto login = draw();
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", login.handle}});
    Json body = decision(scanned.body);
    body["why"] = "not_mine";
    const GatewayAnswer refused = phone.act("app.login.refuse", "/app/v1/logins/refuse", body);
    ASSERT_EQ(refused.status, 200) << refused.reason;
    EXPECT_EQ(page(login).error, "refused");
    const GatewayAnswer log = phone.get("/app/v1/log?topic=logins&limit=1");
    EXPECT_EQ(log.body["items"][0]["reason"], "login.not_mine");
}

TEST_F(AppLogin, BeginsInTheAppWithOneTap) {
    const std::string challenge = bench.challenge(service::ChallengePurpose::app);
    const auto id = service::check_challenge(bench.secrets->stamps, service::ChallengePurpose::app,
                                             challenge, bench.clock.now())
                        .value()
                        .command;
    const auto digest =
        app::login_text_digest(client, {"eidapi_auth"}, app::one_tap_login(id)).hex();
    const Json body = {
        {"client", client.hex()}, {"scopes", {"eidapi_auth"}}, {"text_digest", digest}};
    const GatewayAnswer answer =
        phone.send("app.login.one_tap", "/app/v1/logins/one-tap", body, challenge, body);
    ASSERT_EQ(answer.status, 200) << answer.reason;
    EXPECT_EQ(
        answer.body["redirect"].get<std::string>().rfind("https://library.example/direct?code=", 0),
        0U);
}

struct SensitiveLogin : AppLogin {
    SensitiveLogin() { sensitive = true; }
};

TEST_F(SensitiveLogin, KeepsTheNumberFromThePhone) {
    const auto login = draw();
    const GatewayAnswer scanned = phone.post("/app/v1/scans", {{"handle", login.handle}});
    EXPECT_TRUE(scanned.body["number"].is_null());
    Json body = decision(scanned.body);
    EXPECT_EQ(approve(body).reason, "login.step_up_required");
    body["number"] = login.number;
    EXPECT_EQ(approve(body).status, 200);
}

}  // namespace
}  // namespace chopmark
