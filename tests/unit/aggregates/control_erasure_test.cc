#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;

constexpr auto privacy = schema::STAFF_ROLE_PRIVACY_OFFICER;
const OrderId order{{0x0e}};

OrderErasure ordering(const OrderId& id = order, KeyIndex index = KeyIndex(77)) {
    OrderErasure command;
    command.order = id;
    command.account = AccountId{{1}};
    command.person = PersonId{{2}};
    command.key_index = index;
    command.classes = {schema::IDENTITY, schema::SIGN_IN};
    command.basis = "erasure.citizen_wish";
    command.purpose = "request 17";
    command.salt = {9};
    return command;
}
const ErasureCommand approve = ApproveErasure{order, {8}, "checked"};

ErasureCommand completion() {
    CompleteErasure command;
    command.order = order;
    command.destroyed_epoch = 3;
    command.epoch = 4;
    command.nodes = 2;
    return command;
}

TEST(ControlErasure, IsOrderedByAPrivacyOfficerOnAGround) {
    ControlStory story;
    story.only(privacy, ErasureCommand(ordering()), staff_not_permitted);
    OrderErasure command = ordering();
    command.basis.clear();
    story.when(ErasureCommand(command)).then_refused(erasure_no_basis);
    command.basis.assign(limits::purpose_bytes + 1, 'b');
    story.when(ErasureCommand(command)).then_refused(erasure_no_basis);
    command = ordering();
    command.classes.clear();
    story.when(ErasureCommand(command)).then_refused(erasure_bad_classes);
    command.classes = {schema::IDENTITY, schema::PLATFORM};
    story.when(ErasureCommand(command)).then_refused(erasure_bad_classes);
    story.given(ErasureCommand(ordering()));
    story.when(ErasureCommand(ordering(order, KeyIndex(78)))).then_refused(erasure_known);
    story.when(ErasureCommand(ordering(OrderId{{2}}))).then_refused(erasure_known);
    story.when(ErasureCommand(ordering(OrderId{{2}}, KeyIndex(78)))).then<schema::ErasureOrdered>();
}

TEST(ControlErasure, NamesThePersonInTheLeafByASaltedHashOnly) {
    ControlStory story;
    const auto event =
        story.by(privacy).when(ErasureCommand(ordering())).then<schema::ErasureOrdered>();
    // SHA-256(09 00… ‖ 00 00 00 00 00 00 00 4d), the index as 8 bytes big-endian.
    Bytes text = "\x09";
    text.append(22, '\0');
    text.push_back('\x4d');
    EXPECT_EQ(event.leaf().subject_hash(), crypto::sha256(text).bytes());
    EXPECT_EQ(event.leaf().SerializeAsString().find(PersonId{{2}}.to_bytes()), std::string::npos);
}

TEST(ControlErasure, IsApprovedByAnother) {
    ControlStory story;
    story.by(privacy).when(approve).then_refused(erasure_unknown);
    story.given(ErasureCommand(ordering()));
    story.only(privacy, approve, staff_not_permitted);
    story.when(approve).then_refused(erasure_second_person);
    story.by(privacy, 2).given(approve);
    story.when(approve).then_refused(erasure_not_ordered);
    EXPECT_EQ(find_erasure(story.state(), order)->standing, ErasureStanding::approved);
}

TEST(ControlErasure, IsCompletedByANodeOnceItIsApproved) {
    ControlStory story;
    story.by_node().when(completion()).then_refused(erasure_unknown);
    story.by(privacy).given(ErasureCommand(ordering()));
    story.when(completion()).then_refused(staff_not_permitted);
    story.by_node().when(completion()).then_refused(erasure_not_approved);
    story.by(privacy, 2).given(approve);
    const auto receipt = story.by_node().when(completion()).then<schema::ErasureCompleted>();
    EXPECT_EQ(receipt.leaf().approvers(), 2U);
    EXPECT_EQ(receipt.leaf().legal_basis(), "erasure.citizen_wish");
    EXPECT_EQ(receipt.link().staff_ids_size(), 2);
    EXPECT_NE(receipt.link().staff_ids(0), receipt.link().staff_ids(1));
    story.given(completion());
    story.when(completion()).then_refused(erasure_unknown);
}

}  // namespace
}  // namespace chopmark::control
