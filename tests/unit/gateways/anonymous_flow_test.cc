// Requests without a token, from initiateRequest over the page and the phone to getResult
// (facts/iamsmart-api.md 6): through both gateways, executors, log and views of a whole node.
#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "events/crypto/rsa.h"
#include "events/crypto/x509.h"
#include "gateways/http/target.h"
#include "tests/support/request_flow.h"

namespace chopmark {
namespace {

using namespace std::chrono_literals;
using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::hash_of_chan;
using test::TestPhone;
using test::WireClient;

constexpr std::string_view document = "an agreement that nobody was logged in for";

struct AnonymousFlow : test::RequestFlow {
    AnonymousFlow() : RequestFlow({"eidapi_auth", "eidapi_formFilling", "eidapi_sign"}) {}

    Json form(const std::string& business_id) {
        return {{"businessID", business_id},
                {"source", "PC_Browser"},
                {"redirectURI", WireClient::redirect_uri},
                {"state", "st-1"},
                {"formName", "Library card"},
                {"profileFields", {"enName", "birthDate"}},
                {"eMEFields", Json::array()}};
    }
    Json signing(const std::string& business_id, const char* digest = "hashCode") {
        return {{"businessID", business_id}, {"source", "PC_Browser"},
                {"state", "st-1"},           {digest, to_base64(crypto::sha256(document).bytes())},
                {"HKICHash", hash_of_chan},  {"documentName", "agreement.txt"}};
    }
    std::string ticket_of(const Json& envelope) {
        EXPECT_EQ(envelope["code"], "D00000") << envelope;
        return envelope["content"].value("ticketID", "");
    }
    WireClient::Page page_of(const std::string& ticket, const char* scope = "eidapi_formFilling") {
        return client.open_page(
            {{"source", "PC_Browser"}, {"scope", scope}, {"state", "st-2"}, {"ticketID", ticket}});
    }
    GatewayAnswer grant(const Json& request) {
        Json body = answer_to(request);
        body["fields"] = {"enName", "birthDate"};
        body["profile_version"] = bench.state_of(phone.account)->profile.version;
        return phone.act("app.consent.grant", "/app/v1/consents/grant", body);
    }
    GatewayAnswer sign(const Json& request) {
        return phone.act("app.signature.approve", "/app/v1/signatures/approve", answer_to(request));
    }
    Json result(const std::string& path, const Json& token, const std::string& business_id) {
        return client.post(path, {{"businessID", business_id},
                                  {"accessToken", token["accessToken"]},
                                  {"openID", token["openID"]}});
    }
};

TEST_F(AnonymousFlow, BringsFormValuesToWhoeverRedeemsTheCode) {
    const Json opened = client.post("/anonymous/eme/initiateRequest", form("b-1"));
    const std::string ticket = ticket_of(opened);
    EXPECT_EQ(ticket.size(), 32U);
    EXPECT_EQ(opened["content"]["businessID"], "b-1");
    EXPECT_EQ(opened["content"]["authByQR"], false);

    const auto page = page_of(ticket);
    EXPECT_TRUE(client.news(page, false).is_null()) << "nobody has scanned it";
    const GatewayAnswer scanned = scan(page);
    ASSERT_EQ(scanned.status, 200) << scanned.reason;
    EXPECT_FALSE(scanned.body.contains("claim")) << "it is no login";
    EXPECT_EQ(client.news(page, false)["state"], "scanned");

    const Json request = shown();
    EXPECT_EQ(request["request"], scanned.body["request"]);
    EXPECT_EQ(request["kind"], "consent");
    EXPECT_EQ(request["form_name"], "Library card");
    EXPECT_TRUE(client.news(page, true).is_null());
    const GatewayAnswer granted = grant(request);
    ASSERT_EQ(granted.status, 200) << granted.reason;

    const auto back = sent_to(page);
    EXPECT_EQ(back.at("state"), "st-2");
    EXPECT_EQ(back.at("businessID"), "b-1");
    const Json token = token_of(back.at("code"));
    EXPECT_EQ(token["scope"], "eidapi_formFilling");
    EXPECT_EQ(token["openID"].get<std::string>().size(), 44U);
    const Json fetched = result("/anonymous/eme/getResult", token, "b-1");
    ASSERT_EQ(fetched["code"], "D00000") << fetched;
    EXPECT_EQ(fetched["content"], (Json{{"businessID", "b-1"},
                                        {"state", "st-1"},
                                        {"enName", {{"UnstructuredName", "CHAN, Tai Man"}}},
                                        {"birthDate", "19900517"}}));
    // As often as the token is good; for nothing else and nobody else.
    EXPECT_EQ(result("/anonymous/eme/getResult", token, "b-1")["code"], "D00000");
    EXPECT_EQ(result("/anonymous/eme/getResult", token, "b-2")["code"], "D20003");
    EXPECT_EQ(result("/anonymous/signing/getResult", token, "b-1")["code"], "D20003");
    Json other = token;
    other["openID"] = std::string(44, 'A');
    EXPECT_EQ(result("/anonymous/eme/getResult", other, "b-1")["code"], "D20010");
    other = token;
    other["accessToken"] = std::string(32, '0');
    EXPECT_EQ(result("/anonymous/eme/getResult", other, "b-1")["code"], "D20009");
    Json asking = form("b-3");
    asking["accessToken"] = token["accessToken"];
    asking["openID"] = token["openID"];
    asking["redirectURI"] = "https://library.example/callback";
    EXPECT_EQ(client.post("/account/eme/initiateRequest", asking)["code"], "D20012");
}

TEST_F(AnonymousFlow, SignsAHashForWhoseCardWasNamed) {
    const std::string ticket =
        ticket_of(client.post("/anonymous/signing/initiateRequest", signing("s-1")));
    const auto page = page_of(ticket, "eidapi_sign");
    ASSERT_EQ(scan(page).status, 200);
    const Json request = shown();
    EXPECT_EQ(request["signature_kind"], "hash");
    EXPECT_EQ(request["identification_code"].get<std::string>().size(), 4U);
    const GatewayAnswer signed_by_phone = sign(request);
    ASSERT_EQ(signed_by_phone.status, 200) << signed_by_phone.reason;
    const Json token = token_of(sent_to(page).at("code"));
    EXPECT_EQ(token["userType"], "sign");
    EXPECT_EQ(token["scope"], "eidapi_sign");
    const Json fetched = result("/anonymous/signing/getResult", token, "s-1");
    ASSERT_EQ(fetched["code"], "D00000") << fetched;
    const Json& content = fetched["content"];
    EXPECT_EQ(content["hashCode"], to_base64(crypto::sha256(document).bytes()));
    const auto certificate =
        crypto::Certificate::parse(*from_base64(content["cert"].get<std::string>()));
    const auto key = crypto::RsaPublicKey::from_spki(certificate.value().spki());
    EXPECT_TRUE(
        key.value().verify_sha256(document, *from_base64(content["signature"].get<std::string>())));
    bench.run();
    EXPECT_EQ(client.post("/account/signing/ackResult",
                          {{"businessID", "s-1"}, {"signingResult", "SR001"}})["code"],
              "D00000");
}

TEST_F(AnonymousFlow, SignsThePdfOfACorpIdClient) {
    auto facts = test::library();
    facts.corp_id = true;
    WireClient corp(bench, {"eidapi_sign", "eidapi_formFilling"}, facts);
    const Json opened =
        corp.post("/pdfsigning/anonymous/initiateRequest", signing("p-1", "docDigest"));
    ASSERT_EQ(opened["code"], "M00000") << opened;
    const auto page = corp.open_page({{"source", "PC_Browser"},
                                      {"scope", "eidapi_sign"},
                                      {"ticketID", opened["content"]["ticketID"]}});
    ASSERT_EQ(scan(page).status, 200);
    ASSERT_EQ(sign(shown()).status, 200);
    const Json told = corp.news(page, true);
    const auto url = told["redirect"].get<std::string>();
    const auto params = http::parse_form(std::string_view(url).substr(url.find('?') + 1)).value();
    const auto code = params.find("code")->second;
    const Json token =
        corp.post("/auth/getToken", {{"code", code}, {"grantType", "authorization_code"}});
    const Json fetched = corp.post("/pdfsigning/anonymous/getResult",
                                   {{"businessID", "p-1"},
                                    {"accessToken", token["content"]["accessToken"]},
                                    {"openID", token["content"]["openID"]}});
    ASSERT_EQ(fetched["code"], "M00000") << fetched;
    EXPECT_EQ(fetched["content"]["docDigest"], to_base64(crypto::sha256(document).bytes()));
    EXPECT_GT(fetched["content"]["pdfSignature"].get<std::string>().size(), 1000U);
}

TEST_F(AnonymousFlow, TellsTheBrowserWhatBecameOfIt) {
    const auto declined =
        page_of(ticket_of(client.post("/anonymous/eme/initiateRequest", form("b-1"))));
    ASSERT_EQ(scan(declined).status, 200);
    ASSERT_EQ(phone.act("app.consent.refuse", "/app/v1/consents/refuse", answer_to(shown())).status,
              200);
    auto back = sent_to(declined);
    EXPECT_EQ(back.at("error_code"), "D60001");
    EXPECT_EQ(back.at("businessID"), "b-1");
    EXPECT_FALSE(back.contains("code"));

    const auto unsigned_page =
        page_of(ticket_of(client.post("/anonymous/signing/initiateRequest", signing("s-1"))),
                "eidapi_sign");
    ASSERT_EQ(scan(unsigned_page).status, 200);
    ASSERT_EQ(
        phone.act("app.signature.refuse", "/app/v1/signatures/refuse", answer_to(shown())).status,
        200);
    EXPECT_EQ(sent_to(unsigned_page).at("error_code"), "D70001");

    // The page lives two minutes, the ticket twelve.
    const std::string ticket =
        ticket_of(client.post("/anonymous/eme/initiateRequest", form("b-2")));
    const auto late = page_of(ticket);
    bench.advance(121s);
    (void)bench.desk->take_overdue(bench.clock.now());
    EXPECT_EQ(sent_to(late).at("error_code"), "D60003");
    EXPECT_EQ(scan(late).reason, "login.handle_unknown");
    EXPECT_EQ(page_of(ticket).location, "");
    bench.advance(11min);
    EXPECT_EQ(page_of(ticket).location, std::string(WireClient::redirect_uri) +
                                            "?error_code=D60003&state=st-2&businessID=b-2");
}

TEST_F(AnonymousFlow, EndsAtTheWrongCardAndIsTriedOnNoOther) {
    Json wrong = signing("s-1");
    wrong["HKICHash"] = to_base64(crypto::sha256("B654321").bytes());
    const std::string ticket = ticket_of(client.post("/anonymous/signing/initiateRequest", wrong));
    const auto page = page_of(ticket, "eidapi_sign");
    const auto second = page_of(ticket, "eidapi_sign");
    EXPECT_EQ(scan(page).reason, "signature.hkic_mismatch");
    EXPECT_EQ(sent_to(page).at("error_code"), "D70005");
    EXPECT_EQ(phone.get("/app/v1/requests").body["items"].size(), 0U);
    EXPECT_EQ(scan(second).reason, "signature.hkic_mismatch") << "the same claim is answered alike";
}

TEST_F(AnonymousFlow, IsNotForWhoMayNotSign) {
    TestPhone other(bench);
    other.card.number = *citizen::HkidNumber::parse("E364912(5)");
    ASSERT_EQ(other.register_by_photo().status, 200);
    ASSERT_EQ(other.open_session().status, 200);
    const std::string ticket =
        ticket_of(client.post("/anonymous/signing/initiateRequest", signing("s-1")));
    const auto page = page_of(ticket, "eidapi_sign");
    EXPECT_EQ(other.post("/app/v1/scans", {{"handle", page.handle}}).reason,
              "signature.grade_too_low");
    EXPECT_EQ(sent_to(page).at("error_code"), "D70004");
    // Nothing was claimed: who may sign it still can.
    const auto again = page_of(ticket, "eidapi_sign");
    EXPECT_EQ(scan(again).status, 200);
    EXPECT_EQ(
        other.post("/app/v1/scans", {{"handle", page_of(ticket, "eidapi_sign").handle}}).reason,
        "signature.grade_too_low");
}

TEST_F(AnonymousFlow, IsClaimedByOnePersonHoweverOftenTheyScan) {
    const std::string ticket =
        ticket_of(client.post("/anonymous/eme/initiateRequest", form("b-1")));
    const auto first = page_of(ticket);
    const auto again = page_of(ticket);
    const Json request = scan(first).body["request"];
    EXPECT_EQ(scan(again).body["request"], request);
    TestPhone other(bench);
    other.card.number = *citizen::HkidNumber::parse("E364912(5)");
    ASSERT_EQ(other.register_by_photo().status, 200);
    ASSERT_EQ(other.open_session().status, 200);
    const auto third = page_of(ticket);
    EXPECT_EQ(other.post("/app/v1/scans", {{"handle", third.handle}}).reason,
              "request.already_claimed");
    ASSERT_EQ(grant(shown()).status, 200);
    EXPECT_EQ(sent_to(first).at("code"), sent_to(again).at("code"));
    EXPECT_EQ(sent_to(third).at("error_code"), "D60002") << "its phone came too late";
}

TEST_F(AnonymousFlow, RefusesWhatTheRelyingPartyMayNotAskSo) {
    const auto code = [&](const std::string& path, const Json& content) {
        return client.post(path, content)["code"].get<std::string>();
    };
    const std::string form_path = "/anonymous/eme/initiateRequest";
    const std::string sign_path = "/anonymous/signing/initiateRequest";
    EXPECT_EQ(code(form_path, form("b-1")), "D00000");
    EXPECT_EQ(code(form_path, form("b-1")), "D20011");
    EXPECT_EQ(code(sign_path, signing("b-1")), "D20011") << "one name for one transaction";
    Json wrong = signing("s-1");
    wrong.erase("HKICHash");
    EXPECT_EQ(code(sign_path, wrong), "D20001");
    wrong["HKICHash"] = "";
    EXPECT_EQ(code(sign_path, wrong), "D20002");
    wrong = form("b-2");
    wrong["redirectURI"] = "https://thief.example/";
    EXPECT_EQ(code(form_path, wrong), "D20008");
    wrong = form("b-2");
    wrong["source"] = "Opera";
    EXPECT_EQ(code(form_path, wrong), "D20007");
    wrong = form("b-2");
    wrong["profileFields"] = Json::array();
    EXPECT_EQ(code(form_path, wrong), "D20002");
    WireClient bare(bench, {"eidapi_auth"});
    EXPECT_EQ(bare.post(form_path, form("b-3"))["code"], "D20012");
    // A ticket is its client's alone.
    const std::string ticket = ticket_of(client.post(form_path, form("b-4")));
    const auto foreign =
        bare.open_page({{"source", "PC_Browser"}, {"scope", "eidapi_auth"}, {"ticketID", ticket}});
    EXPECT_EQ(foreign.location, std::string(WireClient::redirect_uri) + "?error_code=D20003");
}

TEST_F(AnonymousFlow, TakesOneBusinessIdForAllFromWhoSendsNoOther) {
    auto facts = test::library();
    facts.business_id_per_citizen = true;
    WireClient constant(bench, {"eidapi_formFilling"}, facts);
    EXPECT_EQ(constant.post("/anonymous/eme/initiateRequest", form("same"))["code"], "D00000");
    EXPECT_EQ(constant.post("/anonymous/eme/initiateRequest", form("same"))["code"], "D00000");
}

/// Or else whoever's page a citizen was lured to would be told (design-notes E5).
TEST_F(AnonymousFlow, IsClaimedByTheNumberOfThePageWhereTheServiceIsSensitive) {
    auto facts = test::library();
    facts.sensitive = true;
    WireClient careful(bench, {"eidapi_formFilling"}, facts);
    const std::string ticket =
        ticket_of(careful.post("/anonymous/eme/initiateRequest", form("b-1")));
    const auto open_page = [&] {
        return careful.open_page(
            {{"source", "PC_Browser"}, {"scope", "eidapi_formFilling"}, {"ticketID", ticket}});
    };
    const auto page = open_page();
    const GatewayAnswer asked = scan(page);
    ASSERT_EQ(asked.status, 200) << asked.reason;
    EXPECT_EQ(asked.body["sensitive"], true);
    EXPECT_TRUE(asked.body["number"].is_null());
    EXPECT_FALSE(asked.body.contains("request")) << "nothing is claimed yet";
    ASSERT_EQ(page.number.size(), 2U);
    const std::string wrong = page.number == "00" ? "01" : "00";
    const auto type = [&](const WireClient::Page& at, const std::string& number) {
        return phone.post("/app/v1/scans", {{"handle", at.handle}, {"number", number}});
    };
    EXPECT_EQ(type(page, wrong).reason, "login.number_wrong");
    const Json told = careful.news(page, true);
    EXPECT_EQ(told["redirect"],
              std::string(WireClient::redirect_uri) + "?error_code=D60001&businessID=b-1");
    EXPECT_EQ(type(page, page.number).reason, "login.handle_unknown") << "one try";
    const auto again = open_page();
    const GatewayAnswer claimed = type(again, again.number);
    ASSERT_EQ(claimed.status, 200) << claimed.reason;
    EXPECT_EQ(claimed.body["request"], shown()["request"]);
}

TEST_F(AnonymousFlow, IsOpenedByAFollowUpWhenTheNodeDiedAfterTheClaim) {
    const std::string ticket =
        ticket_of(client.post("/anonymous/eme/initiateRequest", form("b-1")));
    const auto bearer =
        bench.secrets->bearer.parse(keys::BearerKind::ticket, ticket, bench.clock.now());
    const auto found = bench.finder->find(bearer->event.array()).value();
    const RequestId request(found.account.array());
    CommandHead head;
    head.id = bench.entropy.draw<CommandId>();
    head.digest = Digest(head.id.array());
    head.issued_at = bench.clock.now();
    head.caller = head.actor = {schema::Party::CITIZEN, phone.account.to_bytes()};
    head.channel = schema::APP;
    ASSERT_TRUE(bench.send(
        found.account,
        citizen::AnonymousCommand(citizen::ClaimRequest{request, phone.account, std::nullopt}),
        head));
    bench.flush();
    bench.restart({});
    ASSERT_TRUE(bench.serve_again());
    bench.run();
    EXPECT_FALSE(bench.state_of(phone.account)->requests.requests.contains(request));
    answer_owed();
    ASSERT_TRUE(bench.state_of(phone.account)->requests.requests.contains(request));
    EXPECT_TRUE(bench.state_of(phone.account)->requests.requests.at(request).anonymous);
    answer_owed();  // and once more, in vain
    EXPECT_EQ(bench.state_of(phone.account)->requests.requests.size(), 1U);
    bench.advance(61min);
    for (std::uint16_t p = 1; p <= GatewayBench::partitions; ++p) {
        for (const auto& one : bench.domain(PartitionId(p)).outstanding(bench.clock.now())) {
            EXPECT_NE(one.follow_up.name, citizen::open_claimed);
        }
    }
}

TEST_F(AnonymousFlow, IsClaimedByItsTicketOnTheSamePhone) {
    const std::string ticket =
        ticket_of(client.post("/anonymous/eme/initiateRequest", form("b-1")));
    const GatewayAnswer taken = phone.post("/app/v1/scans", {{"ticket", ticket}});
    ASSERT_EQ(taken.status, 200) << taken.reason;
    EXPECT_EQ(shown()["request"], taken.body["request"]);
    EXPECT_EQ(phone.post("/app/v1/scans", {{"ticket", std::string(32, '0')}}).reason,
              "request.unknown");
}

}  // namespace
}  // namespace chopmark
