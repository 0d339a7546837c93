#include "aggregates/citizen/access.h"

#include "events/core/limits.h"
#include "tests/support/citizen_evidence.h"
#include "tests/support/control_bench.h"

namespace chopmark::citizen {
namespace {

using test::CitizenStory;

const control::QueryId query{{0x0a}};
const control::CaseId case_id{{0xca}};
const Bytes key = test::key_named("auditor");

/// Chan has an account; an auditor's question about boxes is approved for an hour.
CitizenStory approved_question(bool boxes = true, bool approved = true) {
    CitizenStory story = test::staffed_story();
    story.given(register_by_app(story, test::card_of_chan(), 1));
    schema::StaffEnrolled enrolled;
    enrolled.mutable_link()->set_staff_id(control::staff_id_of(key).to_bytes());
    enrolled.mutable_link()->set_public_key(key);
    enrolled.mutable_link()->add_roles(schema::STAFF_ROLE_AUDITOR);
    story.given_control(enrolled);
    schema::AuditQueryAsked asked;
    asked.mutable_leaf()->set_boxes(boxes);
    asked.mutable_link()->set_query_id(query.to_bytes());
    asked.mutable_link()->set_purpose("complaint 4");
    asked.mutable_link()->mutable_head()->mutable_actor()->set_id(
        control::staff_id_of(key).to_bytes());
    story.given_control(asked);
    if (approved) {
        schema::AuditQueryApproved approval;
        approval.mutable_link()->set_query_id(query.to_bytes());
        approval.mutable_link()->set_until_us((story.now() + std::chrono::hours(1)).micros());
        story.given_control(approval);
    }
    schema::CaseOpened opened;
    opened.mutable_link()->set_case_id(case_id.to_bytes());
    story.given_control(opened);
    story.actor = {schema::Party::STAFF_MEMBER, control::staff_id_of(key).to_bytes()};
    story.channel = schema::STAFF_CONSOLE;
    return story;
}

RecordAccess access() {
    RecordAccess command;
    command.query = query;
    command.opened = {EventId{{1}}, EventId{{2}}};
    command.opened_class = schema::IDENTITY;
    command.text = Sensitive<std::string>("account 17");
    return command;
}

TEST(Access, IsRecordedWithQuestionPurposeAndEveryEvent) {
    CitizenStory story = approved_question();
    const auto event = story.when(AccessCommand(access())).then<schema::SubjectAccessed>();
    EXPECT_EQ(event.leaf().opened(), 2U);
    EXPECT_EQ(event.leaf().opened_class(), schema::IDENTITY);
    EXPECT_EQ(event.link().query_id(), query.bytes());
    EXPECT_EQ(event.link().purpose(), "complaint 4");
    EXPECT_EQ(event.link().opened_event_ids(1), (EventId{{2}}.bytes()));
    EXPECT_EQ(event.link().visible_from_us(), story.now().micros());
    EXPECT_EQ(event.personal().query(), "account 17");
}

TEST(Access, NeedsAnApprovedQuestionOfTheSameAuditor) {
    approved_question(true, false)
        .when(AccessCommand(access()))
        .then_refused(access_query_not_approved);
    approved_question(false).when(AccessCommand(access())).then_refused(access_query_not_approved);
    CitizenStory story = approved_question();
    RecordAccess other = access();
    other.query = control::QueryId{{0x0b}};
    story.when(AccessCommand(other)).then_refused(access_query_not_approved);
    schema::StaffEnrolled second;
    const Bytes second_key = test::key_named("second");
    second.mutable_link()->set_staff_id(control::staff_id_of(second_key).to_bytes());
    second.mutable_link()->add_roles(schema::STAFF_ROLE_AUDITOR);
    story.given_control(second);
    story.actor.id = control::staff_id_of(second_key).to_bytes();
    story.when(AccessCommand(access())).then_refused(access_query_not_approved);
    story.actor = {schema::Party::NODE, Bytes(16, 'n')};
    story.when(AccessCommand(access())).then_refused(access_not_permitted);
}

TEST(Access, EndsWithTheApproval) {
    CitizenStory story = approved_question();
    story.pass(std::chrono::hours(1));
    story.when(AccessCommand(access())).then_refused(access_query_not_approved);
}

TEST(Access, RefusesNothingTooMuchAndNoClass) {
    CitizenStory story = approved_question();
    RecordAccess command = access();
    command.opened.clear();
    story.when(AccessCommand(command)).then_refused(access_nothing_opened);
    command.opened.assign(limits::query_page_rows + 1, EventId{{1}});
    story.when(AccessCommand(command)).then_refused(access_too_many);
    command = access();
    command.opened_class = schema::RETENTION_UNSPECIFIED;
    story.when(AccessCommand(command)).then_refused(access_bad_class);
}

TEST(Access, IsKeptFromTheCitizenForAnOpenCaseAndABoundedTimeOnly) {
    CitizenStory story = approved_question();
    RecordAccess command = access();
    command.visible_from = story.now() + std::chrono::hours(24);
    story.when(AccessCommand(command)).then_refused(access_delay_without_case);
    command.case_id = control::CaseId{{0xcb}}.to_bytes();
    story.when(AccessCommand(command)).then_refused(access_delay_without_case);
    command.case_id = case_id.to_bytes();
    EXPECT_EQ(
        story.when(AccessCommand(command)).then<schema::SubjectAccessed>().link().visible_from_us(),
        command.visible_from.micros());
    command.visible_from = story.now() + limits::access_hidden_at_most + Duration(1);
    story.when(AccessCommand(command)).then_refused(access_delay_too_long);
    schema::CaseClosed closed;
    closed.mutable_link()->set_case_id(case_id.to_bytes());
    story.given_control(closed);
    command.visible_from = story.now() + std::chrono::hours(24);
    story.when(AccessCommand(command)).then_refused(access_delay_without_case);
}

TEST(Access, IsRefusedForAnAccountThatIsNotThereOrErased) {
    CitizenStory story = approved_question();
    const AccountId chan = story.account();
    story.focus(AccountId{{0x77}});
    story.when(AccessCommand(access())).then_refused(account_unknown);
    story.focus(chan);
    story.given_event(schema::SubjectErased());
    story.when(AccessCommand(access())).then_refused(account_erased);
}

}  // namespace
}  // namespace chopmark::citizen
