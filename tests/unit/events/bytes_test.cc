#include "events/core/bytes.h"

#include <gtest/gtest.h>

namespace chopmark {
namespace {

// RFC 4648 section 10.
TEST(Base64, AgreesWithRfc4648) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foo"), "Zm9v");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
}

TEST(Base64, RefusesSecondSpellings) {
    EXPECT_FALSE(from_base64("Zh=="));  // left-over bits
    EXPECT_FALSE(from_base64("Zg="));
    EXPECT_FALSE(from_base64("Zg"));
    EXPECT_FALSE(from_base64("Z==="));
    EXPECT_FALSE(from_base64("Zg==\n"));
    EXPECT_FALSE(from_base64("Zm 9"));
}

TEST(Base32, AgreesWithRfc4648WithoutPadding) {
    EXPECT_EQ(to_base32("f"), "MY");
    EXPECT_EQ(to_base32("foobar"), "MZXW6YTBOI");
    EXPECT_EQ(from_base32("MZXW6"), "foo");
    EXPECT_FALSE(from_base32("MZ8"));
    EXPECT_FALSE(from_base32("M"));
}

TEST(Hex, RoundTripsAndAcceptsBothCases) {
    EXPECT_EQ(to_hex(std::string("\x00\xff\x10", 3)), "00ff10");
    EXPECT_EQ(from_hex("00Ff10"), std::string("\x00\xff\x10", 3));
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
}

TEST(BigEndian, KeepsOrderOfNumbers) {
    Bytes out;
    append_big_endian<std::uint32_t>(out, 0x01020304);
    EXPECT_EQ(out, "\x01\x02\x03\x04");
    EXPECT_EQ(get_big_endian<std::uint32_t>(out), 0x01020304U);
}

}  // namespace
}  // namespace chopmark
