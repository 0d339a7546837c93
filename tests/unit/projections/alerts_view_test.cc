#include <gtest/gtest.h>

#include "projections/alerts_view/query.h"
#include "tests/support/view_rig.h"

namespace chopmark::alerts_view {
namespace {

using projections::Personal;
using projections::PersonalLayer;
using test::id_of;

class AlertsViewTest : public ::testing::Test {
  protected:
    Sequence raise(std::uint8_t alert, schema::Severity severity = schema::SEVERITY_HIGH,
                   std::uint32_t revision = 1, std::string_view rule = "D01") {
        schema::AlertRaised event;
        event.mutable_leaf()->set_rule(std::string(rule));
        event.mutable_leaf()->set_revision(revision);
        event.mutable_leaf()->set_severity(severity);
        event.mutable_link()->set_alert_id(id_of<AlertId>(alert).to_bytes());
        event.mutable_link()->mutable_entity()->set_kind(schema::Entity::KIND_ACCOUNT);
        event.mutable_link()->mutable_entity()->set_id(std::string(16, static_cast<char>(alert)));
        event.mutable_personal()->set_explanation("two cities at once");
        return rig.append(event)->sequence;
    }
    template <class Event>
    Event step(std::uint8_t alert) {
        Event event;
        event.mutable_link()->set_alert_id(id_of<AlertId>(alert).to_bytes());
        event.mutable_personal()->set_note("looked at");
        return event;
    }
    template <class Event>
    Event of_case(std::uint8_t id) {
        Event event;
        event.mutable_link()->set_case_id(id_of<CaseId>(id).to_bytes());
        return event;
    }
    void close(std::uint8_t alert) {
        auto event = step<schema::AlertClosed>(alert);
        event.mutable_leaf()->set_verdict(schema::VERDICT_CONFIRMED);
        rig.append(event);
    }
    void expire(std::uint32_t period) {
        schema::PeriodExpired over;
        over.mutable_leaf()->set_expired_class(schema::STAFF);
        over.mutable_leaf()->set_expired_period(period);
        rig.append(over);
        rig.vault.expire(schema::STAFF, keys::Period(period));
    }
    fold::Reading rows() {
        rig.fold();
        return rig.read("alerts_view");
    }
    Alert alert(std::uint8_t id, Personal personal = Personal::leave_sealed) {
        return read_alert(rows(), rig.vault, id_of<AlertId>(id), personal).value().alert;
    }
    std::vector<AlertId> alerts(const AlertQuestion& question = {}) {
        std::vector<AlertId> out;
        const auto page = read_alerts(rows(), rig.vault, question, {}).value();
        for (const Alert& one : page.items) {
            out.push_back(one.id);
        }
        return out;
    }
    static std::vector<AlertId> ids(std::initializer_list<std::uint8_t> fillers) {
        std::vector<AlertId> out;
        for (const std::uint8_t filler : fillers) {
            out.push_back(id_of<AlertId>(filler));
        }
        return out;
    }

    test::ViewRig rig;
};

TEST_F(AlertsViewTest, TellsHowAnAlertStandsFromItsRecords) {
    const Instant at = rig.time();
    raise(1);
    EXPECT_EQ(alert(1).standing, AlertStanding::open);
    EXPECT_EQ(alert(1).raised.leaf().rule(), "D01");
    rig.append(step<schema::AlertAcknowledged>(1));
    EXPECT_EQ(alert(1).standing, AlertStanding::acknowledged);
    close(1);
    EXPECT_EQ(alert(1).standing, AlertStanding::closed);
    EXPECT_EQ(alert(1).verdict, schema::VERDICT_CONFIRMED);
    EXPECT_EQ(alert(1).changed_at, at + std::chrono::seconds(2));
    raise(1, schema::SEVERITY_CRITICAL, 2);
    const Alert again = alert(1);
    EXPECT_EQ(again.standing, AlertStanding::open);
    EXPECT_EQ(again.verdict, schema::VERDICT_UNSPECIFIED);
    EXPECT_EQ(again.raised.leaf().severity(), schema::SEVERITY_CRITICAL);
    EXPECT_EQ(again.first_raised_at, at);
    EXPECT_EQ(again.raised_at, at + std::chrono::seconds(3));
}

TEST_F(AlertsViewTest, OpensExplanationAndNotesOnDemand) {
    raise(1);
    rig.append(step<schema::AlertAcknowledged>(1));
    EXPECT_EQ(alert(1).personal, PersonalLayer::sealed);
    const auto history = read_alert(rows(), rig.vault, id_of<AlertId>(1), Personal::open).value();
    EXPECT_EQ(history.alert.raised.personal().explanation(), "two cities at once");
    ASSERT_EQ(history.records.size(), 2U);
    EXPECT_EQ(std::get<schema::AlertAcknowledged>(history.records[1].event).personal().note(),
              "looked at");
}

TEST_F(AlertsViewTest, ListsEachAlertOnceChangedLastFirst) {
    raise(1);
    raise(2);
    raise(3);
    raise(2, schema::SEVERITY_HIGH, 2);
    rig.append(step<schema::AlertAcknowledged>(1));
    EXPECT_EQ(alerts(), ids({1, 2, 3}));
}

TEST_F(AlertsViewTest, FiltersByStandingSeverityRuleEntityAndTime) {
    raise(1, schema::SEVERITY_LOW);
    raise(2, schema::SEVERITY_CRITICAL, 1, "D07");
    const Instant middle = rig.time();
    raise(3);
    close(3);
    AlertQuestion open;
    open.standings = {AlertStanding::open, AlertStanding::acknowledged};
    EXPECT_EQ(alerts(open), ids({2, 1}));
    AlertQuestion grave;
    grave.at_least = schema::SEVERITY_HIGH;
    EXPECT_EQ(alerts(grave), ids({3, 2}));
    AlertQuestion rule;
    rule.rule = "D07";
    EXPECT_EQ(alerts(rule), ids({2}));
    AlertQuestion entity;
    entity.entity.emplace();
    entity.entity->set_kind(schema::Entity::KIND_ACCOUNT);
    entity.entity->set_id(std::string(16, '\1'));
    EXPECT_EQ(alerts(entity), ids({1}));
    AlertQuestion late;
    late.from = middle;
    EXPECT_EQ(alerts(late), ids({3}));
    AlertQuestion early;
    early.until = middle;
    EXPECT_EQ(alerts(early), ids({2, 1}));
}

TEST_F(AlertsViewTest, PagesThroughAlerts) {
    for (std::uint8_t i = 1; i <= 5; ++i) {
        raise(i);
        rig.append(step<schema::AlertAcknowledged>(i));
    }
    std::vector<AlertId> met;
    projections::PageRequest page{"", 2};
    do {
        const auto answer = read_alerts(rows(), rig.vault, {}, page).value();
        EXPECT_LE(answer.items.size(), 2U);
        for (const Alert& one : answer.items) {
            met.push_back(one.id);
        }
        page.cursor = answer.next;
    } while (!page.cursor.empty());
    EXPECT_EQ(met, ids({5, 4, 3, 2, 1}));
}

TEST_F(AlertsViewTest, AStreamGoesOnWhereItStopped) {
    EXPECT_TRUE(read_changes(rows(), rig.vault, {}, Personal::leave_sealed)->empty());
    const Sequence first = raise(1);
    const Sequence second = raise(2);
    close(1);
    const auto all = read_changes(rows(), rig.vault, {}, Personal::leave_sealed).value();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].at, first);
    EXPECT_EQ(all[0].alert.standing, AlertStanding::closed);  // as it stands now
    EXPECT_TRUE(std::holds_alternative<schema::AlertRaised>(all[0].record.event));
    EXPECT_EQ(all[1].at, second);
    EXPECT_TRUE(std::holds_alternative<schema::AlertClosed>(all[2].record.event));
    EXPECT_EQ(read_changes(rows(), rig.vault, second, Personal::leave_sealed)->size(), 1U);
    EXPECT_TRUE(read_changes(rows(), rig.vault, all[2].at, Personal::leave_sealed)->empty());
}

TEST_F(AlertsViewTest, ShowsTheNewestOfALongHistoryAndStillTellsAllOfIt) {
    const Instant at = rig.time();
    for (std::uint32_t i = 1; i <= limits::query_history_records + 3; ++i) {
        raise(1, schema::SEVERITY_LOW, i);
    }
    const auto history =
        read_alert(rows(), rig.vault, id_of<AlertId>(1), Personal::leave_sealed).value();
    EXPECT_EQ(history.records.size(), limits::query_history_records);
    EXPECT_EQ(history.alert.first_raised_at, at);
    EXPECT_EQ(history.alert.raised.leaf().revision(), limits::query_history_records + 3);
}

TEST_F(AlertsViewTest, FollowsCases) {
    auto opened = of_case<schema::CaseOpened>(1);
    opened.mutable_leaf()->set_kind("login.disputed");
    opened.mutable_link()->set_alert_id(id_of<AlertId>(4).to_bytes());
    rig.append(opened);
    rig.append(of_case<schema::CaseNoted>(1));
    auto second = of_case<schema::CaseOpened>(2);
    second.mutable_leaf()->set_kind("fraud.report");
    rig.append(second);
    auto closed = of_case<schema::CaseClosed>(1);
    closed.mutable_leaf()->set_verdict(schema::VERDICT_BENIGN);
    rig.append(closed);
    const auto found = read_case(rows(), rig.vault, id_of<CaseId>(1), Personal::leave_sealed);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->told.closed);
    EXPECT_EQ(found->told.verdict, schema::VERDICT_BENIGN);
    EXPECT_EQ(found->records.size(), 3U);
    const auto list = [&](const CaseQuestion& question) {
        std::vector<CaseId> out;
        const auto page = read_cases(rows(), rig.vault, question, {}).value();
        for (const Case& one : page.items) {
            out.push_back(one.id);
        }
        return out;
    };
    EXPECT_EQ(list({}), (std::vector{id_of<CaseId>(1), id_of<CaseId>(2)}));
    CaseQuestion open;
    open.closed = false;
    EXPECT_EQ(list(open), (std::vector{id_of<CaseId>(2)}));
    CaseQuestion disputes;
    disputes.kind = "login.disputed";
    EXPECT_EQ(list(disputes), (std::vector{id_of<CaseId>(1)}));
    CaseQuestion of_alert;
    of_alert.alert = id_of<AlertId>(4);
    EXPECT_EQ(list(of_alert), (std::vector{id_of<CaseId>(1)}));
    EXPECT_EQ(read_case(rows(), rig.vault, id_of<CaseId>(9), Personal::open).error(), no_such_case);
}

TEST_F(AlertsViewTest, FollowsWhichRulesAreOn) {
    schema::RuleSwitchedOn on;
    on.mutable_leaf()->set_rule("D01");
    on.mutable_leaf()->set_rule_version(3);
    schema::Setting& setting = *on.mutable_leaf()->add_settings();
    setting.set_name("limit");
    setting.set_value("5");
    rig.append(on);
    auto found = read_rules(rows(), {}).value().items;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].name, "D01");
    EXPECT_TRUE(found[0].row.on);
    EXPECT_EQ(found[0].row.settings, (std::map<std::string, std::string>{{"limit", "5"}}));
    schema::RuleSwitchedOff off;
    off.mutable_leaf()->set_rule("D01");
    off.mutable_leaf()->set_rule_version(3);
    rig.append(off);
    found = read_rules(rows(), {}).value().items;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_FALSE(found[0].row.on);
}

TEST_F(AlertsViewTest, APeriodsEndTakesItsRecordsAndLeavesWhatARebuildWouldMake) {
    raise(1);
    rig.append(of_case<schema::CaseOpened>(1));
    raise(2);
    rig.set_time(Instant::from_seconds(1'772'323'200));  // 2026-03-01
    rig.append(step<schema::AlertAcknowledged>(1));
    rig.append(step<schema::AlertAcknowledged>(2));
    const Instant again = rig.time();
    raise(2, schema::SEVERITY_LOW, 2);
    raise(3);
    rig.append(of_case<schema::CaseClosed>(1));
    EXPECT_EQ(alerts(), ids({3, 2, 1}));
    expire(202601);
    EXPECT_EQ(alerts(), ids({3, 2}));
    EXPECT_EQ(alert(2).first_raised_at, again);
    EXPECT_EQ(read_alert(rows(), rig.vault, id_of<AlertId>(1), Personal::open).error(),
              no_such_alert);
    EXPECT_TRUE(read_cases(rows(), rig.vault, {}, {})->items.empty());
    EXPECT_EQ(rig.dump("alerts_view"), rig.folded_anew("alerts_view"));
}

}  // namespace
}  // namespace chopmark::alerts_view
