#include "events/crypto/legacy_digest.h"

#include <gtest/gtest.h>

namespace chopmark::crypto {
namespace {

TEST(LegacyDigest, GivesThePublishedVectors) {
    // FIPS 180-4 example of SHA-512; RFC 1321 appendix A.5.
    EXPECT_EQ(to_hex(view(sha512({"abc"}))),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    EXPECT_EQ(to_hex(view(md5({"message digest"}))), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(LegacyDigest, TakesPartsAsIfConcatenated) {
    EXPECT_EQ(sha512({"a", "", "bc"}), sha512({"abc"}));
    EXPECT_EQ(md5({"message", " digest"}), md5({"message digest"}));
}

}  // namespace
}  // namespace chopmark::crypto
