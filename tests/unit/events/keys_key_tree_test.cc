#include <gtest/gtest.h>

#include "events/keys/key_tree.h"

namespace chopmark::keys {
namespace {

crypto::Secret32 root() {
    ByteArray<32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i);
    }
    return crypto::Secret32(bytes);
}

std::string leaf(const Cover& cover, std::uint64_t index) {
    const auto key = cover.leaf(KeyIndex(index));
    return key ? to_hex(key->reveal()) : "erased";
}

// Computed with Python's hashlib: 34 times SHA-256(key ‖ bit) from the root 00 01 … 1f.
TEST(KeyTree, DerivesTheLeavesThatTheDesignDefines) {
    const Cover cover = Cover::whole(root());
    EXPECT_EQ(leaf(cover, 0), "a1b20b05cdf23483eef189319593529447c75035326f92df3abcd35c8ad59a4b");
    EXPECT_EQ(leaf(cover, 1), "cb19cce5d0df6ab24388eeafabe29f0392fb842f372cac0f17c3c3c782800211");
    // Slot 5, serial 7.
    EXPECT_EQ(leaf(cover, 83886087),
              "edb3c100e728bc6cabf4084b88ce362612c73d07e15be763c4c57c6bff337db1");
    EXPECT_EQ(leaf(cover, 17179869183),
              "bbcf9fc90626d2cdf1cf095b51f007865c3ae77dc8f18c0028bfebe0cb4b45e8");
}

TEST(Cover, LeavesOneSiblingALevelAfterOneErasure) {
    Cover cover = Cover::whole(root());
    EXPECT_EQ(cover.erase({KeyIndex(83886087)}), 1U);
    EXPECT_EQ(cover.size(), 34U);
    EXPECT_EQ(leaf(cover, 83886087), "erased");
    EXPECT_FALSE(cover.contains(KeyIndex(83886087)));
    EXPECT_EQ(leaf(cover, 0), "a1b20b05cdf23483eef189319593529447c75035326f92df3abcd35c8ad59a4b");
    EXPECT_EQ(leaf(cover, 83886086), leaf(Cover::whole(root()), 83886086));
}

TEST(Cover, ErasesOnce) {
    Cover cover = Cover::whole(root());
    EXPECT_EQ(cover.erase({KeyIndex(3), KeyIndex(3), KeyIndex(9)}), 2U);
    const std::size_t size = cover.size();
    EXPECT_EQ(cover.erase({KeyIndex(3)}), 0U);
    EXPECT_EQ(cover.size(), size);
    EXPECT_EQ(cover.erase({}), 0U);
}

TEST(Cover, OfTwoErasedSiblingsKeepsNothingBelowTheirParent) {
    Cover cover = Cover::whole(root());
    cover.erase({KeyIndex(2), KeyIndex(3)});
    EXPECT_EQ(cover.size(), 33U);
}

TEST(Cover, IsReadBackAsItWasWritten) {
    Cover cover = Cover::whole(root());
    cover.erase({KeyIndex(0), KeyIndex(83886087), KeyIndex(tree_leaves - 1)});
    Bytes stored;
    cover.append_to(stored);
    EXPECT_EQ(stored.size(), cover.encoded_size());
    stored += "behind";
    ByteView rest = stored;
    const auto read = Cover::take_from(rest);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(rest, "behind");
    EXPECT_EQ(read->size(), cover.size());
    EXPECT_EQ(leaf(*read, 1), leaf(cover, 1));
    EXPECT_EQ(leaf(*read, 83886087), "erased");
}

TEST(Cover, OfAWholeTreeIsStoredAsItsRoot) {
    Bytes stored;
    Cover::whole(root()).append_to(stored);
    EXPECT_EQ(to_hex(stored), "000000010000000001" + to_hex(root().reveal()));
}

TEST(Cover, RefusesBytesThatAreNone) {
    const Bytes key(32, 'k');
    const auto refused = [](const Bytes& stored) {
        ByteView rest = stored;
        const auto read = Cover::take_from(rest);
        return !read && read.error() == bad_cover;
    };
    const Bytes one("\0\0\0\1", 4);
    const Bytes two("\0\0\0\2", 4);
    const Bytes root_number("\0\0\0\0\1", 5);
    const Bytes left_number("\0\0\0\0\2", 5);
    EXPECT_TRUE(refused(""));
    EXPECT_TRUE(refused(one + root_number));
    EXPECT_TRUE(refused(one + Bytes(5, '\0') + key));
    EXPECT_TRUE(refused(one + Bytes("\x08\0\0\0\0", 5) + key));  // depth 35
    EXPECT_TRUE(refused(two + root_number + key + left_number + key));
    EXPECT_TRUE(refused(two + left_number + key + left_number + key));
    EXPECT_FALSE(refused(one + left_number + key));
}

}  // namespace
}  // namespace chopmark::keys
