#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;
using test::key_named;

constexpr auto administrator = schema::STAFF_ROLE_ADMINISTRATOR;
constexpr auto auditor = schema::STAFF_ROLE_AUDITOR;

EnrolStaff enrolment() {
    EnrolStaff command;
    command.public_key = key_named("new");
    command.staff = staff_id_of(command.public_key);
    command.roles = {auditor};
    return command;
}

StaffCommand standing(const StaffId& staff, Enrolment to) {
    return SetStaffStanding{staff, to, {}, {}};
}

TEST(ControlStaff, IsEnrolledOnceWithAKeyAndRoles) {
    ControlStory story;
    story.only(administrator, StaffCommand(enrolment()), staff_not_permitted);
    story.by_node().when(StaffCommand(enrolment())).then_refused(staff_not_permitted);
    story.by(administrator);
    EnrolStaff command = enrolment();
    command.public_key = "key";
    story.when(StaffCommand(command)).then_refused(staff_bad_key);
    command = enrolment();
    command.roles.clear();
    story.when(StaffCommand(command)).then_refused(staff_bad_roles);
    command.roles = {schema::STAFF_ROLE_UNSPECIFIED};
    story.when(StaffCommand(command)).then_refused(staff_bad_roles);
    story.when(StaffCommand(enrolment())).then<schema::StaffEnrolled>();
    story.given(StaffCommand(enrolment()));
    story.when(StaffCommand(enrolment())).then_refused(staff_exists);
    // Two people never have one key, whatever their ids.
    command = enrolment();
    command.staff = StaffId{{1}};
    story.when(StaffCommand(command)).then_refused(staff_exists);
}

TEST(ControlStaff, IsNeverChangedByHimself) {
    ControlStory story;
    const StaffId self = ControlStory::member(administrator);
    const StaffCommand commands[] = {ChangeStaffRoles{self, {auditor}, {}},
                                     ChangeStaffKey{self, key_named("k"), {}},
                                     standing(self, Enrolment::suspended)};
    for (const StaffCommand& command : commands) {
        story.when(command).then_refused(staff_self);
    }
}

TEST(ControlStaff, ChangesOnlyWhileHeIsThere) {
    const StaffId staff = enrolment().staff;
    const StaffCommand commands[] = {ChangeStaffRoles{staff, {administrator}, {}},
                                     ChangeStaffKey{staff, key_named("k"), {}},
                                     standing(staff, Enrolment::suspended)};
    for (const StaffCommand& command : commands) {
        ControlStory story;
        story.when(command).then_refused(staff_unknown);
        story.given(StaffCommand(enrolment()));
        story.only(administrator, command, staff_not_permitted);
        story.given(command);
        story.given(standing(staff, Enrolment::withdrawn));
        story.when(command).then_refused(staff_not_active);
    }
}

TEST(ControlStaff, RefusesBadRolesABadKeyAndAStandingHeHas) {
    ControlStory story;
    const StaffId staff = ControlStory::member(auditor);
    story.when(StaffCommand(ChangeStaffRoles{staff, {}, {}})).then_refused(staff_bad_roles);
    story.when(StaffCommand(ChangeStaffKey{staff, "k", {}})).then_refused(staff_bad_key);
    story.when(standing(staff, Enrolment::active)).then_refused(staff_not_active);
}

TEST(ControlStaff, GivesNobodyTheKeyOfAnother) {
    ControlStory story;
    story.given(StaffCommand(enrolment()));
    const StaffId other = ControlStory::member(auditor);
    story.when(StaffCommand(ChangeStaffKey{other, enrolment().public_key, {}}))
        .then_refused(staff_exists);
}

TEST(ControlStaff, KeepsALastAdministrator) {
    ControlStory story;
    const StaffId first = ControlStory::member(administrator, 1);
    const StaffId second = ControlStory::member(administrator, 2);
    // A suspended administrator no longer acts, so nobody is left who could take the other away.
    story.given(standing(second, Enrolment::suspended));
    story.by(administrator, 2)
        .when(standing(first, Enrolment::suspended))
        .then_refused(staff_not_permitted);
    story.by(administrator, 1);
    story.given(StaffCommand(ChangeStaffRoles{second, {auditor}, {}}));
    EXPECT_EQ(story.state().staff->at(second).roles, Roles{auditor});
}

TEST(ControlStaff, IsFirstNamedByTheGenesisRecord) {
    State state;
    enrol_first(state, key_named("first"), Instant());
    const StaffMember& first = state.staff->at(staff_id_of(key_named("first")));
    EXPECT_EQ(first.standing, Enrolment::active);
    // Whatever it takes to enrol the others.
    EXPECT_EQ(first.roles.size(), 5U);
}

}  // namespace
}  // namespace chopmark::control
