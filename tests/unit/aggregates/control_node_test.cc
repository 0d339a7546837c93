#include "events/crypto/digest.h"
#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;

constexpr auto administrator = schema::STAFF_ROLE_ADMINISTRATOR;
const NodeId node{{0x0d}};
const NodeCommand enrol = EnrolNode{node, "127.0.0.1:1", "certificate"};
const NodeCommand withdraw = WithdrawNode{node, {}, {}};

TEST(ControlNode, IsEnrolledOnceWithItsCertificate) {
    ControlStory story;
    story.only(administrator, enrol, staff_not_permitted);
    story.when(NodeCommand(EnrolNode{node, "127.0.0.1:1", ""})).then_refused(node_bad_certificate);
    const auto event = story.when(enrol).then<schema::NodeEnrolled>();
    EXPECT_EQ(event.leaf().certificate_digest(), crypto::sha256("certificate").bytes());
    story.given(enrol);
    story.when(enrol).then_refused(node_exists);
}

TEST(ControlNode, IsWithdrawnForGood) {
    ControlStory story;
    story.when(withdraw).then_refused(node_unknown);
    story.given(enrol);
    story.only(administrator, withdraw, staff_not_permitted);
    story.given(withdraw);
    EXPECT_EQ(story.state().nodes->at(node).standing, Enrolment::withdrawn);
    story.when(withdraw).then_refused(node_unknown);
    story.when(enrol).then_refused(node_exists);
}

}  // namespace
}  // namespace chopmark::control
