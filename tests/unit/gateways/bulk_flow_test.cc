// Bulk signing from initiateRequest over the phone to the callbacks (facts/iamsmart-api.md 6.3):
// through both gateways, executors, log and views of a whole node, with the follow-up that signs.
#include <gtest/gtest.h>

#include <set>

#include "aggregates/citizen/bulk.h"
#include "events/crypto/digest.h"
#include "gateways/rp/bulk_result.h"
#include "ops/bulk_signing.h"
#include "tests/support/request_flow.h"

namespace chopmark {
namespace {

using namespace std::chrono_literals;
using service::Json;
using test::bulk_documents;
using test::GatewayAnswer;
using test::GatewayBench;
using test::hash_of_chan;
using test::parts_of;
using test::WireClient;

constexpr const char* ask_path = "/account/bdss/initiateRequest";
constexpr const char* callback_uri = "https://library.example/callback";

constexpr const char* bulk_scopes = "eidapi_auth eidapi_bulksign";

struct BulkFlow : test::RequestFlow {
    BulkFlow() : RequestFlow({"eidapi_auth", "eidapi_sign", "eidapi_bulksign"}) {}
    void SetUp() override {
        RequestFlow::SetUp();
        token = log_in(bulk_scopes);
    }

    Json request(const std::string& business_id, std::size_t count, Json more = Json::object()) {
        Json out{{"businessID", business_id},
                 {"accessToken", token["accessToken"]},
                 {"openID", token["openID"]},
                 {"source", "PC_Browser"},
                 {"redirectURI", callback_uri},
                 {"state", "st-2"},
                 {"department", "Works"},
                 {"serviceName", "Permits"},
                 {"documents", bulk_documents(count)}};
        out.update(more);
        return out;
    }
    Json ask(const std::string& business_id, std::size_t count, Json more = Json::object()) {
        Json answer = client.post(ask_path, request(business_id, count, std::move(more)));
        bench.run();
        return answer;
    }
    std::string code_of(const std::string& business_id, std::size_t count,
                        Json more = Json::object()) {
        return ask(business_id, count, std::move(more))["code"];
    }
    GatewayAnswer answer(const Json& shown, const char* command, const char* path) {
        return phone.act(command, path, answer_to(shown));
    }
    GatewayAnswer approve(const Json& shown) {
        GatewayAnswer told = answer(shown, "app.signature.approve", "/app/v1/signatures/approve");
        bench.run();
        return told;
    }
    std::string status(const std::string& business_id) {
        const Json told = client.post("/account/bdss/enquireStatus", {{"businessID", business_id}});
        EXPECT_EQ(told["code"], "D00000") << told;
        return told["content"].value("signingStatus", "");
    }
    Json about(const char* call, const std::string& business_id, Json more = Json::object()) {
        Json content{{"businessID", business_id}};
        content.update(more);
        Json told = client.post(std::string("/account/bdss/") + call, content);
        bench.run();
        return told;
    }
    Json agreement(const std::string& business_id) {
        return about("getBSQCToken", business_id,
                     {{"accessToken", token["accessToken"]}, {"openID", token["openID"]}});
    }

    Json token;
};

TEST_F(BulkFlow, SignsEveryDocumentUnderOneApproval) {
    EXPECT_EQ(status("b-1"), "SS006");
    const Json asked = ask("b-1", 250, {{"maxCallbackSigs", 120}});
    ASSERT_EQ(asked["code"], "D00000") << asked;
    EXPECT_EQ(asked["content"]["authByQR"], true);
    EXPECT_EQ(asked["content"]["ticketID"].get<std::string>().size(), 32U);
    EXPECT_EQ(status("b-1"), "SS001");

    const Json item = shown();
    EXPECT_EQ(item["signature_kind"], "bulk");
    EXPECT_EQ(item["documents"], 250);
    EXPECT_EQ(item["identification_code"].get<std::string>().size(), 4U);
    EXPECT_NE(item["text"].get<std::string>().find("250 documents"), std::string::npos);
    std::set<std::string> names;
    std::string cursor;
    std::size_t pages = 0;
    do {
        const GatewayAnswer page =
            phone.get("/app/v1/signatures/documents?request=" + item["request"].get<std::string>() +
                      "&cursor=" + cursor);
        ASSERT_EQ(page.status, 200) << page.reason;
        for (const Json& one : page.body["items"]) {
            names.insert(one["name"]);
        }
        cursor = page.body["next"].get<std::string>();
        ++pages;
    } while (!cursor.empty());
    EXPECT_EQ(pages, 3U);
    EXPECT_EQ(names.size(), 250U);

    const GatewayAnswer approved = approve(item);
    ASSERT_EQ(approved.status, 200) << approved.reason;
    EXPECT_EQ(status("b-1"), "SS002");
    EXPECT_EQ(about("ackResult", "b-1", {{"signingResult", "SR001"}})["code"], "D71006");
    EXPECT_EQ(callback(only_request()).error(), citizen::request_not_answered);
    answer_owed();
    EXPECT_EQ(status("b-1"), "SS003");
    EXPECT_TRUE(owed().size() == 1 && owed()[0].follow_up.name == citizen::callback);

    std::set<std::string> signed_ids;
    for (std::uint32_t sequence = 1; sequence <= 3; ++sequence) {
        const auto sent = callback(only_request(), sequence);
        ASSERT_TRUE(sent) << sent.error();
        EXPECT_EQ(sent->total, 3U);
        const Json parts = parts_of(*sent);
        const Json envelope = Json::parse(parts["metadata"].get<std::string>());
        EXPECT_EQ(envelope["code"], "D00000");
        const Json metadata = client.open(envelope["content"]);
        EXPECT_EQ(metadata["businessID"], "b-1");
        EXPECT_EQ(metadata["state"], "st-2");
        EXPECT_EQ(metadata["callbackSeq"], sequence);
        EXPECT_EQ(metadata["callbackTotal"], 3);
        EXPECT_EQ(metadata["documentTotal"], 250);
        EXPECT_EQ(parts["signatureFile file"], "signatures-" + std::to_string(sequence) + ".json");
        const Json file = client.open(parts["signatureFile"]);
        EXPECT_EQ(file["signatures"].size(), sequence < 3 ? 120U : 10U);
        signed_ids.merge(test::verified(*this, file["signatures"]));
    }
    EXPECT_EQ(signed_ids.size(), 250U);
    EXPECT_EQ(callback(only_request(), 4).error(), rp::no_such_callback);
    EXPECT_EQ(about("ackResult", "b-1", {{"signingResult", "SR001"}})["code"], "D00000");
    EXPECT_EQ(about("ackResult", "b-1", {{"signingResult", "SR001"}})["code"], "D71006");
    const Json listed = phone.get("/app/v1/signatures").body["items"][0];
    EXPECT_EQ(listed["standing"], "made");
    EXPECT_EQ(listed["documents"], 250);
}

TEST_F(BulkFlow, GoesOnWhereACrashCutItOff) {
    ASSERT_EQ(ask("b-1", 250)["code"], "D00000");
    ASSERT_EQ(approve(shown()).status, 200);
    // One part, and then the process dies.
    const auto id = only_request();
    const auto first = [&] {
        std::shared_ptr<const citizen::State> state;
        for (std::uint16_t p = 1; p <= GatewayBench::partitions && state == nullptr; ++p) {
            state = bench.domain(PartitionId(p)).find(phone.account).value();
        }
        return state->requests.requests.at(id);
    };
    ops::FollowUps follow_ups(ops::FollowUps::Options(), bench.work, bench.clock, bench.entropy);
    ops::handle_bulk_signing(
        follow_ups, bench.work,
        {bench.service(), *bench.finder, bench.signing_keys, *bench.authority, bench.clock});
    follow_ups.look(owed());
    while (first().bulk.next_unsigned() == 0 && bench.step()) {
    }
    ASSERT_EQ(first().bulk.next_unsigned(), 1U);
    const EventId made = first().bulk.parts[0].made;
    bench.restart({});
    while (!bench.serve_again()) {
        bench.run();
    }
    bench.run();
    ASSERT_TRUE(first().being_signed());
    answer_owed();
    EXPECT_FALSE(first().being_signed());
    EXPECT_EQ(first().bulk.parts[0].made, made) << "signed once";
}

TEST_F(BulkFlow, RefusesWhatIsNotARequest) {
    const auto with = [&](const char* member, Json value) {
        return ask("b-x", 2, {{member, std::move(value)}});
    };
    EXPECT_EQ(with("documents", Json::array())["code"], "D20002");
    EXPECT_EQ(with("documents", "D1")["code"], "D20003");
    EXPECT_EQ(with("documents", bulk_documents(1001))["code"], "D20003");
    Json twice = bulk_documents(2);
    twice[1]["documentID"] = twice[0]["documentID"];
    EXPECT_EQ(with("documents", twice)["message"], "parameter is invalid {documentID}");
    Json nameless = bulk_documents(2);
    nameless[0]["documentName"] = std::string(256, 'x');
    EXPECT_EQ(with("documents", nameless)["message"], "parameter is invalid {documentName}");
    Json odd = bulk_documents(2);
    odd[1]["hashCode"] = to_base64("short");
    EXPECT_EQ(with("documents", odd)["message"], "parameter is invalid {hashCode}");
    EXPECT_EQ(with("maxCallbackSigs", 0)["code"], "D20003");
    EXPECT_EQ(with("maxCallbackSigs", 1001)["code"], "D20003");
    EXPECT_EQ(with("sigAlgo", "SM3withSM2")["code"], "D20003");
    EXPECT_EQ(with("bsqcToken", std::string(33, '0'))["code"], "D20003");
    Json missing = request("b-x", 2);
    missing.erase("documents");
    EXPECT_EQ(client.post(ask_path, missing)["message"], "parameter is missing {documents}");
    EXPECT_TRUE(phone.get("/app/v1/requests").body["items"].empty());
    EXPECT_EQ(code_of("b-1", 2), "D00000");
    EXPECT_EQ(code_of("b-1", 2), "D20011");
}

TEST_F(BulkFlow, TellsHowItEnded) {
    ASSERT_EQ(ask("b-1", 3)["code"], "D00000");
    ASSERT_EQ(answer(shown(), "app.signature.refuse", "/app/v1/signatures/refuse").status, 200);
    bench.run();
    EXPECT_EQ(status("b-1"), "SS005");
    EXPECT_EQ(Json::parse(callback(only_request()).value().body)["code"], "D71001");
    EXPECT_EQ(about("cancelRequest", "b-1")["code"], "D71007");
    EXPECT_EQ(about("cancelRequest", "b-none")["code"], "D71007");
}

TEST_F(BulkFlow, IsCancelledBeforeTheAnswerOnly) {
    ASSERT_EQ(ask("b-1", 3)["code"], "D00000");
    const Json item = shown();
    const Json cancelled = about("cancelRequest", "b-1");
    ASSERT_EQ(cancelled["code"], "D00000") << cancelled;
    EXPECT_EQ(cancelled["content"]["signingStatus"], "SS004");
    EXPECT_EQ(status("b-1"), "SS004");
    EXPECT_EQ(about("cancelRequest", "b-1")["code"], "D71007");
    EXPECT_EQ(approve(item).reason, "request.already_answered");
    EXPECT_TRUE(phone.get("/app/v1/requests").body["items"].empty());
    EXPECT_EQ(Json::parse(callback(only_request()).value().body)["code"], "D71000");
    EXPECT_EQ(about("ackResult", "b-1", {{"signingResult", "SR001"}})["code"], "D71006");
}

TEST_F(BulkFlow, TimesOutLikeAnyRequest) {
    ASSERT_EQ(ask("b-1", 3)["code"], "D00000");
    bench.advance(18min + 1s);
    EXPECT_EQ(about("cancelRequest", "b-1")["code"], "D71007");  // and records the time-out
    EXPECT_EQ(status("b-1"), "SS005");
    EXPECT_EQ(Json::parse(callback(only_request()).value().body)["code"], "D71003");
}

TEST_F(BulkFlow, FailsWithTheCertificate) {
    ASSERT_EQ(ask("b-1", 3)["code"], "D00000");
    ASSERT_EQ(approve(shown()).status, 200);
    const GatewayAnswer revoked = phone.act("app.certificate.revoke", "/app/v1/certificate/revoke",
                                            {{"reason", "citizen_wish"}});
    ASSERT_EQ(revoked.status, 200) << revoked.reason;
    bench.run();
    answer_owed();
    EXPECT_EQ(status("b-1"), "SS005");
    EXPECT_EQ(Json::parse(callback(only_request()).value().body)["code"], "D71002");
    EXPECT_EQ(phone.get("/app/v1/signatures").body["items"][0]["standing"], "failed");
}

TEST_F(BulkFlow, IsForTheCardItNames) {
    EXPECT_EQ(code_of("b-1", 2, {{"HKICHash", to_base64(crypto::sha256("B654321").bytes())}}),
              "D71005");
    EXPECT_EQ(code_of("b-2", 2, {{"HKICHash", hash_of_chan}}), "D00000");
}

TEST_F(BulkFlow, NeedsItsScope) {
    token = log_in("eidapi_auth eidapi_sign");
    EXPECT_EQ(code_of("b-1", 2), "D20012");
}

TEST_F(BulkFlow, HoldsARequestAgainstTheAgreementItNames) {
    EXPECT_EQ(code_of("b-0", 1, {{"bsqcToken", std::string(32, '0')}}), "D71008");
    ASSERT_EQ(ask("b-1", 2)["code"], "D00000");
    EXPECT_EQ(agreement("b-1")["code"], "D71008") << "not approved yet";
    const Json item = shown();
    const std::string id = item["request"];
    ASSERT_EQ(approve(item).status, 200);
    const Json given = agreement("b-1");
    ASSERT_EQ(given["code"], "D00000") << given;
    const std::string bsqc = given["content"]["bsqcToken"];
    EXPECT_EQ(bsqc.size(), 32U);
    EXPECT_EQ(code_of("b-2", 2, {{"bsqcToken", bsqc}, {"department", "Lands"}}), "D71009");
    EXPECT_EQ(code_of("b-2", 2, {{"bsqcToken", bsqc}, {"serviceName", "Leases"}}), "D71009");
    EXPECT_EQ(code_of("b-2", 2, {{"bsqcToken", bsqc}}), "D00000");
    EXPECT_EQ(code_of("b-3", 2, {{"bsqcToken", token["accessToken"]}}), "D71008");
    // Of a day whose key is read no more.
    const EventId approval =
        bench.state_of(phone.account)->requests.requests.at(*RequestId::from_hex(id)).answered;
    const std::string old =
        bench.secrets->bearer.mint(keys::BearerKind::bulk_agreement, slot_of(phone.account),
                                   approval, bench.clock.now() - 72h);
    EXPECT_EQ(code_of("b-4", 2, {{"bsqcToken", old}}), "D71008");
}

TEST_F(BulkFlow, AnswersCorpIdAtItsPathWithItsLetter) {
    auto facts = test::library();
    facts.corp_id = true;
    WireClient corp(bench, {"eidapi_auth", "eidapi_bulksign"}, facts);
    const Json told = corp.post("/bdss/enquireStatus", {{"businessID", "b-1"}});
    EXPECT_EQ(told["code"], "M00000") << told;
    EXPECT_EQ(told["content"]["signingStatus"], "SS006");
    EXPECT_EQ(corp.post("/bdss/cancelRequest", {{"businessID", "b-1"}})["code"], "M71007");
    EXPECT_EQ(
        corp.post("/bdss/ackResult", {{"businessID", "b-1"}, {"signingResult", "SR001"}})["code"],
        "M71006");
}

struct BulkFlowOfDefaultGrade : BulkFlow {
    void SetUp() override {
        ASSERT_EQ(phone.register_by_photo().status, 200);
        ASSERT_EQ(phone.open_session().status, 200);
        token = log_in(bulk_scopes);
    }
};

TEST_F(BulkFlowOfDefaultGrade, MayNotSign) { EXPECT_EQ(code_of("b-1", 2), "D71004"); }

}  // namespace
}  // namespace chopmark
