#include <gtest/gtest.h>

#include "events/tlog/cut.h"
#include "tests/support/merkle_oracle.h"

namespace chopmark::tlog {
namespace {

const PartitionId control{0};
const PartitionId first{1};
const PartitionId second{2};

TreeHead head(std::uint64_t size) { return {size, test::oracle_leaf(std::to_string(size))}; }

TEST(CutTracker, NamesWhatHasGrownSinceTheCutBefore) {
    CutTracker tracker;
    const auto cut = tracker.next({{second, head(7)}, {first, head(3)}, {control, head(1)}});
    ASSERT_TRUE(cut);
    EXPECT_EQ(*cut, (Cut{1, {{control, head(1)}, {first, head(3)}, {second, head(7)}}}));
    ASSERT_TRUE(tracker.add(*cut, Sequence(1)));
    EXPECT_EQ(tracker.number(), 1U);
    EXPECT_EQ(tracker.head(second), head(7));
    EXPECT_EQ(tracker.head(PartitionId(3)), (TreeHead{0, empty_root()}));
    const auto next = tracker.next({{control, head(2)}, {first, head(3)}, {second, head(8)}});
    EXPECT_EQ(next.value(), (Cut{2, {{control, head(2)}, {second, head(8)}}}));
}

TEST(CutTracker, MakesNoCutBecauseOfCutsAlone) {
    CutTracker tracker;
    EXPECT_FALSE(tracker.next({{control, head(0)}, {first, head(0)}}));
    // Control holds one other record, then this cut at 1 that counts it.
    ASSERT_TRUE(tracker.add({1, {{control, head(1)}, {first, head(3)}}}, Sequence(1)));
    EXPECT_FALSE(tracker.next({{control, head(2)}, {first, head(3)}})) << "only the cut itself";
    EXPECT_TRUE(tracker.next({{control, head(3)}, {first, head(3)}}));
    EXPECT_TRUE(tracker.next({{control, head(2)}, {first, head(4)}}));
    // A cut that does not name control leaves the earlier one uncounted.
    ASSERT_TRUE(tracker.add({2, {{first, head(4)}}}, Sequence(2)));
    EXPECT_FALSE(tracker.next({{control, head(3)}, {first, head(4)}})) << "two cuts, nothing else";
    EXPECT_TRUE(tracker.next({{control, head(4)}, {first, head(4)}}));
}

TEST(CutTracker, RefusesWhatNoHonestControlRecords) {
    CutTracker tracker;
    EXPECT_EQ(tracker.add({0, {}}, Sequence(0)).error(), bad_cut);
    EXPECT_EQ(tracker.add({2, {{first, head(1)}}}, Sequence(0)).error(), bad_cut);
    EXPECT_EQ(tracker.add({1, {{control, head(6)}}}, Sequence(5)).error(), bad_cut)
        << "control counted beyond the record itself";
    ASSERT_TRUE(tracker.add({1, {{control, head(5)}, {first, head(3)}}}, Sequence(5)));
    EXPECT_EQ(tracker.add({2, {{first, head(2)}}}, Sequence(6)).error(), bad_cut) << "shrunk";
    EXPECT_EQ(tracker.add({2, {{first, head(3)}}}, Sequence(6)).error(), bad_cut) << "not grown";
    EXPECT_EQ(tracker.add({3, {{first, head(4)}}}, Sequence(6)).error(), bad_cut) << "skipped one";
    EXPECT_EQ(tracker.head(first), head(3));
    EXPECT_TRUE(tracker.add({1, {{second, head(1)}}}, Sequence(6))) << "a cut in two records";
    EXPECT_TRUE(tracker.add({2, {{first, head(4)}}}, Sequence(7)));
}

}  // namespace
}  // namespace chopmark::tlog
