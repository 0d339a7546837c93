// Another app on the citizen's phone asks (facts/iamsmart-api.md 5.6): by a link with the
// parameters of a login, by one with the ticket of a request, and from the server's side under
// /api/appv1/. Through both gateways of a whole node.
#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "gateways/app/app_link.h"
#include "gateways/app/login_routes.h"
#include "gateways/http/target.h"
#include "gateways/rp/url.h"
#include "tests/support/test_phone.h"
#include "tests/support/wire_client.h"

namespace chopmark {
namespace {

using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::TestPhone;
using test::WireClient;

constexpr const char* package = "hk.example.library";

control::RelyingPartyFacts library_with_an_app() {
    auto facts = test::library();
    facts.app_scheme = package;
    return facts;
}

struct AppToApp : testing::Test {
    void SetUp() override {
        ASSERT_EQ(phone.register_by_photo().status, 200);
        ASSERT_EQ(phone.open_session().status, 200);
    }
    std::string link(const std::map<std::string, std::string>& params,
                     const std::string& begin = "hk.gov.iamsmart.testapp://v2_cauth") {
        std::string out = begin + "?clientID=" + client.id().hex();
        for (const auto& [name, value] : params) {
            out += "&" + name + "=" + rp::percent_encode(value);
        }
        return out;
    }
    GatewayAnswer open(const std::string& text) {
        return phone.post("/app/v1/links", {{"link", text}});
    }
    GatewayAnswer decide(const std::string& what, const GatewayAnswer& opened, Json more = {}) {
        const auto login = *RequestId::from_hex(opened.body["login"].get<std::string>());
        const auto scopes = opened.body["scopes"].get<std::vector<std::string>>();
        Json body = {{"claim", opened.body["claim"]},
                     {"client", client.id().hex()},
                     {"text_digest", app::login_text_digest(client.id(), scopes, login).hex()}};
        body.update(more.is_null() ? Json::object() : more);
        return phone.act("app.login." + what, "/app/v1/logins/" + what, body);
    }
    Json token_of(const Json& code, const Json& more = Json::object()) {
        Json content{{"code", code}, {"grantType", "authorization_code"}};
        content.update(more);
        return client.post("/auth/getToken", content);
    }
    Json shown() {
        const Json list = phone.get("/app/v1/requests").body;
        EXPECT_EQ(list["items"].size(), 1U) << list;
        return list["items"].empty() ? Json::object() : list["items"][0];
    }
    GatewayAnswer grant(const Json& request, const char* return_to = nullptr) {
        Json body{{"request", request["request"]},
                  {"client", request["client"]},
                  {"text_digest", request["text_digest"]},
                  {"fields", {"enName"}},
                  {"profile_version", bench.state_of(phone.account)->profile.version}};
        if (return_to != nullptr) {
            body["return_to"] = return_to;
        }
        return phone.act("app.consent.grant", "/app/v1/consents/grant", body);
    }
    Json form(const std::string& business_id) {
        return {{"businessID", business_id},
                {"source", "App_Link"},
                {"clientRedirectURI", WireClient::redirect_uri},
                {"serverRedirectURI", "https://library.example/callback"},
                {"state", "st-1"},
                {"formName", "Library card"},
                {"profileFields", {"enName"}},
                {"eMEFields", Json::array()}};
    }

    GatewayBench bench;
    TestPhone phone{bench};
    WireClient client{bench, {"eidapi_auth", "eidapi_formFilling"}, library_with_an_app()};
};

TEST_F(AppToApp, BringsTheCodeToTheAddressOfTheAppThatAsked) {
    const GatewayAnswer opened = open(link({{"responseType", "code"},
                                            {"source", "App_Link"},
                                            {"scope", "eidapi_auth"},
                                            {"state", "st-1"},
                                            {"clientRedirectURI", WireClient::redirect_uri}}));
    ASSERT_EQ(opened.status, 200) << opened.reason;
    EXPECT_EQ(opened.body["scopes"], Json({"eidapi_auth"}));
    const GatewayAnswer approved = decide("approve", opened);
    ASSERT_EQ(approved.status, 200) << approved.reason;
    const std::string code = approved.body["extras"]["code"];
    EXPECT_EQ(approved.body["redirect"],
              std::string(WireClient::redirect_uri) + "?code=" + code + "&state=st-1");
    EXPECT_EQ(token_of(code)["code"], "D00000");
}

TEST_F(AppToApp, LeavesAnActivityToThePhone) {
    const auto android = [&](const std::string& name) {
        return open(link({{"source", "App_Package"},
                          {"scope", "eidapi_auth"},
                          {"state", "st-1"},
                          {"cScope", "corpidapi_auth"},
                          {"packageName", name},
                          {"activityClass", ".LoginActivity"},
                          {"activityParams", "p"}}));
    };
    EXPECT_EQ(android("hk.example.thief").reason, "app.link_not_registered");
    const GatewayAnswer opened = android(package);
    ASSERT_EQ(opened.status, 200) << opened.reason;
    const GatewayAnswer approved = decide("approve", opened);
    ASSERT_EQ(approved.status, 200) << approved.reason;
    EXPECT_FALSE(approved.body.contains("redirect"));
    const Json& extras = approved.body["extras"];
    EXPECT_EQ(extras["state"], "st-1");
    EXPECT_EQ(extras["cCode"].get<std::string>().size(), 32U);
    EXPECT_EQ(token_of(extras["code"])["code"], "D00000");
    EXPECT_EQ(token_of(extras["cCode"])["code"], "D40004") << "no register of companies";
}

TEST_F(AppToApp, TellsTheAppOfARefusalToo) {
    const GatewayAnswer opened =
        open(link({{"scope", "eidapi_auth"}, {"clientRedirectURI", WireClient::redirect_uri}}));
    const GatewayAnswer refused = decide("refuse", opened, {{"why", "declined"}});
    ASSERT_EQ(refused.status, 200) << refused.reason;
    EXPECT_EQ(refused.body["redirect"],
              std::string(WireClient::redirect_uri) + "?error_code=D40001");
}

TEST_F(AppToApp, OpensForNoLinkThatIsNotItsOwn) {
    const std::map<std::string, std::string> good{{"scope", "eidapi_auth"},
                                                  {"clientRedirectURI", WireClient::redirect_uri}};
    EXPECT_EQ(open(link(good, "hk.gov.iamsmart://v2_cauth")).status, 200);
    EXPECT_EQ(open(link(good, "https://v2_cauth")).reason, "app.link_malformed");
    EXPECT_EQ(open(link(good, "hk.gov.iamsmart://elsewhere")).reason, "app.link_malformed");
    EXPECT_EQ(open(link(good) + "&scope=eidapi_auth").reason, "app.link_malformed");
    EXPECT_EQ(open("hk.gov.iamsmart://v2_cauth").reason, "app.link_malformed");
    auto wrong = good;
    wrong["clientRedirectURI"] = "https://thief.example/";
    EXPECT_EQ(open(link(wrong)).reason, "app.link_not_registered");
    wrong = good;
    wrong["scope"] = "eidapi_sign";
    EXPECT_EQ(open(link(wrong)).reason, "relying_party.scope_not_approved");
    wrong = good;
    wrong["source"] = "PC_Browser";
    EXPECT_EQ(open(link(wrong)).reason, "app.link_malformed");
    wrong = good;
    wrong["state"] = "no state <>";
    EXPECT_EQ(open(link(wrong)).reason, "app.link_malformed");
    EXPECT_EQ(open("hk.gov.iamsmart://v2_cauth?clientID=" + std::string(32, 'a')).reason,
              "relying_party.not_active");
    EXPECT_EQ(open(link({{"ticketID", std::string(32, '0')}})).reason, "request.unknown");
}

TEST_F(AppToApp, AsksFromAnAppWithTwoAddresses) {
    const GatewayAnswer opened = open(link({{"scope", "eidapi_auth eidapi_formFilling"},
                                            {"clientRedirectURI", WireClient::redirect_uri}}));
    const Json token = token_of(decide("approve", opened).body["extras"]["code"])["content"];
    const std::string path = "/api/appv1/account/eme/initiateRequest";
    Json asking = form("b-1");
    asking["accessToken"] = token["accessToken"];
    asking["openID"] = token["openID"];
    const auto without = [&](const char* name, const Json& value) {
        Json other = asking;
        other["businessID"] = "b-2";
        other[name] = value;
        return client.post(path, other)["code"].get<std::string>();
    };
    EXPECT_EQ(without("serverRedirectURI", WireClient::redirect_uri), "D20008");
    EXPECT_EQ(without("serverRedirectURI", Json()), "D20001");
    EXPECT_EQ(without("clientRedirectURI", "https://thief.example/"), "D20008");
    const Json asked = client.post(path, asking);
    ASSERT_EQ(asked["code"], "D00000") << asked;
    EXPECT_EQ(asked["content"]["authByQR"], false);
    const GatewayAnswer found = open(link({{"ticketID", asked["content"]["ticketID"]}}));
    ASSERT_EQ(found.status, 200) << found.reason;
    const Json request = shown();
    EXPECT_EQ(found.body["request"], request["request"]);
    const GatewayAnswer granted = grant(request, WireClient::redirect_uri);
    ASSERT_EQ(granted.status, 200) << granted.reason;
    EXPECT_FALSE(granted.body.contains("redirect")) << "the server is called back";
    // Another citizen's ticket opens nothing.
    TestPhone other(bench);
    other.card.number = *citizen::HkidNumber::parse("E364912(5)");
    ASSERT_EQ(other.register_by_photo().status, 200);
    ASSERT_EQ(other.open_session().status, 200);
    EXPECT_EQ(
        other.post("/app/v1/links", {{"link", link({{"ticketID", asked["content"]["ticketID"]}})}})
            .reason,
        "request.unknown");
}

TEST_F(AppToApp, BringsTheCodeOfAnAnonymousRequestBackToTheApp) {
    const Json asked = client.post("/api/appv1/anonymous/eme/initiateRequest", form("b-1"));
    ASSERT_EQ(asked["code"], "D00000") << asked;
    ASSERT_EQ(open(link({{"ticketID", asked["content"]["ticketID"]}})).status, 200);
    const Json request = shown();
    EXPECT_EQ(grant(request, "https://thief.example/").reason, "app.link_not_registered");
    const GatewayAnswer granted = grant(request, WireClient::redirect_uri);
    ASSERT_EQ(granted.status, 200) << granted.reason;
    const Json& extras = granted.body["extras"];
    EXPECT_EQ(granted.body["redirect"], std::string(WireClient::redirect_uri) +
                                            "?code=" + extras["code"].get<std::string>() +
                                            "&state=st-1&businessID=b-1");
    const Json token = token_of(extras["code"])["content"];
    const Json fetched =
        client.post("/anonymous/eme/getResult", {{"businessID", "b-1"},
                                                 {"accessToken", token["accessToken"]},
                                                 {"openID", token["openID"]}});
    EXPECT_EQ(fetched["content"]["enName"]["UnstructuredName"], "CHAN, Tai Man") << fetched;
}

TEST_F(AppToApp, GivesAOneTapLoginAVerifierBesideItsCode) {
    const auto tap = [&] {
        const std::string challenge = bench.challenge(service::ChallengePurpose::app);
        const auto checked = service::check_challenge(
            bench.secrets->stamps, service::ChallengePurpose::app, challenge, bench.clock.now());
        const RequestId login = app::one_tap_login(checked.value().command);
        const Json body = {
            {"client", client.id().hex()},
            {"scopes", {"eidapi_auth"}},
            {"text_digest", app::login_text_digest(client.id(), {"eidapi_auth"}, login).hex()}};
        return phone.send("app.login.one_tap", "/app/v1/logins/one-tap", body, challenge, body);
    };
    const Json extras = tap().body["extras"];
    EXPECT_EQ(extras["code_verifier"].get<std::string>().size(), 64U);
    EXPECT_EQ(token_of(extras["code"], {{"code_verifier", std::string(64, '0')}})["code"],
              "D40004");
    EXPECT_EQ(token_of(extras["code"], {{"code_verifier", extras["code_verifier"]},
                                        {"isDirectLoginV2", "true"}})["code"],
              "D00000");
    EXPECT_NE(tap().body["extras"]["code_verifier"], extras["code_verifier"]);
}

}  // namespace
}  // namespace chopmark
