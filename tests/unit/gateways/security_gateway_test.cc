#include "gateways/security/security_gateway.h"

#include <gtest/gtest.h>

#include "events/schema/event.h"
#include "tests/support/staff_rig.h"

namespace chopmark::security {
namespace {

using nlohmann::json;
using test::Got;
using test::StaffRig;

const AlertId alert_id{{0xa1}};

control::Command raise(std::uint32_t revision = 1) {
    control::RaiseAlert command;
    command.alert = alert_id;
    command.revision = revision;
    command.rule = "login.code_replayed";
    command.severity = schema::SEVERITY_HIGH;
    command.explanation = Sensitive<std::string>("three codes");
    return control::Command(control::AlertCaseCommand(command));
}

void sue(StaffRig& rig) {
    rig.enrol("sue", {schema::STAFF_ROLE_SECURITY});
    ASSERT_EQ(rig.sign_in("sue").status, 200);
}

TEST(SecurityAlerts, AreListedShownAcknowledgedAndClosed) {
    StaffRig rig;
    sue(rig);
    rig.by_platform(raise(), "raise");
    const Got list = rig.get("sue", "/security/v1/alerts?standing=open&severity=medium");
    ASSERT_EQ(list.body.at("items").size(), 1U) << list.text;
    EXPECT_EQ(list.body.at("items")[0].at("severity"), "high");
    EXPECT_TRUE(list.body.at("items")[0].at("personal").is_null());
    EXPECT_TRUE(rig.get("sue", "/security/v1/alerts?severity=critical").body.at("items").empty());
    const std::string one = "/security/v1/alerts/" + alert_id.hex();
    EXPECT_EQ(rig.post("sue", one + "/acknowledge", {{"note", "mine"}}).status, 200);
    EXPECT_EQ(rig.post("sue", one + "/acknowledge", json::object()).reason(),
              control::alert_not_open.name);
    EXPECT_EQ(rig.post("sue", one + "/close", {{"verdict", "guilty"}}).status, 400);
    EXPECT_EQ(rig.post("sue", one + "/close", {{"verdict", "false_alarm"}}).status, 200);
    const Got shown = rig.get("sue", one);
    EXPECT_EQ(shown.body.at("standing"), "closed");
    EXPECT_EQ(shown.body.at("verdict"), "false_alarm");
    EXPECT_EQ(shown.body.at("records").size(), 3U);
    EXPECT_EQ(shown.body.at("personal").at("explanation"), "three codes");
}

TEST(SecurityCases, AreOpenedNotedAndClosed) {
    StaffRig rig;
    sue(rig);
    const Got opened = rig.post("sue", "/security/v1/cases",
                                {{"kind", "fraud.takeover"}, {"note", "by telephone"}});
    ASSERT_EQ(opened.status, 200) << opened.text;
    const std::string one = "/security/v1/cases/" + opened.body.at("case").get<std::string>();
    EXPECT_EQ(rig.post("sue", one + "/notes", {{"note", "called back"}}).status, 200);
    EXPECT_EQ(rig.post("sue", one + "/notes", json::object()).status, 400);
    EXPECT_EQ(rig.post("sue", one + "/close", {{"verdict", "confirmed"}}).status, 200);
    EXPECT_EQ(rig.post("sue", one + "/notes", {{"note", "late"}}).reason(),
              control::case_closed.name);
    const Got shown = rig.get("sue", one);
    EXPECT_EQ(shown.body.at("standing"), "closed");
    EXPECT_EQ(shown.body.at("records").size(), 3U);
    EXPECT_EQ(rig.get("sue", "/security/v1/cases?standing=open").body.at("items").size(), 0U);
    EXPECT_EQ(rig.get("sue", "/security/v1/cases?standing=closed").body.at("items").size(), 1U);
}

/// What the log says was looked at, in order.
std::vector<std::string> looks(StaffRig& rig) {
    std::vector<std::string> out;
    const auto page = rig.bench.journal().read(control_partition, Sequence(0), {});
    for (const auto& entry : page.value()) {
        const auto event = rig.bench.vault.open(entry->record);
        if (const auto* asked = event ? std::get_if<schema::AuditQueryAsked>(&*event) : nullptr) {
            EXPECT_TRUE(asked->leaf().boxes());
            out.push_back(asked->link().purpose());
        }
    }
    return out;
}

TEST(SecurityLooks, AreRecordedWhereExplanationsAndNotesAreOpenedAndNowhereElse) {
    StaffRig rig;
    sue(rig);
    rig.by_platform(raise(), "raise");
    const Got opened =
        rig.post("sue", "/security/v1/cases", {{"kind", "fraud.takeover"}, {"note", "n"}});
    EXPECT_EQ(rig.get("sue", "/security/v1/alerts").status, 200);
    EXPECT_EQ(rig.get("sue", "/security/v1/cases").status, 200);
    EXPECT_TRUE(looks(rig).empty());
    const std::string alert = "/security/v1/alerts/" + alert_id.hex();
    EXPECT_EQ(rig.get("sue", alert).status, 200);
    EXPECT_EQ(rig.get("sue", alert).status, 200);  // twice looked at is twice recorded
    EXPECT_EQ(
        rig.get("sue", "/security/v1/cases/" + opened.body.at("case").get<std::string>()).status,
        200);
    EXPECT_EQ(looks(rig), (std::vector<std::string>{"security.alert.show", "security.alert.show",
                                                    "security.case.show"}));
}

TEST(SecurityLooks, ShowNothingToWhoCannotBeRecorded) {
    StaffRig rig;
    sue(rig);
    rig.by_platform(raise(), "raise");
    rig.enrol("ada", {schema::STAFF_ROLE_ADMINISTRATOR});
    ASSERT_EQ(rig.sign_in("ada").status, 200);
    ASSERT_EQ(rig.post("ada", "/admin/v1/staff/" + rig.id("sue").hex() + "/standing",
                       {{"standing", "suspended"}})
                  .status,
              200);
    const Got shown = rig.get("sue", "/security/v1/alerts/" + alert_id.hex());
    EXPECT_NE(shown.status, 200);
    EXPECT_EQ(shown.text.find("three codes"), std::string::npos);
    EXPECT_TRUE(looks(rig).empty());
}

// ---- the live stream
// ------------------------------------------------------------------------------------

/// A client's side of a stream, with room for so many bytes until it is read.
struct Client : http::StreamTarget {
    explicit Client(std::size_t bound) : room(bound) {}
    http::Sent send(std::string bytes) override {
        if (gone) {
            return http::Sent::gone;
        }
        if (text.size() + bytes.size() > room) {
            return http::Sent::full;
        }
        text += bytes;
        return http::Sent::taken;
    }
    void close() override { closed = true; }

    std::size_t room;
    std::string text;
    bool gone = false;
    bool closed = false;
};

class Connection final : public http::ReplyTarget {
  public:
    explicit Connection(std::size_t bound = 1 << 20) : client(std::make_shared<Client>(bound)) {}
    void answer(httplib::Response) override {}
    void fail(const Error& error) override { failed = error.reason.name; }
    void drop() override {}
    void park(http::Park) override {}
    http::Stream open_stream(httplib::Response, http::StreamHooks with) override {
        hooks = std::move(with);
        return http::Stream(client);
    }
    [[nodiscard]] bool is_open() const override { return true; }

    std::shared_ptr<Client> client;
    http::StreamHooks hooks;
    std::string failed;
};

schema::Event raised(std::string rule) {
    schema::AlertRaised event;
    event.mutable_leaf()->set_rule(std::move(rule));
    event.mutable_personal()->set_explanation("must not leave");
    return event;
}

void publish(AlertFeed& feed, std::uint64_t at) {
    feed.publish(Sequence(at), Instant::from_seconds(1), EventId(),
                 raised("rule-" + std::to_string(at)));
}

std::size_t count(const std::string& text, std::string_view word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

std::shared_ptr<Connection> listen(AlertFeed& feed, Sequence next,
                                   const std::vector<AlertNews>& told = {},
                                   std::size_t bound = 1 << 20) {
    auto connection = std::make_shared<Connection>(bound);
    feed.open(http::Reply(connection), told, next);
    return connection;
}

TEST(AlertFeed, SendsWhatIsPublishedInOrderWithItsSequence) {
    AlertFeed feed;
    const auto listener = listen(feed, feed.next());
    publish(feed, 10);
    feed.publish(Sequence(11), Instant(), EventId(), schema::StaffEnrolled());
    publish(feed, 12);
    const std::string& text = listener->client->text;
    EXPECT_EQ(count(text, "event: alert.raised"), 2U);
    EXPECT_LT(text.find("id: 10"), text.find("id: 12"));
    EXPECT_EQ(count(text, "must not leave"), 0U);
    EXPECT_EQ(feed.next(), Sequence(13));
}

TEST(AlertFeed, ResumesBehindWhatWasTold) {
    AlertFeed feed;
    for (std::uint64_t at = 5; at < 9; ++at) {
        publish(feed, at);
    }
    const auto told = news_of(Sequence(6), Instant(), EventId(), raised("rule-6"));
    const auto listener = listen(feed, Sequence(7), {*told});
    EXPECT_EQ(count(listener->client->text, "rule-6"), 1U);
    EXPECT_EQ(count(listener->client->text, "rule-7"), 1U);
    EXPECT_EQ(count(listener->client->text, "rule-8"), 1U);
    EXPECT_EQ(count(listener->client->text, "rule-5"), 0U);
}

TEST(AlertFeed, WaitsForASlowListenerAndGoesOnWhenThereIsRoom) {
    AlertFeed feed;
    publish(feed, 1);
    const auto one = news_of(Sequence(2), Instant::from_seconds(1), EventId(), raised("rule-2"));
    const auto listener = listen(feed, feed.next(), {}, one->text.size() + 8);
    publish(feed, 2);
    publish(feed, 3);
    EXPECT_EQ(count(listener->client->text, "rule-3"), 0U);
    listener->client->text.clear();
    listener->hooks.room();
    EXPECT_EQ(count(listener->client->text, "rule-3"), 1U);
}

TEST(AlertFeed, ClosesAListenerThatHasMissedWhatIsNoLongerKept) {
    AlertFeed feed({.streams = 2, .kept = 2});
    publish(feed, 1);
    const auto listener = listen(feed, feed.next(), {}, 0);
    for (std::uint64_t at = 2; at < 6; ++at) {
        publish(feed, at);
    }
    EXPECT_TRUE(listener->client->closed);
    EXPECT_EQ(feed.probe().streams, 0U);
    EXPECT_EQ(feed.probe().closed_behind, 1U);
}

TEST(AlertFeed, IsBoundedAndForgetsWhoLeft) {
    AlertFeed feed({.streams = 1, .kept = 4});
    const auto first = listen(feed, feed.next());
    EXPECT_EQ(listen(feed, feed.next())->failed, feed_full.name);
    first->hooks.ended(http::Ended::client_gone);
    EXPECT_EQ(feed.probe().streams, 0U);
    EXPECT_EQ(listen(feed, feed.next())->failed, "");
}

TEST(AlertFeed, ClosesItsStreamsWhenItGoes) {
    auto feed = std::make_unique<AlertFeed>();
    const auto listener = listen(*feed, feed->next());
    feed.reset();
    EXPECT_TRUE(listener->client->closed);
    listener->hooks.room();  // a late one finds nobody
}

}  // namespace
}  // namespace chopmark::security
