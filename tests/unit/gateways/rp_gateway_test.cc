// What a relying party sends and gets, from getKey to a signing request and the callback.
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/rp_bench.h"

namespace chopmark::rp {
namespace {

using namespace std::chrono_literals;
using namespace test;
using Json = nlohmann::json;

using RpGatewayTest = RpBench;

TEST_F(RpGatewayTest, GivesTheSameKeyUntilItIsRevoked) {
    const Json first = get_key();
    EXPECT_EQ(first["pubKey"], to_base64(kek.public_key().spki()));
    EXPECT_EQ(first["issueAt"], bench.clock.now().millis());
    EXPECT_EQ(first["expiresIn"], 86'400'000);
    const Bytes before(key.reveal());
    bench.clock.advance(1h);
    bench.snapshots.confirm(bench.clock.now());
    (void)get_key();
    EXPECT_EQ(key.reveal(), before);
    const Json revoked = post("/api/v1/security/revokeKey", "{}");
    EXPECT_EQ(revoked["code"], "D00000");
    EXPECT_FALSE(revoked.contains("content"));
    EXPECT_EQ(get_token("c0de")["code"], "D30002");
    (void)get_key();
    EXPECT_NE(key.reveal(), before);
}

TEST_F(RpGatewayTest, AnswersStrangersAndWrongSignaturesAlike) {
    EXPECT_EQ(post("/api/v1/security/getKey", "", "n", "wrong")["code"], "D20006");
    EXPECT_EQ(post("/api/v1/security/getKey", "", "n")["code"], "D00000");  // nonce not consumed
    EXPECT_EQ(post("/api/v1/security/getKey", "", "n")["code"], "D20004");
    const auto kept = run(route("/api/v1/security/getKey"),
                          signed_by(std::string(32, 'a'), bench.clock.now(), "x", ""));
    EXPECT_EQ(Json::parse(kept->response_->body)["code"], "D20006");
    EXPECT_EQ(Json::parse(kept->response_->body)["message"], "signature verification failed");
}

/// Only a call that the front itself runs again has used its own nonce.
TEST_F(RpGatewayTest, TakesTheNonceOfACallThatIsRunAgain) {
    const http::Route& to = route("/api/v1/security/getKey");
    const auto request = signed_by(test::service.hex(), bench.clock.now(), "n", "");
    const auto code = [&](bool again) {
        return Json::parse(run(to, request, again)->response_->body)["code"];
    };
    EXPECT_EQ(code(false), "D00000");
    EXPECT_EQ(code(true), "D00000");
    EXPECT_EQ(code(false), "D20004");
    const auto forged = signed_by(test::service.hex(), bench.clock.now(), "n", "", "wrong");
    EXPECT_EQ(Json::parse(run(to, forged, true)->response_->body)["code"], "D20006");
}

TEST_F(RpGatewayTest, RefusesTimestampsOutsideTheWindow) {
    bench.clock.advance(1h);
    const auto kept = run(route("/api/v1/security/getKey"),
                          signed_by(test::service.hex(), bench.clock.now() - 301s, "x", ""));
    EXPECT_EQ(Json::parse(kept->response_->body)["code"], "D20003");
}

TEST_F(RpGatewayTest, TellsWhatIsWrongWithGetQrWhereItMay) {
    EXPECT_EQ(get_qr({{"clientID", "nobody"}})->response_->status, 400);
    const auto foreign = get_qr({{"redirectURI", "https://thief.example/"}});
    EXPECT_EQ(foreign->response_->status, 400);
    EXPECT_NE(foreign->response_->body.find("D20008"), std::string::npos);
    const auto location = [&](const char* name, const char* value) {
        const auto kept = get_qr({{name, value}});
        EXPECT_EQ(kept->response_->status, 302);
        return kept->response_->get_header_value("Location");
    };
    const std::string back(redirect_uri);
    EXPECT_EQ(location("source", "Opera"), back + "?error_code=D20007&state=st-1");
    EXPECT_EQ(location("scope", "eidapi_auth all"), back + "?error_code=D20012&state=st-1");
    EXPECT_EQ(location("responseType", "token"), back + "?error_code=D20003&state=st-1");
}

TEST_F(RpGatewayTest, ServesAPictureAndAScriptThatRedrawsItUnlessAServiceWantsOne) {
    const auto shows = [&](const char* text, std::map<std::string, std::string> more = {}) {
        return get_qr(more)->response_->body.find(text) != std::string::npos;
    };
    const std::map<std::string, std::string> broker{{"source", "Android_Chrome"},
                                                    {"brokerPage", "true"}};
    EXPECT_TRUE(shows("<svg"));
    EXPECT_TRUE(shows("data-key=\""));
    EXPECT_TRUE(shows("crypto.subtle.sign"));
    EXPECT_TRUE(shows("<p class=\"number\">", broker));
    commands.change_party([](control::RelyingParty& party) { party.qr = schema::QR_STATIC; });
    EXPECT_TRUE(shows("<svg"));
    EXPECT_FALSE(shows("data-key=\""));
    EXPECT_FALSE(shows("crypto.subtle"));
    commands.change_party([](control::RelyingParty& party) { party.qr = schema::QR_REDRAWN; });
    EXPECT_FALSE(shows("<svg"));
    EXPECT_FALSE(shows("<svg", broker));
    EXPECT_TRUE(shows("data-key=\""));
    EXPECT_TRUE(shows("<noscript>Open this page by https", {{"lang", "en-US"}}));
}

TEST_F(RpGatewayTest, KeepsTheBrowsersSecretFromThePagesScripts) {
    const auto kept = get_qr();
    const std::string cookie = kept->response_->get_header_value("Set-Cookie");
    const std::string secret = cookie.substr(cookie.find('=') + 1, 64);
    EXPECT_EQ(kept->response_->body.find(secret), std::string::npos);
    const auto policy = kept->response_->get_header_value("Content-Security-Policy");
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(policy.find("default-src 'none'; script-src 'nonce-"), 0U);
}

TEST_F(RpGatewayTest, BringsTheCodeToThePageThatWaits) {
    const Page mine = page();
    const auto waiting = wait(mine, false);
    EXPECT_TRUE(waiting->parked_);
    EXPECT_FALSE(waiting->response_);
    EXPECT_EQ(wait({mine.handle, "q" + mine.handle + "=" + std::string(64, '0')}, false)
                  ->response_->status,
              404);
    const std::string code = approve(mine);
    ASSERT_TRUE(waiting->response_);  // scanned came first
    EXPECT_EQ(Json::parse(waiting->response_->body)["state"], "scanned");
    const auto done = wait(mine, true);
    ASSERT_TRUE(done->response_);
    EXPECT_EQ(Json::parse(done->response_->body)["state"], "done");
    EXPECT_EQ(Json::parse(done->response_->body)["redirect"],
              std::string(redirect_uri) + "?code=" + code + "&state=st-1");
}

TEST_F(RpGatewayTest, GivesATokenForACodeOnce) {
    (void)get_key();
    const std::string code = approve(page());
    const Json envelope = get_token(code, "once");
    ASSERT_EQ(envelope["code"], "D00000") << envelope;
    EXPECT_EQ(envelope["message"], "SUCCESS");
    const Json token = opened(envelope);
    EXPECT_EQ(token["accessToken"].get<std::string>().size(), 32U);
    EXPECT_EQ(token["tokenType"], "Bearer");
    EXPECT_EQ(token["expiresIn"], 14'400'000);
    EXPECT_EQ(token["openID"].get<std::string>().size(), 44U);
    EXPECT_EQ(token["userType"], "sign");
    EXPECT_EQ(token["scope"], "eidapi_auth eidapi_formFilling");
    EXPECT_EQ(get_token(code, "once")["code"], "D20004");
    EXPECT_EQ(get_token(code)["code"], "D40004");
    EXPECT_EQ(get_token("00000000000000000000000000000000")["code"], "D40004");
}

TEST_F(RpGatewayTest, RefusesACodeAfterItsLife) {
    (void)get_key();
    const std::string code = approve(page());
    bench.clock.advance(61s);  // recorded times may be microseconds ahead of the clock
    bench.snapshots.confirm(bench.clock.now());
    EXPECT_EQ(get_token(code)["code"], "D40004");
}

TEST_F(RpGatewayTest, AsksForAConsentUnderTokenAndOpenId) {
    const Json token = log_in();
    constexpr std::string_view path = "/api/v1/account/eme/initiateRequest";
    const Json envelope = post_sealed(path, form(token, "b-1"));
    ASSERT_EQ(envelope["code"], "D00000") << envelope;
    const Json content = opened(envelope);
    EXPECT_EQ(content["businessID"], "b-1");
    EXPECT_EQ(content["authByQR"], true);
    EXPECT_EQ(content["ticketID"].get<std::string>().size(), 32U);
    EXPECT_EQ(post_sealed(path, form(token, "b-1"))["code"], "D20011");
    Json other = form(token, "b-2");
    other["openID"] = std::string(44, 'A');
    EXPECT_EQ(post_sealed(path, other)["code"], "D20010");
    other = form(token, "b-3");
    other["accessToken"] = std::string(32, '0');
    EXPECT_EQ(post_sealed(path, other)["code"], "D20009");
    // The login was not granted it.
    Json signing{
        {"businessID", "b-4"},         {"accessToken", token["accessToken"]},
        {"openID", token["openID"]},   {"source", "PC_Browser"},
        {"redirectURI", callback_uri}, {"hashCode", to_base64(crypto::sha256("document").bytes())}};
    EXPECT_EQ(post_sealed("/api/v1/account/signing/initiateRequest", signing)["code"], "D20012");
    EXPECT_EQ(post_sealed("/api/v1/account/signing/ackResult",
                          {{"businessID", "b-4"}, {"signingResult", "SR001"}})["code"],
              "D70006");
}

TEST_F(RpGatewayTest, AnswersClientsOfCorpIdWithTheirLetter) {
    commands.change_party([](control::RelyingParty& party) { party.corp_id = true; });
    const Json good = post("/api/v1/security/getKey", "");
    EXPECT_EQ(good["code"], "M00000");
    EXPECT_EQ(good["msg"], "");
    EXPECT_EQ(good["message"], "SUCCESS");
    const Json bad = post("/api/v1/security/getKey", "", "n", "wrong");
    EXPECT_EQ(bad["code"], "D20006");  // as to a stranger
    EXPECT_EQ(bad["message"], "signature verification failed");
    EXPECT_EQ(post("/api/v1/security/getKey", "", std::string(37, 'n'))["code"], "M20003");
    const auto back = get_qr({{"source", "Opera"}});
    EXPECT_EQ(back->response_->get_header_value("Location"),
              std::string(redirect_uri) + "?error_code=M20007&state=st-1");
    const Json token = log_in();
    EXPECT_EQ(post_sealed("/api/v1/formFilling/initiateRequest", form(token, "b-1"))["code"],
              "M00000");
    const RequestId request =
        bench.domain().find(account).value()->requests.requests.begin()->first;
    refuse(request);
    EXPECT_EQ(called_back(request)["code"], "M60001");
    EXPECT_EQ(post_sealed("/api/v1/corp/requestDocList", Json::object())["code"], "M20012");
}

TEST_F(RpGatewayTest, BringsCorpIdsPageASecondCodeThatIsNoneOfOurs) {
    (void)get_key();
    const Page mine = page({{"cScope", "corpidapi_auth"}}, "/api/v1/auth/corpId/getQR");
    const std::string code = approve(mine);
    const auto done = wait(mine, true);
    ASSERT_TRUE(done->response_);
    const std::string redirect = Json::parse(done->response_->body)["redirect"];
    const std::string begin = std::string(redirect_uri) + "?code=" + code + "&cCode=";
    ASSERT_TRUE(redirect.starts_with(begin)) << redirect;
    const std::string second = redirect.substr(begin.size(), 32);
    EXPECT_EQ(redirect, begin + second + "&state=st-1");
    EXPECT_EQ(get_token(second)["code"], "D40004");
    EXPECT_EQ(get_token(code)["code"], "D00000");
}

TEST_F(RpGatewayTest, RefusesABusinessIdThatWasUsedForSomebodyElse) {
    const Json token = log_in();
    constexpr std::string_view path = "/api/v1/account/eme/initiateRequest";
    ask_of_another("b-1");
    EXPECT_EQ(post_sealed(path, form(token, "b-1"))["code"], "D20011");
    EXPECT_EQ(post_sealed(path, form(token, "b-2"))["code"], "D00000");
    commands.change_party(
        [](control::RelyingParty& party) { party.business_id_per_citizen = true; });
    EXPECT_EQ(post_sealed(path, form(token, "b-1"))["code"], "D00000");
    EXPECT_EQ(post_sealed(path, form(token, "b-1"))["code"], "D20011");  // it is open yet
}

TEST_F(RpGatewayTest, AnswersWithTheProfileThatTheLoginGranted) {
    const Json token = log_in("eidapi_auth eidapi_profiles");
    fold();
    const auto ask = [&](Json changes) {
        Json content{{"accessToken", token["accessToken"]},
                     {"openID", token["openID"]},
                     {"profileFields", {"idNo", "enName", "birthDate", "gender"}},
                     {"eMEFields", Json::array()}};
        content.update(changes);
        return post_sealed("/api/v1/profiles", content);
    };
    const Json envelope = ask(Json::object());
    ASSERT_EQ(envelope["code"], "D00000") << envelope;
    const Json content = opened(envelope);
    EXPECT_EQ(content["idNo"], (Json{{"Identification", "A123456"}, {"CheckDigit", "3"}}));
    EXPECT_EQ(content.size(), 4U) << content;
    EXPECT_EQ(opened(ask({{"profileFields", {"gender"}}})).size(), 1U);
    EXPECT_EQ(ask({{"profileFields", Json::array()}})["code"], "D20002");
    EXPECT_EQ(ask({{"profileFields", {"shoeSize"}}})["code"], "D20003");
    EXPECT_EQ(ask({{"openID", std::string(44, 'A')}})["code"], "D20010");
    EXPECT_EQ(ask({{"accessToken", std::string(32, '0')}})["code"], "D20009");
    const Json narrow = log_in();
    EXPECT_EQ(ask({{"accessToken", narrow["accessToken"]}})["code"], "D20012");
}

TEST_F(RpGatewayTest, AsksForTheProfileByCallbackUnderCodesOfItsOwn) {
    constexpr std::string_view path = "/api/v1/account/auth/profile/initiateRequest";
    EXPECT_EQ(post_sealed(path, form(log_in(), "b-1"))["code"], "D20012");
    const Json token = log_in("eidapi_auth eidapi_profiles");
    const Json envelope = post_sealed(path, form(token, "b-2"));
    ASSERT_EQ(envelope["code"], "D00000") << envelope;
    const RequestId request =
        bench.domain().find(account).value()->requests.requests.begin()->first;
    refuse(request);
    const Json body = called_back(request);
    EXPECT_EQ(body["code"], "D50001");
    EXPECT_EQ(opened(body), (Json{{"businessID", "b-2"}, {"state", "st-2"}}));
}

TEST_F(RpGatewayTest, CallsBackAsAFormToWhoAsksForOne) {
    const Json token = log_in();
    Json asked = form(token, "b-1");
    asked["callbackContentType"] = "text/plain";
    EXPECT_EQ(post_sealed("/api/v1/account/eme/initiateRequest", asked)["code"], "D20003");
    asked["callbackContentType"] = "multipart/form-data";
    ASSERT_EQ(post_sealed("/api/v1/account/eme/initiateRequest", asked)["code"], "D00000");
    const auto& requests = bench.domain().find(account).value()->requests.requests;
    const RequestId request = requests.begin()->first;
    refuse(request);
    const RpCallbacks callbacks(ports, Options());
    const auto callback =
        callbacks.render(account, *bench.domain().find(account).value(), request).value();
    // Read by a server that knows nothing of ours.
    httplib::Server receiver;
    Json body;
    receiver.Post("/callback", [&](const httplib::Request& posted, httplib::Response&) {
        for (const auto& [name, part] : posted.files) {
            body[name] = part.content;
        }
    });
    const int port = receiver.bind_to_any_port("127.0.0.1");
    std::thread listening([&] { receiver.listen_after_bind(); });
    httplib::Client sender("127.0.0.1", port);
    const auto taken = sender.Post("/callback", callback.body, callback.content_type);
    receiver.stop();
    listening.join();
    ASSERT_TRUE(taken);
    EXPECT_EQ(body.size(), 5U) << body;
    EXPECT_EQ(body["code"], "D60001");
    EXPECT_EQ(opened(body), (Json{{"businessID", "b-1"}, {"state", "st-2"}}));
}

TEST_F(RpGatewayTest, CallsBackWithTheTimeOutUnderTheTicketsId) {
    const Json token = log_in();
    const Json asked =
        opened(post_sealed("/api/v1/account/eme/initiateRequest", form(token, "b-1")));
    const RpCallbacks callbacks(ports, Options());
    const RequestId request =
        bench.domain().find(account).value()->requests.requests.begin()->first;
    const auto state = [&] { return bench.domain().find(account).value(); };
    EXPECT_EQ(callbacks.render(account, *state(), request).error(), citizen::request_not_answered);
    bench.clock.advance(18min + 1s);
    bench.snapshots.confirm(bench.clock.now());
    CommandHead head;
    head.id = bench.entropy.draw<CommandId>();
    head.issued_at = bench.clock.now();
    commands.submit(account, citizen::RequestCommand(citizen::ExpireRequest{request}), head,
                    [](const auto& outcome) { ASSERT_TRUE(outcome) << outcome.error(); });
    const auto callback = callbacks.render(account, *state(), request);
    ASSERT_TRUE(callback) << callback.error();
    EXPECT_EQ(callback->url, callback_uri);
    const Json body = Json::parse(callback->body);
    EXPECT_EQ(body["txID"], "<T=" + asked["ticketID"].get<std::string>() + ">");
    EXPECT_EQ(body["code"], "D60003");
    const auto wrapped = kek.decrypt(*from_base64(body["secretKey"].get<std::string>()));
    EXPECT_EQ(wrapped->reveal(), key.reveal());
    EXPECT_EQ(opened(body), (Json{{"businessID", "b-1"}, {"state", "st-2"}}));
}

}  // namespace
}  // namespace chopmark::rp
