// What operators see of a service's transactions and callbacks, and a callback that one of them
// asks for once more.
#include <gtest/gtest.h>

#include "events/schema/event.h"
#include "tests/support/staff_rig.h"

namespace chopmark::admin {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Got;
using test::StaffRig;

struct AdminTransactions : testing::Test {
    void SetUp() override {
        rig.enrol("ada", {schema::STAFF_ROLE_ADMINISTRATOR});
        rig.enrol("sue", {schema::STAFF_ROLE_SUPPORT});
        rig.enrol("aud", {schema::STAFF_ROLE_AUDITOR});
        for (const auto* name : {"ada", "sue", "aud"}) {
            ASSERT_EQ(rig.sign_in(name).status, 200);
        }
        const Got applied = rig.post("ada", "/admin/v1/relying-parties",
                                     {{"name_english", "Library"},
                                      {"scopes", {"eidapi_auth"}},
                                      {"redirect_uris", {"https://library.example/back"}}});
        ASSERT_EQ(applied.status, 200) << applied.text;
        client = *ClientId::from_hex(applied.body.at("client").get<std::string>());
        base = "/admin/v1/relying-parties/" + client.hex();
        asked = ask(1);
    }
    template <class Event>
    Event about(std::uint8_t request) {
        Event event;
        event.mutable_leaf()->set_client_id(client.to_bytes());
        event.mutable_link()->mutable_head()->set_account_id(account.to_bytes());
        event.mutable_link()->set_request_id(Bytes(16, static_cast<char>(request)));
        return event;
    }
    EventId ask(std::uint8_t request) {
        auto event = about<schema::ConsentAsked>(request);
        event.mutable_link()->set_login_id(Bytes(16, 'l'));
        event.mutable_link()->set_due_us((rig.bench.clock.now() + 10min).micros());
        return rig.store(event);
    }
    void refuse(std::uint8_t request) {
        auto event = about<schema::ConsentRefused>(request);
        event.mutable_leaf()->mutable_head()->set_reason("consent.declined");
        rig.store(event);
    }
    [[nodiscard]] std::string one() const { return base + "/transactions/" + asked.hex(); }

    StaffRig rig;
    ClientId client;
    std::string base;
    EventId asked;
    const AccountId account = *AccountId::from_hex("01400000000000000000000000000009");
};

TEST_F(AdminTransactions, AreListedWithHowTheyWereAnswered) {
    refuse(1);
    rig.bench.clock.advance(1s);
    const EventId newer = ask(2);
    const Got all = rig.get("sue", base + "/transactions");
    ASSERT_EQ(all.status, 200) << all.text;
    ASSERT_EQ(all.body.at("items").size(), 2U) << all.text;
    EXPECT_EQ(all.body.at("items")[0].at("transaction"), newer.hex());
    EXPECT_EQ(all.body.at("items")[0].at("standing"), "open");
    EXPECT_EQ(all.body.at("items")[0].at("code"), nullptr);
    const json& older = all.body.at("items")[1];
    EXPECT_EQ(older.at("transaction"), asked.hex());
    EXPECT_EQ(older.at("subject"), "form_filling");
    EXPECT_EQ(older.at("standing"), "refused");
    EXPECT_EQ(older.at("reason"), "consent.declined");
    EXPECT_EQ(older.at("code"), "D60001");
    EXPECT_EQ(older.at("callback").at("state"), "being_sent");
    EXPECT_EQ(all.text.find(account.hex()), std::string::npos);

    const Got open = rig.get("sue", base + "/transactions?standing=open&subject=form_filling");
    ASSERT_EQ(open.body.at("items").size(), 1U) << open.text;
    const Got first = rig.get("sue", base + "/transactions?limit=1");
    ASSERT_TRUE(first.body.at("next").is_string());
    const Got second = rig.get(
        "sue", base + "/transactions?limit=1&cursor=" + first.body.at("next").get<std::string>());
    EXPECT_EQ(second.body.at("items")[0].at("transaction"), asked.hex());
    const auto time = std::to_string(older.at("asked_at").get<std::int64_t>());
    EXPECT_EQ(rig.get("sue", base + "/transactions?until=" + time).body.at("items").size(), 0U);
    for (const auto* bad : {"standing=OPEN", "subject=", "from=x", "until=-1"}) {
        EXPECT_EQ(rig.get("sue", base + "/transactions?" + bad).status, 400) << bad;
    }
    EXPECT_EQ(rig.get("aud", base + "/transactions").status, 403);
    EXPECT_EQ(rig.get("sue", "/admin/v1/relying-parties/" + std::string(32, '9') + "/transactions")
                  .reason(),
              "relying_party.unknown");
}

TEST_F(AdminTransactions, ShowEachAttemptAndWhenTheNextIsDue) {
    refuse(1);
    EXPECT_EQ(rig.get("sue", one()).body.at("sending"), nullptr);
    const Instant now = rig.bench.clock.now();
    rp::CallbackStory story;
    story.asked = asked;
    story.made = 2;
    story.attempts = {{now, 1, 503, "", false}, {now + 1s, 1, 0, "rp.callback_unreachable", false}};
    story.next = now + 3s;
    rig.callbacks.known[client] = story;
    const json expected = {{"transaction", asked.hex()},
                           {"made", 2},
                           {"next_at", (now + 3s).millis()},
                           {"attempts",
                            {{{"at", now.millis()},
                              {"callback", 1},
                              {"status", 503},
                              {"error", nullptr},
                              {"replay", false}},
                             {{"at", (now + 1s).millis()},
                              {"callback", 1},
                              {"status", 0},
                              {"error", "rp.callback_unreachable"},
                              {"replay", false}}}}};
    EXPECT_EQ(rig.get("sue", one()).body.at("sending"), expected);
    EXPECT_EQ(rig.get("sue", base + "/callbacks").body.at("items"), json::array({expected}));
    auto settled = about<schema::CallbackSettled>(1);
    settled.mutable_link()->set_attempts(11);
    settled.mutable_link()->set_last_status(503);
    rig.store(settled);
    const json callback = rig.get("sue", one()).body.at("callback");
    EXPECT_EQ(callback.at("state"), "given_up");
    EXPECT_EQ(callback.at("attempts"), 11);
    EXPECT_EQ(callback.at("last_status"), 503);
}

TEST_F(AdminTransactions, AreReplayedByStaffWhoIsRecordedFirst) {
    refuse(1);
    rig.callbacks.outcome = rp::CallbackAttempt{rig.bench.clock.now(), 2, 200, "", true};
    const Got sent = rig.post("ada", one() + "/replay", {{"callback", 2}}, "once");
    ASSERT_EQ(sent.status, 200) << sent.text;
    EXPECT_EQ(sent.body.at("status"), 200);
    EXPECT_TRUE(sent.body.at("delivered").get<bool>());
    ASSERT_EQ(rig.callbacks.sent_again.size(), 1U);
    EXPECT_EQ(rig.callbacks.sent_again[0].account, account);
    EXPECT_EQ(rig.callbacks.sent_again[0].client, client);
    EXPECT_EQ(rig.callbacks.sent_again[0].asked, asked);
    EXPECT_EQ(rig.callbacks.sent_again[0].sequence, 2U);

    // Who it was stands in control's log.
    const auto entries = rig.bench.journal().read(control_partition, Sequence(0), {}).value();
    const auto recorded = rig.bench.vault.open_personal(entries.back()->record).value();
    const auto* question = std::get_if<schema::AuditQueryAsked>(&recorded);
    ASSERT_NE(question, nullptr);
    EXPECT_EQ(question->link().purpose(), "admin.relying_party.replay");
    EXPECT_EQ(question->link().head().actor().id(), rig.id("ada").to_bytes());
    EXPECT_EQ(question->personal().query(), one() + "/replay");

    // A key that was used sends nothing again.
    const Got again = rig.post("ada", one() + "/replay", {{"callback", 2}}, "once");
    EXPECT_EQ(again.reason(), "admin.replay_asked_before");
    EXPECT_EQ(rig.callbacks.sent_again.size(), 1U);
}

TEST_F(AdminTransactions, AreReplayedByWhoMayAndOfThatServiceAlone) {
    refuse(1);
    EXPECT_EQ(rig.post("sue", one() + "/replay", json::object()).status, 403);
    const std::string of_another = "/admin/v1/relying-parties/" + std::string(32, '9') +
                                   "/transactions/" + asked.hex() + "/replay";
    EXPECT_EQ(rig.post("ada", of_another, json::object()).status, 404);
    EXPECT_EQ(
        rig.post("ada", base + "/transactions/" + std::string(32, '8') + "/replay", json::object())
            .reason(),
        "service_transactions.no_such_transaction");
    EXPECT_EQ(rig.post("ada", one() + "/replay", {{"callback", 0}}).status, 400);
    EXPECT_TRUE(rig.callbacks.sent_again.empty());
    rig.callbacks.outcome = Error({"rp.too_many_requests", Kind::busy});
    EXPECT_EQ(rig.post("ada", one() + "/replay", json::object()).reason(), "rp.too_many_requests");
}

}  // namespace
}  // namespace chopmark::admin
