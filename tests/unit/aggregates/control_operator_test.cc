#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;
using test::key_named;

constexpr auto administrator = schema::STAFF_ROLE_ADMINISTRATOR;
const OperatorId op{{0x01}};

EnrolOperator enrolment() {
    EnrolOperator command;
    command.op = op;
    command.public_key = key_named("op");
    command.sites = {"north"};
    command.name = Sensitive<std::string>("Lam");
    return command;
}

OperatorCommand standing(Enrolment to) { return SetOperatorStanding{op, to, {}, {}, {}}; }

TEST(ControlOperator, IsEnrolledOnceWithAKeyAndAPlace) {
    ControlStory story;
    story.only(administrator, OperatorCommand(enrolment()), staff_not_permitted);
    EnrolOperator command = enrolment();
    command.public_key = "key";
    story.when(OperatorCommand(command)).then_refused(operator_bad_key);
    command = enrolment();
    command.sites.clear();
    story.when(OperatorCommand(command)).then_refused(operator_no_place);
    command.team = "van 3";
    story.when(OperatorCommand(command)).then<schema::OperatorEnrolled>();
    const auto event = story.when(OperatorCommand(enrolment())).then<schema::OperatorEnrolled>();
    EXPECT_EQ(event.personal().name(), "Lam");
    story.given(OperatorCommand(enrolment()));
    story.when(OperatorCommand(enrolment())).then_refused(operator_exists);
}

TEST(ControlOperator, IsSuspendedResumedAndWithdrawnForGood) {
    ControlStory story;
    story.when(standing(Enrolment::suspended)).then_refused(operator_unknown);
    story.given(OperatorCommand(enrolment()));
    story.only(administrator, standing(Enrolment::suspended), staff_not_permitted);
    story.when(standing(Enrolment::active)).then_refused(operator_not_active);
    story.given(standing(Enrolment::suspended));
    EXPECT_EQ(find_operator(story.state(), op)->standing, Enrolment::suspended);
    story.given(standing(Enrolment::active));
    story.given(standing(Enrolment::withdrawn));
    story.when(standing(Enrolment::active)).then_refused(operator_not_active);
}

}  // namespace
}  // namespace chopmark::control
