#include "events/core/limits.h"
#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;

constexpr auto auditor = schema::STAFF_ROLE_AUDITOR;
constexpr auto privacy = schema::STAFF_ROLE_PRIVACY_OFFICER;
const QueryId query{{0x0a}};

AskAuditQuery question(const QueryId& id = query) {
    AskAuditQuery command;
    command.query = id;
    command.kind = schema::QUERY_KIND_SUBJECT;
    command.purpose = "complaint 4";
    command.boxes = true;
    command.text = Sensitive<std::string>("account 17");
    return command;
}
const AuditQueryCommand ask = question();
const AuditQueryCommand approve = ApproveAuditQuery{query, std::chrono::hours(2), {}};
const AuditQueryCommand refuse = RefuseAuditQuery{query, {}};
const AuditQueryCommand answer = AnswerAuditQuery{query, 3, 1, Digest()};

TEST(ControlAuditQuery, IsAskedByAnAuditorWithAPurpose) {
    ControlStory story;
    story.only(auditor, ask, staff_not_permitted);
    AskAuditQuery command = question();
    command.purpose.clear();
    story.when(AuditQueryCommand(command)).then_refused(query_no_purpose);
    command.purpose.assign(limits::purpose_bytes + 1, 'p');
    story.when(AuditQueryCommand(command)).then_refused(query_no_purpose);
    const auto event = story.when(ask).then<schema::AuditQueryAsked>();
    EXPECT_EQ(event.link().purpose(), "complaint 4");
    EXPECT_EQ(event.personal().query(), "account 17");
    story.given(ask);
    story.when(ask).then_refused(query_known);
}

TEST(ControlAuditQuery, IsJudgedByAPrivacyOfficerWhoDidNotAsk) {
    for (const AuditQueryCommand& judgement : {approve, refuse}) {
        ControlStory story;
        story.by(privacy).when(judgement).then_refused(query_unknown);
        story.by(auditor).given(ask);
        story.only(privacy, judgement, staff_not_permitted);
        story.given(judgement);
        story.when(judgement).then_refused(query_not_open);
    }
}

TEST(ControlAuditQuery, IsNotJudgedByWhoAskedEvenWithBothRoles) {
    ControlStory story;
    const StaffId both = ControlStory::member(auditor);
    story.by(schema::STAFF_ROLE_ADMINISTRATOR);
    story.given(StaffCommand(ChangeStaffRoles{both, {auditor, privacy}, {}}));
    story.by(auditor).given(ask);
    story.when(approve).then_refused(query_second_person);
    story.when(refuse).then_refused(query_second_person);
}

TEST(ControlAuditQuery, IsApprovedForATime) {
    ControlStory story;
    story.by(auditor).given(ask);
    story.by(privacy).given(approve);
    EXPECT_EQ(find_query(story.state(), query)->standing, QueryStanding::approved);
    EXPECT_EQ(find_query(story.state(), query)->until, story.now() + std::chrono::hours(2));
}

TEST(ControlAuditQuery, IsAnsweredOnceByANode) {
    ControlStory story;
    story.by_node().when(answer).then_refused(query_unknown);
    story.by(auditor).given(ask);
    story.when(answer).then_refused(staff_not_permitted);
    story.by_node();
    EXPECT_EQ(story.when(answer).then<schema::AuditQueryAnswered>().leaf().count(), 3U);
    story.given(answer);
    story.when(answer).then_refused(query_unknown);
}

TEST(ControlAuditQuery, IsNotAnsweredWhenItWasRefused) {
    ControlStory story;
    story.by(auditor).given(ask);
    story.by(privacy).given(refuse);
    story.by_node().when(answer).then_refused(query_not_open);
}

TEST(ControlAuditQuery, IsRefusedWhenTooManyAreOpenAndForgottenInTime) {
    ControlStory story;
    story.by(auditor);
    for (std::uint64_t number = 0; number < limits::open_audit_queries; ++number) {
        Bytes id(8, 'q');
        append_big_endian(id, number);
        story.given(AuditQueryCommand(question(*QueryId::from_bytes(id))));
    }
    story.when(ask).then_refused(query_too_many);
    story.pass(limits::audit_query_life + std::chrono::seconds(1));
    schema::AuditQueryAsked event;
    event.mutable_link()->set_query_id(query.to_bytes());
    story.fold_event(event);
    EXPECT_EQ(story.state().queries->size(), 1U);
}

TEST(ControlAuditQuery, IsALookWhenStaffOpenAPageAndThenOwesNothing) {
    for (const auto role : {schema::STAFF_ROLE_ADMINISTRATOR, auditor, schema::STAFF_ROLE_SECURITY,
                            privacy, schema::STAFF_ROLE_SUPPORT}) {
        ControlStory story;
        const AuditQueryCommand look =
            RecordLook{"admin.staff.list", Digest(), Sensitive<std::string>("/admin/v1/staff")};
        const auto event = story.by(role).when(look).then<schema::AuditQueryAsked>();
        EXPECT_EQ(event.link().purpose(), "admin.staff.list");
        EXPECT_EQ(event.personal().query(), "/admin/v1/staff");
        EXPECT_TRUE(event.leaf().boxes());
        story.given(look);
        story.given(look);  // every look is one
        EXPECT_TRUE(story.state().queries->empty());
    }
}

TEST(ControlAuditQuery, IsNoLookByNobodyOrAtNothing) {
    ControlStory story;
    const AuditQueryCommand look = RecordLook{"admin.staff.list", Digest(), {}};
    story.by_node().when(look).then_refused(staff_not_permitted);
    story.by(schema::STAFF_ROLE_ADMINISTRATOR)
        .given(StaffCommand(
            SetStaffStanding{ControlStory::member(auditor), Enrolment::suspended, {}, {}}));
    story.by(auditor).when(look).then_refused(staff_not_permitted);
    story.by(privacy).when(AuditQueryCommand(RecordLook())).then_refused(query_no_purpose);
}

}  // namespace
}  // namespace chopmark::control
