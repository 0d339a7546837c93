#include <gtest/gtest.h>

#include "events/crypto/ed25519.h"
#include "events/crypto/p256.h"
#include "events/crypto/system_entropy.h"

namespace chopmark::crypto {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

struct Ed25519Vector {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
};

// RFC 8032 section 7.1, tests 1 to 3.
constexpr Ed25519Vector ed25519_vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}};

TEST(Ed25519, AgreesWithRfc8032) {
    for (const auto& given : ed25519_vectors) {
        const Ed25519PrivateKey key(Secret32::from(hex(given.seed)));
        EXPECT_EQ(to_hex(view(key.public_key())), given.public_key);
        EXPECT_EQ(to_hex(key.sign(hex(given.message))), given.signature);
        EXPECT_TRUE(
            ed25519_verify(hex(given.public_key), hex(given.message), hex(given.signature)));
    }
}

TEST(Ed25519, RefusesEverythingElse) {
    const auto& given = ed25519_vectors[2];
    Bytes signature = hex(given.signature);
    EXPECT_FALSE(ed25519_verify(hex(given.public_key), "other", signature));
    EXPECT_FALSE(ed25519_verify(hex(ed25519_vectors[1].public_key), hex(given.message), signature));
    signature[0] = static_cast<char>(signature[0] ^ 1);
    EXPECT_FALSE(ed25519_verify(hex(given.public_key), hex(given.message), signature));
    EXPECT_FALSE(ed25519_verify(hex(given.public_key), hex(given.message), ""));
    EXPECT_FALSE(ed25519_verify("", hex(given.message), hex(given.signature)));
}

// RFC 6979, appendix A.2.5: key, and the signature of "sample" with SHA-256.
constexpr const char* scalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr const char* point =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr const char* raw_signature =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

P256Point given_point() { return P256Point::from_hex(point).value(); }

TEST(P256, DerivesThePointOfRfc6979) {
    const auto key = P256PrivateKey::from_scalar(Secret32::from(hex(scalar)));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->point(), given_point());
}

TEST(P256, VerifiesTheSignatureOfRfc6979InBothForms) {
    const P256Verifier verifier;
    const auto der = p256_raw_to_der(hex(raw_signature));
    ASSERT_TRUE(der.has_value());
    EXPECT_TRUE(verifier.verify_raw(given_point(), "sample", hex(raw_signature)));
    EXPECT_TRUE(verifier.verify_der(given_point(), "sample", *der));
    EXPECT_FALSE(verifier.verify_raw(given_point(), "test", hex(raw_signature)));
    EXPECT_FALSE(verifier.verify_der(given_point(), "sample", hex(raw_signature)));
    EXPECT_FALSE(verifier.verify_raw(given_point(), "sample", *der));
    EXPECT_EQ(p256_der_to_raw(*der), hex(raw_signature));
}

// openssl ecparam -name prime256v1 -genkey; openssl ec -pubout -outform DER;
// openssl dgst -sha256 -sign of the message "chopmark".
TEST(P256, VerifiesWhatOpensslSigned) {
    const auto spki = hex(
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004c59a51fbfb772ea239a897310d77daba38b5"
        "2834c9f92d8c6c8a49a205e1548ad1e76c8d512bd04415117c048aa710e4ff6d5bf18fa921cc919e378fd98421"
        "68");
    const auto signed_by_openssl = hex(
        "30440220018e6150d8fe1733ed991ac835a932bad60b41353205c86bd409896564ed6c0d022001a7817094af10"
        "5d23c82485fa0e7e12d8f1c3bbeb30f54d34ba596e38199a38");
    const auto read = p256_point_from_spki(spki);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(p256_spki(*read), spki);
    const P256Verifier verifier;
    EXPECT_TRUE(verifier.verify_der(*read, "chopmark", signed_by_openssl));
    EXPECT_FALSE(verifier.verify_der(*read, "chopmark", signed_by_openssl + "x"));
    EXPECT_EQ(p256_point_from_spki(spki + "x").error(), bad_key);
}

TEST(P256, VerifiesWhatItSigns) {
    SystemEntropy entropy;
    const P256Verifier verifier;
    const P256PrivateKey key = P256PrivateKey::generate(entropy);
    EXPECT_TRUE(verifier.verify_der(key.point(), "message", key.sign_der("message")));
    EXPECT_TRUE(verifier.verify_raw(key.point(), "message", key.sign_raw("message")));
    EXPECT_NE(P256PrivateKey::generate(entropy).point(), key.point());
}

TEST(P256, RefusesPointsOffTheCurveAndScalarsOutOfRange) {
    ByteArray<65> off = given_point().array();
    off[64] ^= 1;
    EXPECT_EQ(load_p256(P256Point(off)).error(), bad_key);
    ByteArray<65> hybrid = given_point().array();
    hybrid[0] = 0x07;  // a legal encoding of SEC 1, not one of ours
    EXPECT_EQ(load_p256(P256Point(hybrid)).error(), bad_key);
    EXPECT_FALSE(P256Verifier().verify_raw(P256Point(off), "sample", hex(raw_signature)));
    EXPECT_FALSE(P256PrivateKey::from_scalar(Secret32()).has_value());
    // The order of the group (FIPS 186-4, D.1.2.3).
    EXPECT_FALSE(
        P256PrivateKey::from_scalar(
            Secret32::from(hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")))
            .has_value());
}

TEST(P256, KeepsTheKeysUsedLast) {
    SystemEntropy entropy;
    const P256Verifier verifier(P256Options{.cached_keys = 2});
    std::vector<P256PrivateKey> keys;
    keys.reserve(3);
    for (int i = 0; i < 3; ++i) {
        keys.push_back(P256PrivateKey::generate(entropy));
    }
    const auto use = [&](std::size_t i) {
        EXPECT_TRUE(verifier.verify_der(keys[i].point(), "m", keys[i].sign_der("m")));
    };
    use(0);
    use(1);
    use(0);
    use(2);  // throws 1 out
    use(0);
    EXPECT_EQ(verifier.probe().hits, 2u);
    EXPECT_EQ(verifier.probe().misses, 3u);
    use(1);
    EXPECT_EQ(verifier.probe().misses, 4u);
}

}  // namespace
}  // namespace chopmark::crypto
