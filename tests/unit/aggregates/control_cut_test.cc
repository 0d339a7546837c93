#include "tests/support/control_story.h"

namespace chopmark::control {
namespace {

using test::ControlStory;

const Digest root{{0x55}};

PlatformCommand cut(std::vector<std::pair<std::uint16_t, std::uint64_t>> sizes) {
    RecordCut command;
    for (const auto& [partition, size] : sizes) {
        command.partitions.push_back({PartitionId(partition), size, root});
    }
    return command;
}

TEST(ControlCut, IsThePlatformsAlone) {
    ControlStory story;
    for (const PlatformCommand& command :
         {cut({{1, 1}}), PlatformCommand(CountRefusals()), PlatformCommand(ExpirePeriod()),
          PlatformCommand(OpenKeyEpoch{1, 0, {}})}) {
        story.by(schema::STAFF_ROLE_ADMINISTRATOR).when(command).then_refused(platform_only);
    }
}

TEST(ControlCut, NamesWhatGrewAndNothingElse) {
    ControlStory story;
    story.by_node().given(cut({{0, 5}, {1, 10}, {2, 20}}));
    const auto event = story.when(cut({{0, 6}, {1, 10}, {2, 21}})).then<schema::CutRecorded>();
    EXPECT_EQ(event.leaf().number(), 2U);
    ASSERT_EQ(event.leaf().partitions_size(), 2);
    EXPECT_EQ(event.leaf().partitions(1).partition(), 2U);
    EXPECT_EQ(event.leaf().partitions(1).root(), root.bytes());
}

TEST(ControlCut, IsRefusedWhenNothingGrewButControlByTheLastCut) {
    ControlStory story;
    story.by_node().given(cut({{0, 5}, {1, 10}}));
    story.when(cut({})).then_refused(cut_no_growth);
    story.when(cut({{0, 5}, {1, 10}})).then_refused(cut_no_growth);
    story.when(cut({{0, 6}, {1, 10}})).then_refused(cut_no_growth);
    story.when(cut({{0, 7}, {1, 10}})).then<schema::CutRecorded>();
    story.when(cut({{1, 9}})).then_refused(cut_shrinks);
}

TEST(ControlCut, CountsRefusalsAndTellsTheRemainder) {
    ControlStory story;
    CountRefusals command;
    command.total = 10;
    schema::KeyedToken network;
    network.set_current("keyed");
    command.counts = {{"rp.bad_signature", network, "", 6}, {"rp.unknown_client", {}, "", 3}};
    const auto event =
        story.by_node().when(PlatformCommand(command)).then<schema::RefusalsCounted>();
    EXPECT_EQ(event.leaf().remainder(), 1U);
    ASSERT_EQ(event.link().counts_size(), 2);
    EXPECT_EQ(event.link().counts(0).network().current(), "keyed");
    EXPECT_FALSE(event.leaf().SerializeAsString().find("keyed") != std::string::npos)
        << "a network stands in no leaf";
    command.total = 5;
    EXPECT_EQ(
        story.when(PlatformCommand(command)).then<schema::RefusalsCounted>().leaf().remainder(),
        0U);
}

TEST(ControlCut, ExpiresAPeriodOnce) {
    ControlStory story;
    const PlatformCommand expire = ExpirePeriod{schema::SIGN_IN, 7};
    story.by_node().given(expire);
    story.when(expire).then_refused(period_expired_already);
    story.when(PlatformCommand(ExpirePeriod{schema::ATTEMPT, 7})).then<schema::PeriodExpired>();
}

TEST(ControlCut, OpensKeyEpochsUpwards) {
    ControlStory story;
    story.by_node().when(PlatformCommand(OpenKeyEpoch{0, 0, {}})).then_refused(epoch_not_next);
    story.given(PlatformCommand(OpenKeyEpoch{2, 1, {NodeId{{1}}}}));
    story.when(PlatformCommand(OpenKeyEpoch{2, 1, {}})).then_refused(epoch_not_next);
    EXPECT_EQ(story.state().cuts.epoch, 2U);
}

TEST(ControlCut, TakesANodesWordAboutItsOwnEpochsInAnyOrder) {
    ControlStory story;
    const NodeId self = NodeId::from_bytes(Bytes(16, 'n')).value();
    story.by_node().given(PlatformCommand(OpenKeyEpoch{7, 0, {NodeId{{1}}}}));
    story.given(PlatformCommand(OpenKeyEpoch{2, 0, {self}}));
    story.given(PlatformCommand(OpenKeyEpoch{2, 1, {self}}));
    EXPECT_EQ(story.state().cuts.epoch, 7U);
    story.when(PlatformCommand(OpenKeyEpoch{2, 2, {self}})).then_refused(epoch_not_next);
    story.when(PlatformCommand(OpenKeyEpoch{2, 1, {NodeId{{1}}}})).then_refused(epoch_not_next);
}

}  // namespace
}  // namespace chopmark::control
