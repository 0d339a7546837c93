// The accept rule (design 3): what counts, and for everything else the reason why not.
#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "events/journal/accept.h"
#include "events/journal/opening_records.h"
#include "events/journal/tails.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/test_node.h"

namespace chopmark::journal {
namespace {

using chopmark::test::behind;
using chopmark::test::draft;
using chopmark::test::founding_of;
using chopmark::test::placed;
using chopmark::test::TestNode;
using chopmark::test::TestNodeCa;
using chopmark::test::writer_named;

constexpr PartitionId partition{2};
const Founding founding = founding_of("genesis");

Bytes opening(PartitionId of = partition, const Founding& by = founding) {
    return partition_opened_record(by, of, Instant::from_micros(1), EventId()).value().leaf;
}

class AcceptRuleTest : public ::testing::Test {
  protected:
    Bytes term_leaf(const TestNode& node, std::uint64_t term, std::string_view writer) const {
        return term_opened_record(founding.hash, partition, Term(term), writer_named(writer), node,
                                  Instant::from_micros(2), EventId())
            .value()
            .leaf;
    }
    Bytes next_leaf(std::string_view text) const {
        return placed(draft(partition, text), behind(rule.head())).leaf;
    }
    /// A leaf that would be accepted, with its placement changed by `change`.
    template <class Change>
    Bytes changed_leaf(Change change) const {
        record::Placement placement = behind(rule.head());
        change(placement);
        return placed(draft(partition, "changed"), placement).leaf;
    }
    void accept(const Bytes& leaf) {
        const auto verdict = rule.offer(leaf);
        ASSERT_TRUE(verdict) << to_string(verdict.error());
        EXPECT_EQ(*verdict, record::leaf_hash(leaf));
    }
    /// Skipping MUST leave the head as it was.
    void expect_skipped(const Bytes& leaf, Skipped why) {
        const Head before = rule.head();
        const auto verdict = rule.offer(leaf);
        ASSERT_FALSE(verdict);
        EXPECT_EQ(to_string(verdict.error()), to_string(why));
        EXPECT_EQ(rule.head(), before);
    }
    void open_first_term() {
        accept(opening());
        accept(term_leaf(first, 1, "w1"));
    }

    const TestNodeCa ca{"ca"};
    const TestNode first = ca.issue("first", "first:1");
    const TestNode second = ca.issue("second", "second:2");
    AcceptRule rule{partition, founding.hash, ca};
};

TEST_F(AcceptRuleTest, TakesOpeningThenTermThenRecords) {
    accept(opening());
    EXPECT_EQ(rule.head().next, Sequence(1));
    EXPECT_EQ(rule.head().term, Term(0));

    accept(term_leaf(first, 1, "w1"));
    EXPECT_EQ(rule.head().next, Sequence(2));
    EXPECT_EQ(rule.head().term, Term(1));
    EXPECT_EQ(rule.head().writer, writer_named("w1"));
    EXPECT_EQ(rule.head().endpoint, "first:1");

    const Bytes leaf = next_leaf("a");
    accept(leaf);
    EXPECT_EQ(rule.head().next, Sequence(3));
    EXPECT_EQ(rule.head().previous, record::leaf_hash(leaf));
    EXPECT_EQ(rule.head().recorded_at, Instant::from_seconds(1'800'000'000));
}

TEST_F(AcceptRuleTest, TakesATypeNobodyKnows) {
    open_first_term();
    accept(
        placed(draft(partition, "new", record::TypeNumber(0xfffffff0)), behind(rule.head())).leaf);
}

TEST_F(AcceptRuleTest, NeverLooksAtBoxesOrBody) {
    open_first_term();
    Bytes leaf = next_leaf("a");
    leaf.replace(100, 64, Bytes(64, 'x'));  // both digests
    leaf.append("\xff\xff no Protobuf at all");
    accept(leaf);
}

TEST_F(AcceptRuleTest, ContinuesFromAHeadFoldedBefore) {
    open_first_term();
    accept(next_leaf("a"));
    AcceptRule again(partition, founding.hash, ca, rule.head());
    const Bytes leaf = next_leaf("b");
    EXPECT_EQ(again.offer(leaf), rule.offer(leaf));
    EXPECT_EQ(again.head(), rule.head());
}

// ---- record 0
// ------------------------------------------------------------------------------------

TEST_F(AcceptRuleTest, SkipsAnythingBeforeTheOpening) {
    expect_skipped(next_leaf("early"), Skipped::wrong_sequence);
    expect_skipped(term_leaf(first, 1, "w1"), Skipped::wrong_sequence);
}

TEST_F(AcceptRuleTest, SkipsAForeignGenesis) {
    expect_skipped(opening(partition, founding_of("another genesis")), Skipped::wrong_genesis);
}

TEST_F(AcceptRuleTest, HoldsControlsDocumentToTheGenesisHash) {
    rule = AcceptRule(control_partition, founding.hash, ca);
    Founding forged = founding;
    forged.document = "another document under the pinned hash";
    expect_skipped(opening(control_partition, forged), Skipped::wrong_genesis);
    accept(opening(control_partition));
}

TEST_F(AcceptRuleTest, SkipsADocumentOutsideControl) {
    record::Prelude prelude;
    prelude.type = partition_opened;
    prelude.partition = partition;
    expect_skipped(encode(prelude) + encode(PartitionOpenedTail{founding.hash, founding.document}),
                   Skipped::malformed);
}

TEST_F(AcceptRuleTest, SkipsAnOpeningThatClaimsAPlace) {
    const auto with = [](const record::Placement& placement) {
        Bytes leaf = opening();
        record::place(leaf, placement);
        return leaf;
    };
    expect_skipped(with({Sequence(1), Term(), WriterId(), Digest()}), Skipped::wrong_sequence);
    expect_skipped(with({Sequence(0), Term(1), WriterId(), Digest()}), Skipped::wrong_term);
    expect_skipped(with({Sequence(0), Term(), writer_named("w"), Digest()}), Skipped::wrong_term);
    expect_skipped(with({Sequence(0), Term(), WriterId(), crypto::sha256("p")}),
                   Skipped::wrong_previous);
}

TEST_F(AcceptRuleTest, SkipsASecondOpening) {
    accept(opening());
    expect_skipped(opening(), Skipped::wrong_sequence);
    accept(term_leaf(first, 1, "w1"));
    Bytes leaf = opening();
    record::place(leaf, behind(rule.head()));
    expect_skipped(leaf, Skipped::wrong_sequence);
}

TEST_F(AcceptRuleTest, NobodyWritesBeforeTheFirstTerm) {
    accept(opening());
    expect_skipped(next_leaf("term 0, writer zero, sequence and previous right"),
                   Skipped::wrong_term);
}

// ---- any other record
// ------------------------------------------------------------------------------

TEST_F(AcceptRuleTest, SkipsWhatIsNoRecord) {
    open_first_term();
    expect_skipped("", Skipped::malformed);
    expect_skipped("garbage", Skipped::malformed);
    expect_skipped(Bytes(4096, '\xff'), Skipped::malformed);
    expect_skipped(next_leaf("a").substr(0, record::prelude_bytes - 1), Skipped::malformed);
}

TEST_F(AcceptRuleTest, SkipsAnotherPartition) {
    open_first_term();
    expect_skipped(placed(draft(PartitionId(3), "x"), behind(rule.head())).leaf,
                   Skipped::wrong_partition);
}

TEST_F(AcceptRuleTest, SkipsAnotherTermOrWriter) {
    open_first_term();
    expect_skipped(changed_leaf([](auto& at) { at.term = Term(0); }), Skipped::wrong_term);
    expect_skipped(changed_leaf([](auto& at) { at.term = Term(2); }), Skipped::wrong_term);
    expect_skipped(changed_leaf([](auto& at) { at.writer = writer_named("other"); }),
                   Skipped::wrong_term);
}

TEST_F(AcceptRuleTest, SkipsAnotherSequenceOrPrevious) {
    open_first_term();
    expect_skipped(changed_leaf([](auto& at) { at.sequence = Sequence(1); }),
                   Skipped::wrong_sequence);
    expect_skipped(changed_leaf([](auto& at) { at.sequence = Sequence(3); }),
                   Skipped::wrong_sequence);
    expect_skipped(changed_leaf([](auto& at) { at.previous = Digest(); }), Skipped::wrong_previous);
}

TEST_F(AcceptRuleTest, SkipsTheSameRecordTwice) {
    open_first_term();
    const Bytes leaf = next_leaf("a");
    accept(leaf);
    expect_skipped(leaf, Skipped::wrong_sequence);
}

}  // namespace
}  // namespace chopmark::journal
