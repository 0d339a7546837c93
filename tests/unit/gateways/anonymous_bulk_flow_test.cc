// Bulk signing without a token, from initiateRequest over the page and the phone to callbacks and
// getResult (facts/iamsmart-api.md 6), and over a node that dies between any two of its records.
#include <gtest/gtest.h>

#include "aggregates/citizen/bulk.h"
#include "events/crypto/digest.h"
#include "gateways/rp/bulk_result.h"
#include "tests/support/request_flow.h"

namespace chopmark {
namespace {

using namespace std::chrono_literals;
using service::Json;
using test::bulk_documents;
using test::GatewayAnswer;
using test::GatewayBench;
using test::hash_of_chan;
using test::TestPhone;
using test::WireClient;

constexpr const char* ask_path = "/anonymous/bdss/initiateRequest";
constexpr const char* result_path = "/anonymous/bdss/getResult";
constexpr const char* callback_uri = "https://library.example/callback";

struct AnonymousBulkFlow : test::RequestFlow {
    explicit AnonymousBulkFlow(const GatewayBench::Options& with = options())
        : RequestFlow({"eidapi_auth", "eidapi_bulksign"}, with) {}

    static Json request(const std::string& business_id, std::size_t count,
                        const Json& more = Json::object()) {
        Json out{{"businessID", business_id},         {"source", "PC_Browser"},
                 {"redirectURI", callback_uri},       {"state", "st-1"},
                 {"HKICHash", hash_of_chan},          {"department", "Works"},
                 {"serviceName", "Permits"},          {"maxCallbackSigs", 120},
                 {"documents", bulk_documents(count)}};
        out.update(more);
        return out;
    }
    Json ask(const std::string& business_id, std::size_t count, const Json& more = Json::object()) {
        return client.post(ask_path, request(business_id, count, more));
    }
    std::string code_of(const std::string& business_id, std::size_t count,
                        const Json& more = Json::object()) {
        return ask(business_id, count, more)["code"];
    }
    std::string ticket(const std::string& business_id, std::size_t count) {
        const Json asked = ask(business_id, count);
        EXPECT_EQ(asked["code"], "D00000") << asked;
        return asked["content"].value("ticketID", "");
    }
    WireClient::Page page_of(const std::string& ticket, const char* scope = "eidapi_bulksign") {
        return client.open_page(
            {{"source", "PC_Browser"}, {"scope", scope}, {"state", "st-2"}, {"ticketID", ticket}});
    }
    /// With the number that only the page shows, as the scope demands.
    GatewayAnswer claim(const WireClient::Page& page) {
        GatewayAnswer claimed =
            phone.post("/app/v1/scans", {{"handle", page.handle}, {"number", page.number}});
        bench.run();
        return claimed;
    }
    GatewayAnswer answer(const char* what) {
        GatewayAnswer told =
            phone.act(std::string("app.signature.") + what,
                      std::string("/app/v1/signatures/") + what, answer_to(shown()));
        bench.run();
        return told;
    }
    std::string status(const std::string& business_id) {
        return client.post("/account/bdss/enquireStatus",
                           {{"businessID", business_id}})["content"]["signingStatus"];
    }
    Json result(const Json& token, const std::string& business_id, Json more = Json::object()) {
        Json content{{"businessID", business_id},
                     {"accessToken", token["accessToken"]},
                     {"openID", token["openID"]}};
        content.update(more);
        return client.post(result_path, content);
    }
};

TEST_F(AnonymousBulkFlow, SignsEveryDocumentOfWhoeverScansThePage) {
    const Json asked = ask("b-1", 250);
    ASSERT_EQ(asked["code"], "D00000") << asked;
    EXPECT_EQ(asked["content"]["authByQR"], false);
    EXPECT_EQ(status("b-1"), "SS006") << "nobody's yet";
    const auto page = page_of(asked["content"]["ticketID"]);
    const GatewayAnswer seen = scan(page);
    ASSERT_EQ(seen.status, 200) << seen.reason;
    EXPECT_FALSE(seen.body.contains("request")) << "nothing is claimed before the number is typed";
    const GatewayAnswer claimed = claim(page);
    ASSERT_EQ(claimed.status, 200) << claimed.reason;
    EXPECT_EQ(status("b-1"), "SS001");

    const Json item = shown();
    EXPECT_EQ(item["request"], claimed.body["request"]);
    EXPECT_EQ(item["signature_kind"], "bulk");
    EXPECT_EQ(item["documents"], 250);
    const GatewayAnswer approved = answer("approve");
    ASSERT_EQ(approved.status, 200) << approved.reason;

    // The code comes with the approval, the signatures after it.
    const auto back = sent_to(page);
    EXPECT_EQ(back.at("businessID"), "b-1");
    const Json token = token_of(back.at("code"));
    EXPECT_EQ(token["scope"], "eidapi_bulksign");
    const Json early = result(token, "b-1");
    ASSERT_EQ(early["code"], "D00000") << early;
    EXPECT_EQ(early["content"],
              (Json{{"businessID", "b-1"}, {"state", "st-1"}, {"signingStatus", "SS002"}}));
    answer_owed();
    EXPECT_EQ(status("b-1"), "SS003");

    std::set<std::string> fetched;
    std::set<std::string> called_back;
    for (std::uint32_t sequence = 1; sequence <= 3; ++sequence) {
        const Json got = result(token, "b-1", {{"callbackSeq", sequence}});
        ASSERT_EQ(got["code"], "D00000") << got;
        const Json& content = got["content"];
        EXPECT_EQ(content["signingStatus"], "SS003");
        EXPECT_EQ(content["callbackSeq"], sequence);
        EXPECT_EQ(content["callbackTotal"], 3);
        EXPECT_EQ(content["documentTotal"], 250);
        fetched.merge(test::verified(*this, content["signatures"]));
        const auto sent = callback(only_request(), sequence);
        ASSERT_TRUE(sent) << sent.error();
        EXPECT_EQ(sent->url, callback_uri);
        const Json file = client.open(test::parts_of(*sent)["signatureFile"]);
        EXPECT_EQ(file["signatures"], content["signatures"]);
        called_back.merge(test::verified(*this, file["signatures"]));
    }
    EXPECT_EQ(fetched.size(), 250U);
    EXPECT_EQ(called_back.size(), 250U);
    EXPECT_EQ(result(token, "b-1", {{"callbackSeq", 4}})["message"],
              "parameter is invalid {callbackSeq}");
    EXPECT_EQ(result(token, "b-2")["code"], "D20003");
    EXPECT_EQ(client.post("/anonymous/signing/getResult", {{"businessID", "b-1"},
                                                           {"accessToken", token["accessToken"]},
                                                           {"openID", token["openID"]}})["code"],
              "D20003");
    EXPECT_EQ(client.post("/account/bdss/ackResult",
                          {{"businessID", "b-1"}, {"signingResult", "SR001"}})["code"],
              "D00000");
}

TEST_F(AnonymousBulkFlow, TellsPageAndRelyingPartyHowItEnded) {
    const auto declined = page_of(ticket("b-1", 3));
    ASSERT_EQ(claim(declined).status, 200);
    ASSERT_EQ(answer("refuse").status, 200);
    EXPECT_EQ(sent_to(declined).at("error_code"), "D71001");
    EXPECT_EQ(status("b-1"), "SS005");
    EXPECT_EQ(Json::parse(callback(only_request()).value().body)["code"], "D71001");
}

TEST_F(AnonymousBulkFlow, IsCancelledOnceSomebodyHasClaimedIt) {
    const auto page = page_of(ticket("b-1", 3));
    EXPECT_EQ(client.post("/account/bdss/cancelRequest", {{"businessID", "b-1"}})["code"],
              "D71007");
    ASSERT_EQ(claim(page).status, 200);
    const Json cancelled = client.post("/account/bdss/cancelRequest", {{"businessID", "b-1"}});
    EXPECT_EQ(cancelled["content"]["signingStatus"], "SS004") << cancelled;
    EXPECT_TRUE(phone.get("/app/v1/requests").body["items"].empty());
    EXPECT_EQ(Json::parse(callback(only_request()).value().body)["code"], "D71000");
}

TEST_F(AnonymousBulkFlow, RefusesWhatIsNotARequest) {
    EXPECT_EQ(code_of("b-1", 2, {{"HKICHash", ""}}), "D20002");
    Json nameless = request("b-1", 2);
    nameless.erase("HKICHash");
    EXPECT_EQ(client.post(ask_path, nameless)["message"], "parameter is missing {HKICHash}");
    EXPECT_EQ(code_of("b-1", 2, {{"redirectURI", WireClient::redirect_uri}}), "D20008")
        << "it is called back";
    Json nowhere = request("b-1", 2);
    nowhere.erase("redirectURI");
    EXPECT_EQ(client.post(ask_path, nowhere)["message"], "parameter is missing {redirectURI}");
    EXPECT_EQ(ask("b-1", 2, {{"bsqcToken", std::string(32, '0')}})["message"],
              "parameter is invalid {bsqcToken}");
    EXPECT_EQ(code_of("b-1", 1001), "D20003");
    EXPECT_EQ(code_of("b-1", 2), "D00000");
    EXPECT_EQ(code_of("b-1", 2), "D20011");
    WireClient bare(bench, {"eidapi_auth", "eidapi_sign"});
    EXPECT_EQ(bare.post(ask_path, request("b-2", 2))["code"], "D20012");
    // Its page asks for the scope that has the number typed.
    WireClient both(bench, {"eidapi_sign", "eidapi_bulksign"});
    const Json asked = both.post(ask_path, request("b-3", 2));
    const auto page = both.open_page({{"source", "PC_Browser"},
                                      {"scope", "eidapi_sign"},
                                      {"ticketID", asked["content"]["ticketID"]}});
    EXPECT_EQ(page.location, std::string(WireClient::redirect_uri) + "?error_code=D20003");
}

TEST_F(AnonymousBulkFlow, IsForTheCardItNames) {
    const Json asked = ask("b-1", 2, {{"HKICHash", to_base64(crypto::sha256("B654321").bytes())}});
    const auto page = page_of(asked["content"]["ticketID"]);
    EXPECT_EQ(claim(page).reason, "signature.hkic_mismatch");
    EXPECT_EQ(sent_to(page).at("error_code"), "D71005");
}

TEST_F(AnonymousBulkFlow, IsNotForWhoMayNotSign) {
    TestPhone other(bench);
    other.card.number = *citizen::HkidNumber::parse("E364912(5)");
    ASSERT_EQ(other.register_by_photo().status, 200);
    ASSERT_EQ(other.open_session().status, 200);
    const auto page = page_of(ticket("b-1", 2));
    EXPECT_EQ(
        other.post("/app/v1/scans", {{"handle", page.handle}, {"number", page.number}}).reason,
        "signature.grade_too_low");
    EXPECT_EQ(sent_to(page).at("error_code"), "D71004");
}

TEST_F(AnonymousBulkFlow, AsksForTheCallbackAddressFromAnAppAsWell) {
    Json from_app = request("b-1", 2);
    from_app.erase("redirectURI");
    from_app["serverRedirectURI"] = callback_uri;
    const Json asked = client.post("/api/appv1/anonymous/bdss/initiateRequest", from_app);
    ASSERT_EQ(asked["code"], "D00000") << asked;
    const GatewayAnswer taken =
        phone.post("/app/v1/scans", {{"ticket", asked["content"]["ticketID"]}});
    ASSERT_EQ(taken.status, 200) << taken.reason;
    EXPECT_EQ(shown()["request"], taken.body["request"]);
    EXPECT_EQ(answer("approve").status, 200);
}

/// A node that dies: so many citizens' commands still reach their executors.
class Dying final : public runtime::CommandService {
  public:
    runtime::CommandService& around(runtime::CommandService& inner) {
        inner_ = &inner;
        return *this;
    }
    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override {
        if (left == 0) {
            answer(Error(runtime::not_serving));
            return;
        }
        --left;
        inner_->submit(account, std::move(command), head, std::move(answer));
    }
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override {
        inner_->submit(std::move(command), head, std::move(answer));
    }
    void look(const AccountId& account, Seen seen) override {
        inner_->look(account, std::move(seen));
    }
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override {
        inner_->look_card(slot, card, std::move(seen));
    }

    static constexpr unsigned never = UINT_MAX;
    unsigned left = never;

  private:
    runtime::CommandService* inner_ = nullptr;
};

/// OpenRequest and three ListRequest; ClaimRequest, AskBulk and three ListBulk.
constexpr unsigned opening_commands = 4;
constexpr unsigned all_commands = 9;

/// Before the bench, which is built around it.
struct DyingNode {
    Dying node;

    GatewayBench::Options dying() {
        GatewayBench::Options out = AnonymousBulkFlow::options();
        out.between = [this](runtime::CommandService& inner) -> runtime::CommandService& {
            return node.around(inner);
        };
        return out;
    }
};

struct KilledOnTheWay : DyingNode, AnonymousBulkFlow, testing::WithParamInterface<unsigned> {
    KilledOnTheWay() : AnonymousBulkFlow(dying()) {}
    /// Of the citizen.
    const citizen::Request* found() {
        state_ = bench.state_of(phone.account);
        const auto& requests = state_->requests.requests;
        return requests.empty() ? nullptr : &requests.begin()->second;
    }

  private:
    std::shared_ptr<const citizen::State> state_;
};

TEST_P(KilledOnTheWay, LeavesAllOfItOrNothing) {
    node.left = GetParam();
    const Json asked = ask("b-1", 250);
    EXPECT_EQ(asked["code"] == "D00000", GetParam() >= opening_commands) << asked;
    if (asked["code"] == "D00000") {
        EXPECT_EQ(claim(page_of(asked["content"]["ticketID"])).status == 200,
                  GetParam() == all_commands);
    }
    EXPECT_EQ(phone.get("/app/v1/requests").body["items"].size(),
              GetParam() == all_commands ? 1U : 0U)
        << "what is not listed is not shown";
    node.left = Dying::never;
    bench.restart({});
    while (!bench.serve_again()) {
        bench.run();
    }
    bench.run();
    const bool claimed = GetParam() > opening_commands;
    const auto* before = found();
    EXPECT_EQ(before != nullptr, GetParam() > opening_commands + 1);
    EXPECT_EQ(before != nullptr && before->bulk.listed(), GetParam() == all_commands);
    answer_owed();
    const auto* after = found();
    ASSERT_EQ(after != nullptr, claimed);
    if (claimed) {
        EXPECT_TRUE(after->open());
        EXPECT_TRUE(after->bulk.listed());
        EXPECT_EQ(after->bulk.parts.size(), 3U);
    }
    answer_owed();  // and once more, in vain
    EXPECT_EQ(bench.state_of(phone.account)->requests.requests.size(), claimed ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(AfterCommands, KilledOnTheWay, testing::Range(0U, all_commands + 1));

}  // namespace
}  // namespace chopmark
