// What a node makes of the answers of others before it opens a term: peers that are silent, stop
// half way, lie about their end, or have another history.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "events/crypto/digest.h"
#include "events/journal/missing_tail.h"
#include "events/journal/opening_records.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/test_node.h"

namespace chopmark::journal {
namespace {

using chopmark::test::behind;
using chopmark::test::draft;
using chopmark::test::founding_of;
using chopmark::test::placed;
using chopmark::test::TestNodeCa;
using chopmark::test::writer_named;

constexpr PartitionId partition{1};
constexpr NodeId other{ByteArray<16>{1}};
constexpr NodeId third{ByteArray<16>{2}};
const Founding founding = founding_of("genesis");
const TestNodeCa ca("ca");

/// A partition as a mirror has it.
struct History {
    History() {
        add(partition_opened_record(founding, partition, Instant(), EventId()).value());
        open_term("first writer");
    }
    void add(const record::Record& record) {
        const auto verdict = rule.offer(record.leaf);
        ASSERT_TRUE(verdict) << to_string(verdict.error());
        stored.push_back(encode(record));
        heads.push_back(rule.head());
    }
    void open_term(std::string_view writer) {
        add(term_opened_record(founding.hash, partition, Term(rule.head().term.value() + 1),
                               writer_named(writer), ca.issue("owner"), Instant::from_micros(2),
                               EventId())
                .value());
    }
    void write(std::string_view name, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            add(placed(draft(partition, std::string(name) + std::to_string(i)),
                       behind(rule.head())));
        }
    }
    [[nodiscard]] AcceptRule rule_at(std::size_t records) const {
        return {partition, founding.hash, ca, heads.at(records - 1)};
    }

    AcceptRule rule{partition, founding.hash, ca};
    std::vector<Bytes> stored;
    std::vector<Head> heads;  // behind each record
};

/// Nodes that answer from their histories, in pages of three, or as the test says.
class Peers final : public PeerTails {
  public:
    void have(const NodeId& node, const History& history) { mirrors_[node] = &history; }

    std::vector<ToldTail> ends(PartitionId of, Sequence from, Patience) override {
        std::vector<ToldTail> out;
        for (const auto& [node, history] : mirrors_) {
            out.push_back({node, silent.contains(node)
                                     ? Result<TailPage>(Error(test_silence))
                                     : Result<TailPage>(page_of(*history, of, from, 0))});
        }
        return out;
    }
    Result<TailPage> page(const NodeId& node, PartitionId of, Sequence from) override {
        if (silent.contains(node) || answers == 0) {
            return Error(test_silence);
        }
        --answers;
        TailPage out = page_of(*mirrors_.at(node), of, from, 3);
        if (change) {
            change(out);
        }
        return out;
    }

    static constexpr Reason test_silence{"test.silence", Kind::unavailable};
    std::map<NodeId, bool> silent;
    std::size_t answers = 100;
    std::function<void(TailPage&)> change;

  private:
    static TailPage page_of(const History& history, PartitionId of, Sequence from,
                            std::size_t at_most) {
        EXPECT_EQ(of, partition);
        TailPage out;
        out.end = Sequence(history.stored.size());
        if (from > Sequence(0) && from <= out.end) {
            out.previous = history.heads[from.value() - 1].previous;
        }
        for (auto at = from.value(); at < out.end.value() && out.records.size() < at_most; ++at) {
            out.records.push_back(history.stored[at]);
        }
        return out;
    }
    std::map<NodeId, const History*> mirrors_;
};

/// This node has the first `ours` records of a history of which others have all.
struct MissingTailOf : testing::Test {
    MissingTailOf() {
        history.write("record ", 10);
        history.open_term("second writer");
        history.write("later ", 4);
        peers.have(other, history);
    }
    Result<std::vector<Bytes>> fetch() {
        MissingTail tail(peers, {other, Sequence(history.stored.size())}, history.rule_at(ours));
        std::vector<Bytes> out;
        while (!tail.complete()) {
            CHOPMARK_ASSIGN(const auto records, tail.next());
            for (const auto& record : records) {
                out.push_back(encode(record));
            }
        }
        return out;
    }
    void expect_fails(Reason reason, std::string_view what) {
        const auto fetched = fetch();
        ASSERT_FALSE(fetched);
        EXPECT_EQ(fetched.error(), reason) << fetched.error();
        EXPECT_NE(fetched.error().detail.find(what), std::string::npos) << fetched.error();
        EXPECT_NE(fetched.error().detail.find(other.hex()), std::string::npos) << fetched.error();
    }
    Result<TailSurvey> survey(const Head& head) {
        return survey_tails(peers, partition, head, Patience::usual);
    }
    Head our_head() const { return history.heads.at(ours - 1); }

    static constexpr std::size_t ours = 7;
    History history;
    Peers peers;
};

TEST_F(MissingTailOf, IsFoundAtWhoeverHasMost) {
    History shorter;
    shorter.write("record ", 10);
    peers.have(third, shorter);
    const auto told = survey(our_head());
    ASSERT_TRUE(told) << told.error();
    ASSERT_TRUE(told->longer);
    EXPECT_EQ(told->longer->node, other);
    EXPECT_EQ(told->longer->end, Sequence(17));
    EXPECT_TRUE(told->silent.empty());
}

TEST_F(MissingTailOf, IsNoneWhereNobodyHasMore) {
    const Head all = history.rule.head();
    const auto told = survey(all);
    ASSERT_TRUE(told) << told.error();
    EXPECT_FALSE(told->longer);
    history.write("only here ", 1);
    Peers behind;
    History copy;
    behind.have(other, copy);
    EXPECT_FALSE(survey_tails(behind, partition, history.rule.head(), Patience::usual)->longer);
}

TEST_F(MissingTailOf, IsNotWaitedForFromTheSilent) {
    peers.silent[other] = true;
    const auto told = survey(our_head());
    ASSERT_TRUE(told) << told.error();
    EXPECT_FALSE(told->longer);
    ASSERT_EQ(told->silent.size(), 1U);
    EXPECT_EQ(told->silent.front().node, other);
    EXPECT_EQ(told->silent.front().page.error(), Peers::test_silence);
}

TEST_F(MissingTailOf, ComesByteForByte) {
    const auto fetched = fetch();
    ASSERT_TRUE(fetched) << fetched.error();
    const std::vector<Bytes> lost(history.stored.begin() + ours, history.stored.end());
    EXPECT_EQ(*fetched, lost);
}

TEST_F(MissingTailOf, IsContradictedByAnotherHistory) {
    History another;
    another.write("other ", 10);
    peers.have(third, another);
    const auto told = survey(our_head());
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error(), tail_contradicted);
    EXPECT_NE(told.error().detail.find("partition 1, sequence 7, node " + third.hex()),
              std::string::npos)
        << told.error();
}

/// Nothing is lost to a topic that shows more than it: its node finds out by itself.
TEST_F(MissingTailOf, IsNotContradictedByAShorterHistory) {
    History another;
    another.write("other ", 3);
    peers.have(third, another);
    const auto told = survey(our_head());
    ASSERT_TRUE(told) << told.error();
    EXPECT_EQ(told->longer->node, other);
}

TEST_F(MissingTailOf, IsMissingWhenThePeerStopsHalfWay) {
    peers.answers = 2;
    expect_fails(tail_missing, "sequence 13");
    peers.answers = 100;
    EXPECT_TRUE(fetch());
}

TEST_F(MissingTailOf, IsMissingWhenThePeerHasLessThanItSaid) {
    peers.change = [](TailPage& page) { page.records.clear(); };
    expect_fails(tail_missing, "0 records");
}

TEST_F(MissingTailOf, IsMissingWhenMoreIsSentThanWasAskedFor) {
    peers.change = [](TailPage& page) {
        page.records.resize(tail_page_records + 1, page.records.front());
    };
    expect_fails(tail_missing, "257 records");
}

TEST_F(MissingTailOf, IsContradictedByARecordThatDoesNotFollow) {
    peers.change = [this](TailPage& page) { page.records.front() = history.stored.front(); };
    expect_fails(tail_contradicted, "not accepted: wrong_sequence");
}

TEST_F(MissingTailOf, IsContradictedByAnotherRecordBefore) {
    peers.change = [](TailPage& page) { page.previous = crypto::sha256("another"); };
    expect_fails(tail_contradicted, "another record before");
}

TEST_F(MissingTailOf, IsContradictedByABoxThatWasChanged) {
    peers.change = [](TailPage& page) { page.records[1].back() ^= 1; };
    expect_fails(tail_contradicted, "personal box");
}

TEST_F(MissingTailOf, IsContradictedByWhatIsNoRecord) {
    peers.change = [](TailPage& page) { page.records[2].pop_back(); };
    expect_fails(tail_contradicted, "record.bad_framing");
}

/// Whoever has no certificate of the CA opens no term, in a mirror as little as in the topic.
TEST_F(MissingTailOf, IsContradictedByATermOfAStranger) {
    const TestNodeCa strangers("strangers");
    const auto forged = term_opened_record(founding.hash, partition, Term(2), writer_named("x"),
                                           strangers.issue("x"), Instant(), EventId());
    peers.change = [&](TailPage& page) { page.records.front() = encode(forged.value()); };
    expect_fails(tail_contradicted, "not accepted: bad_term_proof");
}

}  // namespace
}  // namespace chopmark::journal
