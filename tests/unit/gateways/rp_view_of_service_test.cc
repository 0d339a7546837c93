// What a relying party sees of itself, and a callback that it asks for once more.
#include <gtest/gtest.h>

#include "gateways/rp/sent_callbacks.h"
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
        for (http::Route& row : gateway.own_routes(sent)) {
            routes.push_back(std::move(row));
        }
    }
    void ask(const Json& token, const std::string& business_id) {
        EXPECT_EQ(
            post_sealed("/api/v1/account/eme/initiateRequest", form(token, business_id))["code"],
            "D00000");
        fold();
    }
    /// Asked for under that id, and refused by the citizen.
    RequestId refused_request(const Json& token, const std::string& business_id) {
        ask(token, business_id);
        const auto state = bench.domain().find(account).value();
        const RequestId request = state->requests.requests.begin()->first;
        refuse(request);
        fold();
        return request;
    }
    RequestId refused_request(const std::string& business_id) {
        return refused_request(log_in(), business_id);
    }
    EventId asked_of(const RequestId& request) {
        return bench.domain().find(account).value()->requests.requests.at(request).asked;
    }
    Json list(const Json& asked) {
        return opened(post_sealed("/api/chopmark/v1/transactions", asked));
    }
    static Json ids(const Json& listed) {
        Json out = Json::array();
        for (const Json& one : listed["transactions"]) {
            out.push_back(one["businessID"]);
        }
        return out;
    }
    Json transaction(const std::string& business_id) {
        return post_sealed("/api/chopmark/v1/transaction", {{"businessID", business_id}});
    }

    RpCallbacks contents{ports, rp::Options()};
    CallbackSender sender{{}};
    /// Of the one that would try again, in this story.
    std::optional<Instant> next;
    SentCallbacks sent{{commands, contents, sender, bench.clock, pool},
                       [this](const AccountId&, const EventId&) { return next; }};
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

TEST_F(ViewOfService, ShowsAttemptsAndWhenTheNextIsDue) {
    const RequestId request = refused_request("b-1");
    const EventId asked = asked_of(request);
    const Instant first = bench.clock.now();
    sent.note(account, test::service, asked, {first, 1, 503, "", false});
    sent.note(account, test::service, asked, {first, 1, 0, "rp.callback_unreachable", false});
    next = first + 4s;
    const Json callback = opened(transaction("b-1"))["callback"];
    EXPECT_EQ(callback["state"], "beingSent");
    EXPECT_EQ(callback["attempts"], 2);
    EXPECT_EQ(callback["nextAttemptAt"], next->millis());
    ASSERT_EQ(callback["history"].size(), 2U);
    EXPECT_EQ(callback["history"][0], Json({{"at", first.millis()},
                                            {"callbackSeq", 1},
                                            {"status", 503},
                                            {"error", nullptr},
                                            {"replay", false}}));
    EXPECT_EQ(callback["history"][1]["error"], "rp.callback_unreachable");
}

TEST_F(ViewOfService, NotesWhatItSendsAgain) {
    const RequestId request = refused_request("b-1");
    // Outside a sandbox an address in clear is none: the sender says so without a connection.
    const Json answer =
        opened(post_sealed("/api/chopmark/v1/callback/replay", {{"businessID", "b-1"}}));
    EXPECT_FALSE(answer["delivered"].get<bool>());
    ASSERT_TRUE(answer["error"].is_string()) << answer;
    const auto noted = sent.story(asked_of(request));
    ASSERT_TRUE(noted);
    EXPECT_EQ(noted->made, 0U);
    ASSERT_EQ(noted->attempts.size(), 1U);
    EXPECT_TRUE(noted->attempts[0].again);
    EXPECT_EQ(noted->attempts[0].error, answer["error"]);
    EXPECT_TRUE(sent.waiting(test::service).empty());
}

TEST_F(ViewOfService, ListsTransactionsNewestFirst) {
    const Json token = log_in();
    const RequestId request = refused_request(token, "b-1");
    bench.clock.advance(10s);
    bench.snapshots.confirm(bench.clock.now());
    const Instant later = bench.clock.now();
    ask(token, "b-2");
    const Json all = list(Json::object());
    ASSERT_EQ(all["transactions"].size(), 2U) << all;
    EXPECT_TRUE(all["next"].is_null());
    const Json& newer = all["transactions"][0];
    EXPECT_EQ(newer["businessID"], "b-2");
    EXPECT_EQ(newer["answer"], "open");
    EXPECT_TRUE(newer["code"].is_null());
    EXPECT_EQ(newer["callback"], Json({{"state", "none"}}));
    const Json& older = all["transactions"][1];
    EXPECT_EQ(older["businessID"], "b-1");
    EXPECT_EQ(older["transactionID"], asked_of(request).hex());
    EXPECT_EQ(older["subject"], "formFilling");
    EXPECT_EQ(older["answer"], "refused");
    EXPECT_EQ(older["code"], "D60001");  // facts/iamsmart-api.md 7
    EXPECT_EQ(older["callback"], Json({{"state", "beingSent"}}));
    EXPECT_FALSE(older["anonymous"].get<bool>());

    EXPECT_EQ(ids(list({{"answer", "refused"}})), Json({"b-1"}));
    EXPECT_EQ(ids(list({{"subject", "signing"}})), Json::array());
    EXPECT_EQ(ids(list({{"from", later.millis()}})), Json({"b-2"}));
    EXPECT_EQ(ids(list({{"until", later.millis()}})), Json({"b-1"}));
    const Json first = list({{"limit", 1}});
    EXPECT_EQ(ids(first), Json({"b-2"}));
    EXPECT_EQ(ids(list({{"limit", 1}, {"cursor", first["next"]}})), Json({"b-1"}));
    for (const Json& bad : {Json{{"answer", "Refused"}}, Json{{"limit", 101}}, Json{{"from", -1}},
                            Json{{"cursor", "00"}}}) {
        const std::string code = post_sealed("/api/chopmark/v1/transactions", bad)["code"];
        EXPECT_NE(code, "D00000") << bad;
        EXPECT_TRUE(code.starts_with("D2000")) << bad << code;
    }
}

TEST_F(ViewOfService, ForgetsABusinessIdWithItsDeliveryValues) {
    refused_request("b-1");
    bench.clock.advance(72h);
    (void)get_key();
    const Json all = list(Json::object());
    ASSERT_EQ(all["transactions"].size(), 1U) << all;
    EXPECT_TRUE(all["transactions"][0]["businessID"].is_null());
    EXPECT_EQ(all["transactions"][0]["answer"], "refused");
}

TEST_F(ViewOfService, SendsNoCallbackOfWhatIsNotAnswered) {
    ask(log_in(), "b-1");
    EXPECT_EQ(opened(transaction("b-1"))["answer"], "open");
    const auto replay = [&](const char* id) {
        return post_sealed("/api/chopmark/v1/callback/replay", {{"businessID", id}});
    };
    EXPECT_EQ(replay("b-1")["code"], "D20000");
    EXPECT_EQ(replay("b-2")["code"], "D20003");
}

}  // namespace
}  // namespace chopmark::rp
