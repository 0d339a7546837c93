// The accept rule over terms (design-notes A1): takeovers, duels, forgeries, late records of a
// writer that lost its term, withdrawn nodes.
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

constexpr PartitionId partition{1};
const Founding founding = founding_of("genesis");

class AcceptTerms : public ::testing::Test {
  protected:
    AcceptTerms() {
        accept(partition_opened_record(founding, partition, Instant(), EventId()).value().leaf);
    }

    struct TermSpec {
        PartitionId of = partition;
        Digest genesis = founding.hash;
        Instant at = Instant::from_micros(2);
    };
    static Bytes term_leaf(const TestNode& node, std::uint64_t term, std::string_view writer,
                           TermSpec spec) {
        return term_opened_record(spec.genesis, spec.of, Term(term), writer_named(writer), node,
                                  spec.at, EventId())
            .value()
            .leaf;
    }
    static Bytes term_leaf(const TestNode& node, std::uint64_t term, std::string_view writer) {
        return term_leaf(node, term, writer, TermSpec());
    }
    Bytes next_leaf(std::string_view text) const {
        return placed(draft(partition, text), behind(rule.head())).leaf;
    }
    void accept(const Bytes& leaf) {
        const auto verdict = rule.offer(leaf);
        ASSERT_TRUE(verdict) << to_string(verdict.error());
    }
    void expect_skipped(const Bytes& leaf, Skipped why) {
        const Head before = rule.head();
        const auto verdict = rule.offer(leaf);
        ASSERT_FALSE(verdict);
        EXPECT_EQ(to_string(verdict.error()), to_string(why));
        EXPECT_EQ(rule.head(), before);
    }
    void withdraw(const std::vector<NodeId>& nodes) {
        accept(placed(nodes_withdrawn_draft(partition, nodes, Instant(), EventId()),
                      behind(rule.head()))
                   .leaf);
    }

    const TestNodeCa ca{"ca"};
    const TestNode first = ca.issue("first", "first:1");
    const TestNode second = ca.issue("second", "second:2");
    AcceptRule rule{partition, founding.hash, ca};
};

TEST_F(AcceptTerms, TakeoverMovesWriterAndEndpoint) {
    accept(term_leaf(first, 1, "w1"));
    accept(next_leaf("a"));
    accept(term_leaf(second, 2, "w2"));
    EXPECT_EQ(rule.head().term, Term(2));
    EXPECT_EQ(rule.head().writer, writer_named("w2"));
    EXPECT_EQ(rule.head().endpoint, "second:2");
    EXPECT_EQ(rule.head().next, Sequence(4));
    accept(next_leaf("b"));
}

TEST_F(AcceptTerms, LateRecordOfTheOldWriterNeverCounts) {
    accept(term_leaf(first, 1, "w1"));
    const record::Placement old_place = behind(rule.head());
    accept(term_leaf(second, 2, "w2"));
    // As it lay in a socket, and as a cunning old writer would place it now.
    expect_skipped(placed(draft(partition, "late"), old_place).leaf, Skipped::wrong_term);
    record::Placement cunning = behind(rule.head());
    cunning.term = Term(1);
    cunning.writer = writer_named("w1");
    expect_skipped(placed(draft(partition, "late"), cunning).leaf, Skipped::wrong_term);
    cunning.term = Term(2);
    expect_skipped(placed(draft(partition, "late"), cunning).leaf, Skipped::wrong_term);
}

TEST_F(AcceptTerms, OldWriterThatMovesTheHeadCannotKeepANewcomerOut) {
    accept(term_leaf(first, 1, "w1"));
    const Bytes takeover = term_leaf(second, 2, "w2");  // made before the head moved
    for (int i = 0; i < 10; ++i) {
        accept(next_leaf("lively " + std::to_string(i)));
    }
    accept(takeover);
}

// ops/decisions/0006: who opens a term cannot know how late the old writer's last batch is dated.
TEST_F(AcceptTerms, TermDatedBeforeWhatItFollowsStandsAndTheHeadsTimeDoesNotFall) {
    TermSpec later;
    later.at = Instant::from_micros(50);
    accept(term_leaf(first, 1, "w1", later));
    accept(term_leaf(second, 2, "w2"));
    EXPECT_EQ(rule.head().term, Term(2));
    EXPECT_EQ(rule.head().recorded_at, later.at);
}

TEST_F(AcceptTerms, DuelForOneTermHasOneWinner) {
    accept(term_leaf(first, 1, "w1"));
    const Bytes of_second = term_leaf(second, 2, "w2");
    const Bytes of_first = term_leaf(first, 2, "w1 again");
    accept(of_second);
    expect_skipped(of_first, Skipped::stale_term);
    // What the loser wrote before it read its defeat carries the same term, but not the writer.
    record::Placement losers = behind(rule.head());
    losers.writer = writer_named("w1 again");
    expect_skipped(placed(draft(partition, "loser"), losers).leaf, Skipped::wrong_term);
    accept(next_leaf("winner"));
}

TEST_F(AcceptTerms, TermsAreTakenOneByOne) {
    accept(term_leaf(first, 1, "w1"));
    expect_skipped(term_leaf(first, 1, "w1"), Skipped::stale_term);
    expect_skipped(term_leaf(first, 3, "w3"), Skipped::stale_term);
    expect_skipped(term_leaf(first, 0, "w0"), Skipped::stale_term);
    accept(term_leaf(first, 2, "w2"));
    expect_skipped(term_leaf(first, 1, "w1"), Skipped::stale_term);
}

TEST_F(AcceptTerms, LargestTermBricksNothing) {
    accept(term_leaf(first, 1, "w1"));
    expect_skipped(term_leaf(second, ~0ULL, "brick"), Skipped::stale_term);
    record::Placement forged = behind(rule.head());
    forged.term = Term(~0ULL);
    expect_skipped(placed(draft(partition, "brick"), forged).leaf, Skipped::wrong_term);
    accept(next_leaf("still alive"));
}

TEST_F(AcceptTerms, AfterTheLastTermThereIsNone) {
    Head last = rule.head();
    last.term = Term(~0ULL);
    last.writer = writer_named("last");
    rule = AcceptRule(partition, founding.hash, ca, last);
    expect_skipped(term_leaf(first, 0, "wrapped"), Skipped::stale_term);
    accept(next_leaf("the last writer writes on"));
}

TEST_F(AcceptTerms, NodeOfAnotherCaIsRefused) {
    const TestNodeCa other("another ca");
    expect_skipped(term_leaf(other.issue("first"), 1, "w1"), Skipped::bad_term_proof);
}

TEST_F(AcceptTerms, SignatureCoversEverythingThatATermSets) {
    const Bytes good = term_leaf(first, 1, "w1");
    expect_skipped(term_leaf(first, 1, "w1", {.of = partition, .genesis = crypto::sha256("other")}),
                   Skipped::bad_term_proof);
    // Signed for another partition and then relabelled.
    Bytes relabelled = term_leaf(first, 1, "w1", {.of = PartitionId(3)});
    relabelled.replace(10, 2, good.substr(10, 2));
    expect_skipped(relabelled, Skipped::bad_term_proof);

    Bytes other_writer = good;
    record::place(other_writer, {Sequence(0), Term(1), writer_named("thief"), Digest()});
    expect_skipped(other_writer, Skipped::bad_term_proof);

    Bytes other_endpoint = good;
    other_endpoint[record::prelude_bytes + 2] = 'F';  // first byte of "first:1"
    expect_skipped(other_endpoint, Skipped::bad_term_proof);

    Bytes other_signature = good;
    other_signature.back() = static_cast<char>(other_signature.back() ^ 1);
    expect_skipped(other_signature, Skipped::bad_term_proof);
    accept(good);

    // A proof of term 1 does not open term 2.
    Bytes replayed = good;
    record::place(replayed, {Sequence(0), Term(2), writer_named("w1"), Digest()});
    expect_skipped(replayed, Skipped::bad_term_proof);
}

TEST_F(AcceptTerms, TermThatClaimsAPlaceIsRefused) {
    Bytes leaf = term_leaf(first, 1, "w1");
    record::place(leaf, {Sequence(1), Term(1), writer_named("w1"), Digest()});
    expect_skipped(leaf, Skipped::wrong_sequence);
    record::place(leaf, {Sequence(0), Term(1), writer_named("w1"), crypto::sha256("x")});
    expect_skipped(leaf, Skipped::wrong_previous);
}

TEST_F(AcceptTerms, TermWithABrokenTailIsMalformed) {
    const Bytes good = term_leaf(first, 1, "w1");
    expect_skipped(good.substr(0, good.size() - 1), Skipped::malformed);
    expect_skipped(good + "x", Skipped::malformed);
    expect_skipped(good.substr(0, record::prelude_bytes), Skipped::malformed);
}

TEST_F(AcceptTerms, WithdrawnNodeOpensNoTermHere) {
    accept(term_leaf(first, 1, "w1"));
    withdraw({second.node()});
    EXPECT_EQ(rule.head().withdrawn, std::set<NodeId>{second.node()});
    expect_skipped(term_leaf(second, 2, "w2"), Skipped::bad_term_proof);
    accept(term_leaf(first, 2, "w3"));
    expect_skipped(term_leaf(second, 3, "w4"), Skipped::bad_term_proof);
}

TEST_F(AcceptTerms, WithdrawalsAddUp) {
    const TestNode third = ca.issue("third");
    accept(term_leaf(first, 1, "w1"));
    withdraw({second.node()});
    withdraw({third.node(), second.node()});
    EXPECT_EQ(rule.head().withdrawn, (std::set<NodeId>{second.node(), third.node()}));
    expect_skipped(term_leaf(third, 2, "w2"), Skipped::bad_term_proof);
}

TEST_F(AcceptTerms, WithdrawingTheOwnerLetsItsTermEndInPeace) {
    accept(term_leaf(first, 1, "w1"));
    withdraw({first.node()});
    accept(next_leaf("same term"));
    expect_skipped(term_leaf(first, 2, "w2"), Skipped::bad_term_proof);
    accept(term_leaf(second, 2, "w3"));
}

TEST_F(AcceptTerms, WithdrawalStandsUnderTheRuleOfAnyRecord) {
    accept(term_leaf(first, 1, "w1"));
    const auto draft_of = [&] {
        return nodes_withdrawn_draft(partition, {first.node()}, Instant(), EventId());
    };
    record::Placement foreign = behind(rule.head());
    foreign.writer = writer_named("stranger");
    expect_skipped(placed(draft_of(), foreign).leaf, Skipped::wrong_term);
    Bytes broken = placed(draft_of(), behind(rule.head())).leaf;
    broken.pop_back();
    expect_skipped(broken, Skipped::malformed);
    EXPECT_TRUE(rule.head().withdrawn.empty());
}

TEST(Skipped, EveryReasonHasAName) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Skipped::boxes_mismatch); ++i) {
        names.insert(to_string(static_cast<Skipped>(i)));
    }
    EXPECT_EQ(names.size(), 9U);
    EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace chopmark::journal
