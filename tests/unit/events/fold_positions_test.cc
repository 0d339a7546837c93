#include <gtest/gtest.h>

#include "events/fold/position_token.h"
#include "events/fold/position_waits.h"
#include "events/fold/positions.h"

namespace chopmark::fold {
namespace {

Positions at(const std::vector<std::pair<std::uint16_t, std::uint64_t>>& next) {
    Positions out;
    for (const auto& [partition, sequence] : next) {
        out.set(PartitionId(partition), Sequence(sequence));
    }
    return out;
}

TEST(Positions, CoverEachOtherPartitionByPartition) {
    EXPECT_TRUE(at({{1, 5}, {3, 2}}).covers(at({{1, 5}})));
    EXPECT_TRUE(at({}).covers(at({{7, 0}})));
    EXPECT_FALSE(at({{1, 5}}).covers(at({{1, 5}, {3, 2}})));
    EXPECT_FALSE(at({{1, 5}, {3, 2}}).covers(at({{1, 6}})));
    EXPECT_EQ(at({{1, 5}, {3, 2}}).furthest(at({{1, 6}, {2, 9}, {3, 1}})),
              at({{1, 6}, {2, 9}, {3, 2}}));
    EXPECT_EQ(at({{3, 0}}), at({}));
}

TEST(Positions, SurviveTheirEncoding) {
    const Positions positions = at({{0, 1}, {16, 0x0102030405060708}});
    const Bytes bytes = positions.encode();
    EXPECT_EQ(bytes, from_hex("0002"
                              "00000000000000000001"
                              "00100102030405060708")
                         .value());
    EXPECT_EQ(Positions::decode(bytes).value(), positions);
    EXPECT_EQ(Positions::decode(Positions().encode()).value(), Positions());
}

TEST(Positions, RefuseEveryOtherSpelling) {
    for (const char* hex : {"", "00", "0001", "000100010000000000000000", "0000ff",
                            "0002"
                            "00010000000000000001"
                            "00010000000000000002",
                            "0002"
                            "00020000000000000001"
                            "00010000000000000002"}) {
        EXPECT_EQ(Positions::decode(from_hex(hex).value()).error(), bad_positions) << hex;
    }
}

class PositionTokensTest : public ::testing::Test {
  protected:
    PositionTokens tokens{Sensitive<Bytes>(Bytes(32, 'k'))};
};

TEST_F(PositionTokensTest, OpenWhatTheyIssued) {
    const Positions cut = at({{0, 7}, {1, 1}, {16, 9}});
    EXPECT_EQ(tokens.open(tokens.issue(cut)).value(), cut);
    EXPECT_EQ(tokens.open(tokens.issue(PartitionId(5), Sequence(12))).value(), at({{5, 12}}));
}

TEST_F(PositionTokensTest, AreMadeAsTheGrammarSays) {
    // openssl dgst -sha256 -mac HMAC -macopt hexkey:6b*32 over
    // "chopmark/position/1" 01 0001 0005 000000000000000c
    EXPECT_EQ(to_hex(from_base64(tokens.issue(PartitionId(5), Sequence(12))).value()),
              "0100010005000000000000000c"
              "b4b4e7e1fda8a30b6e5495fbea0338b3");
}

TEST_F(PositionTokensTest, RefuseEverythingElse) {
    const std::string good = tokens.issue(PartitionId(5), Sequence(12));
    const Bytes bytes = from_base64(good).value();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        Bytes turned = bytes;
        turned[i] = static_cast<char>(turned[i] ^ 1);
        EXPECT_EQ(tokens.open(to_base64(turned)).error(), bad_token) << i;
    }
    EXPECT_EQ(tokens.open("").error(), bad_token);
    EXPECT_EQ(tokens.open("AAAA").error(), bad_token);
    EXPECT_EQ(tokens.open("not base64!").error(), bad_token);
    EXPECT_EQ(tokens.open(good.substr(0, good.size() - 4)).error(), bad_token);
    EXPECT_EQ(tokens.open(std::string(1'000'000, 'A')).error(), bad_token);
    const PositionTokens others{Sensitive<Bytes>(Bytes(32, 'o'))};
    EXPECT_EQ(others.open(good).error(), bad_token);
}

class PositionWaitsTest : public ::testing::Test {
  protected:
    static Instant second(std::int64_t s) { return Instant::from_seconds(s); }
    Reached into(std::string name) {
        return [this, name = std::move(name)](const Result<void>& result) {
            heard.push_back(name + (result ? "" : " " + std::string(result.error().reason.name)));
        };
    }
    using Heard = std::vector<std::string>;
    PositionWaits waits{3};
    Heard heard;
};

TEST_F(PositionWaitsTest, EndWhenEveryPartitionIsReached) {
    waits.add(at({{1, 5}, {2, 3}}), second(10), into("both"));
    waits.add(at({{1, 4}}), second(10), into("one"));
    waits.arrive(at({{1, 4}}));
    EXPECT_EQ(heard, (Heard{"one"}));
    waits.arrive(at({{1, 9}}));
    waits.arrive(at({{1, 9}, {2, 3}}));
    EXPECT_EQ(heard, (Heard{"one", "both"}));
    EXPECT_EQ(waits.waiting(), 0U);
}

TEST_F(PositionWaitsTest, EndByTheirDeadlineAndAreHeardOnce) {
    waits.add(at({{1, 5}}), second(10), into("early"));
    waits.add(at({{1, 5}, {2, 1}}), second(20), into("late"));
    waits.expire(second(9));
    EXPECT_EQ(heard, Heard());
    waits.expire(second(10));
    EXPECT_EQ(heard, (Heard{"early fold.wait_expired"}));
    waits.arrive(at({{1, 5}}));
    waits.expire(second(20));
    waits.arrive(at({{1, 5}, {2, 1}}));
    EXPECT_EQ(heard, (Heard{"early fold.wait_expired", "late fold.wait_expired"}));
}

TEST_F(PositionWaitsTest, AreBounded) {
    for (const char* name : {"a", "b", "c", "d"}) {
        waits.add(at({{1, 5}}), second(10), into(name));
    }
    EXPECT_EQ(heard, (Heard{"d fold.too_many_waits"}));
    waits.arrive(at({{1, 5}}));
    EXPECT_EQ(heard.size(), 4U);
    waits.add(at({{1, 6}}), second(10), into("room again"));
    EXPECT_EQ(waits.waiting(), 1U);
}

TEST_F(PositionWaitsTest, EndWithAViewThatStopsUntilItRunsAgain) {
    waits.arrive(at({{1, 4}}));
    waits.add(at({{1, 5}}), second(10), into("a"));
    waits.fail(view_stopped);
    waits.add(at({{1, 1}}), second(10), into("b"));
    EXPECT_EQ(heard, (Heard{"a fold.view_stopped", "b fold.view_stopped"}));
    waits.restart();
    waits.add(at({{1, 5}}), second(10), into("c"));
    waits.arrive(at({{1, 5}}));
    EXPECT_EQ(heard.back(), "c");
}

TEST_F(PositionWaitsTest, TakeNoNoticeOfAnEarlierPosition) {
    waits.arrive(at({{1, 5}}));
    waits.arrive(at({{1, 4}}));
    waits.add(at({{1, 5}}), second(10), into("a"));
    EXPECT_EQ(heard, (Heard{"a"}));
}

}  // namespace
}  // namespace chopmark::fold
