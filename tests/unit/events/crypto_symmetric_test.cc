#include <gtest/gtest.h>

#include <algorithm>

#include "events/crypto/aead.h"
#include "events/crypto/block.h"
#include "events/crypto/hkdf.h"
#include "events/crypto/system_entropy.h"

namespace chopmark::crypto {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
struct GcmCase16 {
    Secret32 key =
        Secret32::from(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    AeadNonce nonce = to_array<12>(hex("cafebabefacedbaddecaf888"));
    Bytes additional = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    Bytes plaintext =
        hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    Bytes sealed =
        hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
};

TEST(Aead, AgreesWithTestCase16OfGcm) {
    const GcmCase16 given;
    EXPECT_EQ(aead_seal(given.key, given.nonce, given.additional, given.plaintext), given.sealed);
    EXPECT_EQ(aead_open(given.key, given.nonce, given.additional, given.sealed), given.plaintext);
}

// The same paper, test case 13: all empty.
TEST(Aead, SealsNothingToATag) {
    EXPECT_EQ(to_hex(aead_seal(Secret32(), AeadNonce{}, "", "")),
              "530f8afbc74536b9a963b4f1c4cb738b");
    EXPECT_EQ(aead_open(Secret32(), AeadNonce{}, "", hex("530f8afbc74536b9a963b4f1c4cb738b")),
              Bytes());
}

TEST(Aead, OpensNothingThatWasChanged) {
    const GcmCase16 given;
    for (std::size_t i = 0; i < given.sealed.size(); ++i) {
        Bytes changed = given.sealed;
        changed[i] = static_cast<char>(changed[i] ^ 0x80);
        EXPECT_EQ(aead_open(given.key, given.nonce, given.additional, changed).error(),
                  not_authentic);
    }
    EXPECT_EQ(aead_open(given.key, given.nonce, "", given.sealed).error(), not_authentic);
    EXPECT_EQ(aead_open(Secret32(), given.nonce, given.additional, given.sealed).error(),
              not_authentic);
    EXPECT_EQ(aead_open(given.key, AeadNonce{}, given.additional, given.sealed).error(),
              not_authentic);
    EXPECT_EQ(
        aead_open(given.key, given.nonce, given.additional, given.sealed.substr(0, 15)).error(),
        not_authentic);
    // A failed opening leaves nothing behind in the pooled context.
    EXPECT_EQ(aead_open(given.key, given.nonce, given.additional, given.sealed), given.plaintext);
}

// FIPS 197, appendix C.3.
TEST(Block, AgreesWithFips197) {
    const Secret32 key =
        Secret32::from(hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    const Block plain = to_array<16>(hex("00112233445566778899aabbccddeeff"));
    const Block cipher = to_array<16>(hex("8ea2b7ca516745bfeafc49904b496089"));
    EXPECT_EQ(encrypt_block(key, plain), cipher);
    EXPECT_EQ(decrypt_block(key, cipher), plain);
    EXPECT_EQ(encrypt_block(key, plain), cipher);
}

Bytes hkdf(std::string_view key, std::string_view salt, std::string_view info, std::size_t length) {
    Bytes out(length, '\0');
    hkdf_sha256(hex(salt), {hex(key)}, {hex(info)},
                {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    return out;
}

// RFC 5869, appendix A.1 to A.3.
TEST(Hkdf, AgreesWithRfc5869) {
    EXPECT_EQ(to_hex(hkdf("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
                          "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", 42)),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
              "34007208d5b887185865");
    EXPECT_EQ(to_hex(hkdf("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                          "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                          "404142434445464748494a4b4c4d4e4f",
                          "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                          "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                          "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
                          "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                          "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
                          "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
                          82)),
              "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
              "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
              "cc30c58179ec3e87c14c01d5c1f3434f1d87");
    EXPECT_EQ(to_hex(hkdf("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", 42)),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
              "9d201395faa4b61a96c8");
}

TEST(Hkdf, TakesPartsAsIfConcatenated) {
    const auto whole = hkdf_sha256<64>("salt", {"abcd"}, {"xyz"});
    const auto parts = hkdf_sha256<64>("salt", {"ab", "", "cd"}, {"x", "yz"});
    EXPECT_EQ(whole.reveal(), parts.reveal());
}

TEST(Secrets, AreOverwrittenWhenWiped) {
    ByteArray<4> memory{1, 2, 3, 4};
    wipe(memory.data(), memory.size());
    EXPECT_EQ(memory, (ByteArray<4>{}));
    Bytes text(100, 's');
    const char* const where = text.data();
    wipe(text);
    EXPECT_TRUE(text.empty());
    EXPECT_TRUE(std::all_of(where, where + text.capacity(), [](char c) { return c == 0; }));
}

TEST(Secrets, LeaveNothingInAMovedFromValue) {
    SecretBytes first(Bytes("short"));
    const SecretBytes second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what the law is about
    EXPECT_EQ(second.reveal(), "short");
}

TEST(SystemEntropy, DoesNotRepeatItself) {
    SystemEntropy entropy;
    EXPECT_NE(entropy.draw<Digest>(), entropy.draw<Digest>());
}

}  // namespace
}  // namespace chopmark::crypto
