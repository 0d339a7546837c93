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

// Of the catalogue, whatever they stand for: 0x0004 and 0x0005.
const ActivateTypes activate{{4, 5}, {{node, "2"}}};

TEST(ControlTypes, AreActivatedOnceEveryNodeKnowsThem) {
    ControlStory story;
    const NodeId other{{0x0e}};
    const auto with = [](std::vector<NodeVersion> nodes) {
        return NodeCommand(ActivateTypes{{4, 5}, std::move(nodes)});
    };
    story.given(enrol);
    story.given(NodeCommand(EnrolNode{other, "127.0.0.1:2", "certificate 2"}));
    story.only(administrator, with({{node, "2"}, {other, "2"}}), staff_not_permitted);
    story.when(NodeCommand(activate)).then_refused(types_not_everywhere);
    story.when(with({{node, "2"}, {NodeId{{9}}, "2"}})).then_refused(node_unknown);
    const auto event = story.when(with({{node, "2"}, {other, "3"}})).then<schema::TypesActivated>();
    ASSERT_EQ(event.leaf().types_size(), 2);
    ASSERT_EQ(event.leaf().nodes_size(), 2);
    EXPECT_EQ(event.leaf().nodes(1).version(), "3");
    story.given(NodeCommand(WithdrawNode{other, {}, {}}));
    story.given(NodeCommand(activate));
    EXPECT_EQ(*story.state().types, (ActiveTypes{4, 5}));
    story.when(NodeCommand(activate)).then_refused(types_active);
    story.when(NodeCommand(ActivateTypes{{5, 6}, {{node, "2"}}})).then<schema::TypesActivated>();
}

TEST(ControlTypes, AreThoseOfTheCatalogue) {
    ControlStory story;
    story.given(enrol);
    for (const std::vector<std::uint32_t>& types :
         {std::vector<std::uint32_t>(), {0xffff}, std::vector<std::uint32_t>(65, 4)}) {
        story.when(NodeCommand(ActivateTypes{types, {{node, "2"}}})).then_refused(types_unknown);
    }
}

}  // namespace
}  // namespace chopmark::control
