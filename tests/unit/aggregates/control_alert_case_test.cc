#include "events/core/limits.h"
#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;

constexpr auto security = schema::STAFF_ROLE_SECURITY;
const AlertId alert{{0xa1}};
const CaseId case_id{{0xca}};

AlertCaseCommand raise(std::uint32_t revision = 1, const AlertId& id = alert) {
    RaiseAlert command;
    command.alert = id;
    command.revision = revision;
    command.rule = "login.code_replayed";
    command.severity = schema::SEVERITY_HIGH;
    return command;
}
const AlertCaseCommand acknowledge = AcknowledgeAlert{alert, {}};
const AlertCaseCommand close_alert = CloseAlert{alert, schema::VERDICT_BENIGN, {}};
const AlertCaseCommand note = NoteCase{case_id, Sensitive<std::string>("n")};
const AlertCaseCommand close_case = CloseCase{case_id, schema::VERDICT_CONFIRMED, {}};

AlertCaseCommand open_case(const CaseId& id = case_id, const EventId& cause = EventId()) {
    OpenCase command;
    command.id = id;
    command.kind = "login.disputed";
    if (!cause.is_zero()) {
        command.cause.set_event_id(cause.to_bytes());
    }
    return command;
}

TEST(ControlAlert, IsRaisedByThePlatformRevisionByRevision) {
    ControlStory story;
    story.by(security).when(raise()).then_refused(staff_not_permitted);
    story.by_node().when(raise(2)).then_refused(alert_revision_gap);
    story.given(raise());
    story.when(raise()).then_refused(alert_known);
    story.when(raise(3)).then_refused(alert_revision_gap);
    story.given(raise(2));
    EXPECT_EQ(story.state().alerts->at(alert).revision, 2U);
}

TEST(ControlAlert, IsAcknowledgedAndClosedBySecurity) {
    ControlStory story;
    story.by(security).when(acknowledge).then_refused(alert_unknown);
    story.when(close_alert).then_refused(alert_unknown);
    story.by_node().given(raise());
    story.only(security, acknowledge, staff_not_permitted);
    story.only(security, close_alert, staff_not_permitted);
    story.given(acknowledge);
    story.when(acknowledge).then_refused(alert_not_open);
    EXPECT_EQ(story.when(close_alert).then<schema::AlertClosed>().leaf().verdict(),
              schema::VERDICT_BENIGN);
    story.given(close_alert);
    story.when(close_alert).then_refused(alert_not_open);
    story.when(acknowledge).then_refused(alert_not_open);
}

TEST(ControlAlert, OpensAgainWhenItIsRaisedAgain) {
    ControlStory story;
    story.by_node().given(raise());
    story.by(security).given(close_alert);
    story.by_node().given(raise(2));
    EXPECT_EQ(story.state().alerts->at(alert).standing, AlertStanding::open);
}

TEST(ControlAlert, IsForgottenSomeTimeAfterItWasClosed) {
    ControlStory story;
    story.by_node().given(raise());
    story.by(security).given(close_alert);
    story.pass(limits::closed_alerts_kept + std::chrono::seconds(1));
    story.by_node().given(raise(1, AlertId{{0xa2}}));
    EXPECT_FALSE(story.state().alerts->contains(alert));
}

TEST(ControlAlert, IsRefusedWhenTooManyStand) {
    ControlStory story;
    State full;
    Alerts& alerts = full.alerts.edit();
    for (std::uint64_t number = 0; number < limits::alerts_kept; ++number) {
        Bytes id(24, 'x');
        append_big_endian(id, number);
        alerts.emplace_hint(alerts.end(), *AlertId::from_bytes(id), Alert());
    }
    const Opened opened;
    CommandHead head;
    head.actor = {schema::Party::NODE, Bytes(16, 'n')};
    const Context context{{EventId(), story.now()}, full, opened, head, nullptr, nullptr};
    const Decision decision = decide(full, raise(), context);
    ASSERT_FALSE(decision.has_value());
    EXPECT_EQ(decision.error(), alert_too_many);
}

TEST(ControlCase, IsOpenedBySecurityOrThePlatformOnceForItsCause) {
    ControlStory story;
    const EventId cause{{0xee}};
    story.only(security, open_case(), staff_not_permitted);
    story.by_node().given(open_case(case_id, cause));
    story.when(open_case()).then_refused(case_known);
    story.when(open_case(CaseId{{2}}, cause)).then_refused(case_known);
    story.by(security).when(open_case(CaseId{{2}})).then<schema::CaseOpened>();
}

TEST(ControlCase, IsWorkedOnUntilItIsClosed) {
    for (const AlertCaseCommand& command : {note, close_case}) {
        ControlStory story;
        story.by(security).when(command).then_refused(case_unknown);
        story.given(open_case());
        story.only(security, command, staff_not_permitted);
        story.given(command);
    }
    ControlStory story;
    story.by(security).given(open_case());
    story.given(close_case);
    story.when(note).then_refused(case_closed);
    story.when(close_case).then_refused(case_closed);
}

TEST(ControlCase, IsForgottenSomeTimeAfterItWasClosedHoweverLongItWasOpen) {
    ControlStory story;
    story.by(security).given(open_case());
    story.pass(limits::closed_alerts_kept + std::chrono::seconds(1));
    story.given(close_case);
    story.given(open_case(CaseId{{2}}));
    EXPECT_TRUE(story.state().cases->contains(case_id));
    story.pass(limits::closed_alerts_kept + std::chrono::seconds(1));
    story.given(open_case(CaseId{{3}}));
    EXPECT_FALSE(story.state().cases->contains(case_id));
    EXPECT_TRUE(story.state().cases->contains(CaseId{{2}}));
}

TEST(ControlCase, IsNeverOpenedAgainForACauseThatHadOne) {
    ControlStory story;
    OpenCase command;
    command.id = case_id;
    command.kind = "login.disputed";
    command.cause.set_event_id(EventId{{0xee}}.to_bytes());
    command.caused_at = story.now();
    const AlertCaseCommand dispute = command;
    story.by_node().given(dispute);
    story.by(security).given(close_case);
    // As often as the follow-up asks, for years.
    for (int half_years = 0; half_years < 6; ++half_years) {
        story.by_node().when(dispute).then_refused(
            story.state().cases->contains(case_id) ? case_known : case_overtaken);
        story.pass(limits::closed_alerts_kept + std::chrono::seconds(1));
        story.by(security).given(open_case(CaseId{{static_cast<std::uint8_t>(half_years + 1)}}));
    }
    EXPECT_FALSE(story.state().cases->contains(case_id));
}

}  // namespace
}  // namespace chopmark::control
