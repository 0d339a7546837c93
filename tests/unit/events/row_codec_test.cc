#include "events/fold/row_codec.h"

#include <gtest/gtest.h>

namespace chopmark::fold {
namespace {

enum class Colour : std::uint8_t { red = 1, blue = 2 };

struct Inner {
    std::uint16_t number = 0;
    std::string name;
    static void fields(auto& archive, Inner& row) { archive(row.number, row.name); }
    friend bool operator==(const Inner&, const Inner&) = default;
};

struct Outer {
    AccountId account;
    Instant at;
    bool on = false;
    Colour colour = Colour::red;
    std::optional<Inner> maybe;
    std::vector<Inner> list;
    std::map<std::string, Sequence> map;
    std::set<EventId> set;
    static void fields(auto& archive, Outer& row) {
        archive(row.account, row.at, row.on, row.colour, row.maybe, row.list, row.map, row.set);
    }
    friend bool operator==(const Outer&, const Outer&) = default;
};

Outer sample() {
    Outer row;
    row.account = *AccountId::from_hex("000102030405060708090a0b0c0d0e0f");
    row.at = Instant::from_micros(258);
    row.on = true;
    row.colour = Colour::blue;
    row.maybe = Inner{1, "a"};
    row.list = {{2, ""}, {3, "bc"}};
    row.map = {{"k", Sequence(9)}};
    row.set = {EventId()};
    return row;
}

// Written out by hand from the grammar in the header.
TEST(RowCodec, WritesTheGrammar) {
    EXPECT_EQ(to_hex(encode_row(sample())),
              "000102030405060708090a0b0c0d0e0f"
              "0000000000000102"
              "01"
              "02"
              "01"
              "0001"
              "00000001"
              "61"
              "00000002"
              "0002"
              "00000000"
              "0003"
              "00000002"
              "6263"
              "00000001"
              "00000001"
              "6b"
              "0000000000000009"
              "00000001"
              "00000000000000000000000000000000");
}

TEST(RowCodec, ReadsWhatItWrote) {
    const auto row = decode_row<Outer>(encode_row(sample()));
    ASSERT_TRUE(row);
    EXPECT_EQ(*row, sample());
}

TEST(RowCodec, RefusesEveryTruncationAndSurplus) {
    const Bytes good = encode_row(sample());
    for (std::size_t length = 0; length < good.size(); ++length) {
        EXPECT_FALSE(decode_row<Outer>(ByteView(good).substr(0, length))) << length;
    }
    EXPECT_FALSE(decode_row<Outer>(good + '\0'));
}

TEST(RowCodec, RefusesACountThatTheInputCannotHold) {
    EXPECT_FALSE(
        decode_row<std::string>(std::string("\xff\xff\xff\xff"
                                            "ab")));
}

}  // namespace
}  // namespace chopmark::fold
