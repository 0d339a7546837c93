// What a relying party sees of itself, and a callback that it asks for once more.
#include <gtest/gtest.h>

#include "gateways/rp/view_of_service.h"
#include "tests/support/rp_bench.h"

namespace chopmark::rp {
namespace {

using namespace std::chrono_literals;
using namespace test;
using Json = nlohmann::json;

struct ViewOfService : RpBench {
    void SetUp() override {
        RpBench::SetUp();
        for (http::Route& row : gateway.own_routes(contents, sender, pool)) {
            routes.push_back(std::move(row));
        }
    }
    /// Asked for under that id, and refused by the citizen.
    RequestId refused_request(const std::string& business_id) {
        const Json token = log_in();
        EXPECT_EQ(
            post_sealed("/api/v1/account/eme/initiateRequest", form(token, business_id))["code"],
            "D00000");
        fold();
        const auto state = bench.domain().find(account).value();
        const RequestId request = state->requests.requests.begin()->first;
        refuse(request);
        fold();
        return request;
    }
    Json transaction(const std::string& business_id) {
        return post_sealed("/api/chopmark/v1/transaction", {{"businessID", business_id}});
    }

    RpCallbacks contents{ports, rp::Options()};
    CallbackSender sender{{}};
};

TEST_F(ViewOfService, ShowsStandingScopesAndDates) {
    (void)get_key();
    fold();
    const Json envelope = post("/api/chopmark/v1/service", "");
    ASSERT_EQ(envelope["code"], "D00000") << envelope;
    const Json& content = envelope["content"];
    EXPECT_EQ(content["clientID"], test::service.hex());
    EXPECT_EQ(content["redirectURIs"], Json({std::string(redirect_uri)}));
    EXPECT_EQ(content["keys"]["contentKeySerial"], 1);
    EXPECT_EQ(content["keys"]["kekFingerprint"],
              to_hex(crypto::sha256(kek.public_key().spki()).bytes()));
    EXPECT_TRUE(content["keys"]["kekNotAfter"].is_null());
    EXPECT_EQ(post("/api/chopmark/v1/service", "", "n", "wrong")["code"], "D20006");
}

TEST_F(ViewOfService, CountsErrorsOfADay) {
    (void)get_key();
    (void)get_token("no such code");
    (void)get_token("nor this");
    (void)post("/api/v1/security/getKey", "", "n", "wrong");
    const Json expected{{"D20006", 1}, {"D40004", 2}};
    EXPECT_EQ(post("/api/chopmark/v1/errors", "")["content"]["codes"], expected);
    bench.clock.advance(23h);
    EXPECT_EQ(post("/api/chopmark/v1/errors", "")["content"]["codes"], expected);
    bench.clock.advance(1h);
    EXPECT_EQ(post("/api/chopmark/v1/errors", "")["content"]["codes"], Json::object());
}

TEST_F(ViewOfService, ShowsATransactionAndWhatBecameOfItsCallback) {
    const RequestId request = refused_request("b-1");
    const Json told = transaction("b-1");
    ASSERT_EQ(told["code"], "D00000") << told;
    Json shown = opened(told);
    EXPECT_EQ(shown["subject"], "formFilling");
    EXPECT_EQ(shown["answer"], "refused");
    EXPECT_EQ(shown["callback"], Json({{"state", "beingSent"}}));
    citizen::SettleCallback settle;
    settle.request = request;
    settle.attempts = 3;
    settle.last_status = 503;
    CommandHead head;
    head.id = bench.entropy.draw<CommandId>();
    head.issued_at = bench.clock.now();
    head.caller = head.actor = {schema::Party::TIMER, {}};
    commands.submit(account, citizen::RequestCommand(settle), head,
                    [](const auto& outcome) { ASSERT_TRUE(outcome) << outcome.error(); });
    fold();
    shown = opened(transaction("b-1"));
    EXPECT_EQ(shown["callback"]["state"], "givenUp");
    EXPECT_EQ(shown["callback"]["attempts"], 3);
    EXPECT_EQ(shown["callback"]["lastStatus"], 503);
    EXPECT_EQ(transaction("b-2")["code"], "D20003");
    EXPECT_EQ(post_sealed("/api/chopmark/v1/transaction", Json::object())["code"], "D20001");
}

TEST_F(ViewOfService, SendsNoCallbackOfWhatIsNotAnswered) {
    const Json token = log_in();
    (void)post_sealed("/api/v1/account/eme/initiateRequest", form(token, "b-1"));
    fold();
    EXPECT_EQ(opened(transaction("b-1"))["answer"], "open");
    const auto replay = [&](const char* id) {
        return post_sealed("/api/chopmark/v1/callback/replay", {{"businessID", id}});
    };
    EXPECT_EQ(replay("b-1")["code"], "D20000");
    EXPECT_EQ(replay("b-2")["code"], "D20003");
}

}  // namespace
}  // namespace chopmark::rp
