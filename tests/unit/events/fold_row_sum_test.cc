#include <gtest/gtest.h>

#include "events/fold/row_codec.h"
#include "events/fold/row_sum.h"

namespace chopmark::fold {
namespace {

struct SampleRow {
    Bytes key;
    Bytes row;
};
const std::array sample{SampleRow{"a", "1"}, SampleRow{"b", ""},
                        SampleRow{Bytes("\0\xff", 2), "two"},
                        SampleRow{"account", Bytes(100, 'x')}};

Digest term(std::size_t at) { return RowSum::term_of(sample.at(at).key, sample.at(at).row); }

// Sums of Python's hashlib.sha256(key + row), as integers mod 2**256.
TEST(RowSum, IsTheSumOfHashesModulo2To256) {
    RowSum sum;
    EXPECT_EQ(sum.value(), Digest());
    sum.add(term(0));
    EXPECT_EQ(sum.value().hex(),
              "f55ff16f66f43360266b95db6f8fec01d76031054306ae4a4b380598f6cfd114");
    sum.add(term(1));
    EXPECT_EQ(sum.value().hex(),
              "3383d985672d8caa59f4e540d4719d36631dab05cbdada9516abf447cc6bd1b1");
    sum.add(term(2));
    EXPECT_EQ(sum.value().hex(),
              "b95d2250eda96bd3f12c4b0fdf65d5f86a7adb613e349253dbc5c2a3dea55cbc");
    sum.add(term(3));
    EXPECT_EQ(sum.value().hex(),
              "20dd0f9dc37c0160102c6a213ae612cec318e1ab508c87950d47a21f4dda4a45");
    EXPECT_EQ(sum.rows(), 4U);
    sum.remove(term(1));
    EXPECT_EQ(sum.value().hex(),
              "e2b92787c342a815dca31abbd604619a375b67aac7b85b4a41d3b370783e49a8");
    EXPECT_EQ(sum.rows(), 3U);
}

TEST(RowSum, KnowsNoOrder) {
    RowSum forward;
    RowSum backward;
    for (std::size_t at = 0; at < sample.size(); ++at) {
        forward.add(term(at));
        backward.add(term(sample.size() - 1 - at));
    }
    EXPECT_EQ(forward, backward);
    for (const std::size_t at : {2U, 0U, 3U, 1U}) {
        backward.remove(term(at));
    }
    EXPECT_EQ(backward, RowSum());
}

TEST(RowSum, IsARowItself) {
    RowSum sum;
    sum.add(term(0));
    sum.add(term(3));
    EXPECT_EQ(decode_row<RowSum>(encode_row(sum)).value(), sum);
}

}  // namespace
}  // namespace chopmark::fold
