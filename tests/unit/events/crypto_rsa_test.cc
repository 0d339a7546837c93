#include <gtest/gtest.h>

#include "events/crypto/rsa.h"

namespace chopmark::crypto {
namespace {

// A test key and what openssl 3.0.22 makes of the message "chopmark" with it:
//   openssl dgst -sha256 -sign KEY; openssl pkeyutl -sign (of the digest, no DigestInfo);
//   openssl pkeyutl -encrypt (of the digest). Padding pkcs1 throughout.
constexpr const char* private_key =
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC4i8SDo2GnlW3E1IxBnC0XlamVUnkSGE3rpO/r"
    "HxqoSoVUWsJZ5l4+jCfjvgoXhMvm18wvWpgqg/7v4cloKdwYlF/8DVV1qjWcUohYp0cb+QQGi8I7dtGTYyvwJp3T"
    "9RWF2JSX4/rQCkRkAZAMvO3sJKlhFmuFxe4jpy+rfZyxIhw/j9Kj5b4CCGNcFAH43NDv+66gjLLTn8F7/U+NTt72"
    "H+DIfhRamrLbJky1CL2NCwYlrt8vK9Wb3k1hY0HiPPVHnCIS/PiGqxGiuqU0pg12lDqxBUTh4ynjvY/ALVcRYKe4"
    "rhT4u+T7lBRFQIi3HddMqE+hX4fVXS9DxmwhHan1AgMBAAECggEABgomTXaYjhRWX4A4nOHAb1//CPuGKdZGH+Wp"
    "0m9AqexSbmnP/YLhZ7j3iee2IIHrQxah6z99m7qZKn71s/qBZlkzcPt7ZgVC3ucBPlbZ0sEKEDAdFGF1nMC8oeM+"
    "/BOud3nDQdtSDI1MIrJoZU+o67cMHLjP87SqxVubNEjBSuINeXo4NmbaehZrtaEK/2l9HSOXVPHTOU6UQsmHNBme"
    "9d7Dh+WRsaLFeqI2eWg+TkYcNmfRyRkr0YW/2Nr2wujZMCoINRRXpZYmasUV39rBPV116DWF3cJjA3OxHH3B/t8G"
    "XsRh0XylAX0JaOX7gZz4WFShEXJflTxvAY4fINguSwKBgQDo4moiy4A7VK6aW9WYLaqLth5PvB23y21cHnyyiWrV"
    "ZyJvWhY5OA84faTkkfTYNIUOv2c/qRV6iX68HK2lAPV1XnFM53L5tCoOyIjRx4SA3lWwiz0xSPHi+f++YpZCz8A5"
    "jzgdFIG3mAOToQefp/+aF32jJbww3HytZx/HYyuKNwKBgQDK3RMGUxZU82KuelrxufNyKx6fVzIwJlugJPjyHvxb"
    "5VFXuwVL4e/xUMBQkdWlWUT1XlvPtsANDJOQFQyM13WFFNhuq1MBMrCYHgdWbWTlFVN0SPru8PASHfSTN/f6db5H"
    "yzLcHfDLM8bmx1iNH4hP81g4a2SDzCLcS7eHzVNnMwKBgArKuzpjjcyyDulOSiakLxwMU3lEcWgcADRdoU+wuIet"
    "INZiKVd7dpEamXKSJPOD84qMah90GW+1QW88MPvNgJJwzvVOYHCb3bsTpet6wHQsWXI18Z8AD12CUkyjSu1LrU+9"
    "iE8orR4x6DCGLNFEOr8MSaEu1Xq6LPjoJ3vY56KfAoGARCRqhY9XSwXOOgmDjvsFWW4+hQuHIkFgObTxonLiFgQ7"
    "hJqfttOYA5k6YFX8S+Rmk300ndsnO7rjvlwzsQOWyDMuWE5YPWjHhPFhSZjJcWHufHsfPy/TlGJXizQbqhfu6LLK"
    "zMGJ5tfnkhGYHx9ebGyzT5BTXSou84zDg2xm/Z0CgYEAlubPhnmWpUo9FimrZH1krOAbIKuI2yxhyQJRHHFmwmXN"
    "L92EWWapHMtISD9zGBF4W7gTzqB50fz10dwywucmX6M+OIHY9PqrXyMfNTJKOJ5NVvmWKhWZVQboBnOlB/XWkn2e"
    "d1SxefZp68iWG4k7jqgEuJbN6Wvb/zkngVX+Svw=";
constexpr const char* public_key =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuIvEg6Nhp5VtxNSMQZwtF5WplVJ5EhhN66Tv6x8aqEqF"
    "VFrCWeZePown474KF4TL5tfML1qYKoP+7+HJaCncGJRf/A1Vdao1nFKIWKdHG/kEBovCO3bRk2Mr8Cad0/UVhdiU"
    "l+P60ApEZAGQDLzt7CSpYRZrhcXuI6cvq32csSIcP4/So+W+AghjXBQB+NzQ7/uuoIyy05/Be/1PjU7e9h/gyH4U"
    "Wpqy2yZMtQi9jQsGJa7fLyvVm95NYWNB4jz1R5wiEvz4hqsRorqlNKYNdpQ6sQVE4eMp472PwC1XEWCnuK4U+Lvk"
    "+5QURUCItx3XTKhPoV+H1V0vQ8ZsIR2p9QIDAQAB";
constexpr const char* signature_of_message =
    "SvwExUvlbJ+e6IUoADxS+bl7jh2rSCAAWbfHutNb83Qw+pBSjroybU6g3RHPKbSOz83ibJMCWYcvmzz+PFI55ISG"
    "Cis5W6aMKQ9Q9RRwJrGM8vVT+jcUtGDOpRGyMRzZppEZsuqFJHZVH1ZYF+OpF6HDp13hXW5nBxe6ZRNG2uqwgpRS"
    "N/8LS5hRubMLT7ApKrWR2DFzVx+bvx+gzhKp5bJkieVhkW2yPW5cWd+iiLke8MgQjGCJ0hNuGfiQJD1kkCPp1w+P"
    "0cR4nT8T7NDXGn4+5TApCJRDZuVLqdRLmPIrNcsC9pmyPAYgHsrkAdz8AVizUBSB332un5neHaUKhA==";
constexpr const char* signature_of_bare_digest =
    "VElBupwX9IQSmB6RmtfXdgk4zXIDancyYQsISck1/xcu5f8RSlaxiVmVoJ4DWlAVGkA5z/aCBDDMyNDLrvNXZhc+"
    "YnoedZ2lWcD2O9v170qWqFewrXGRW/OYNO6mVKK1fiSadhJ+HGY0WG1VeRRMhC9OwojvnKCvV8qBzbFQE5htbahE"
    "XRlaWQhb0VU1I1CoHnexRnEduxSFWoMPHj8tilcXeo03BMSGv0QnIodBI++9LnwsWvk+WNlY1aU8UwBMbmTG4FQV"
    "UQePY5rYCoDku6QTpLtZy44UiWX6YI4tEpLY4SHPudNhQxSBCSZdioITroZaZT6OyEoYdJboZ1A5mQ==";
constexpr const char* wrapped_digest =
    "h9dck9bwBFM12jgNRU+coHRXtnZlco1TKYXVBNTCdZZdhp0qDG+OCjYqq49tJLgicnqwjK774EF/f6NO410cPSxy"
    "fB4Ry1viHjQCu7n+UZw3x7rw9XDMSZudGz86veoXjhrbr8fxv2wYajNGQD7JL5yeBBpNBbFsV7OL7S4K2zC8Hwvs"
    "RPq6zSQE003XWCS9CM2zPdqJG1kWJhM5bKGTmtVvIS1a2DHv80j0gakuMqvvZ57L5k3Tv6rSIfB9on78jxgaeP5J"
    "PQL6aXzC8PnCvxC2yjQCtggVZFZpNn6mJOjC7F0kVVLp0SSU9Wfp99/aJ7icZqk9FqefVm8xmPwjUw==";

Bytes decoded(const char* text) { return from_base64(text).value(); }

RsaPrivateKey test_key() {
    auto key = RsaPrivateKey::from_pkcs8(SecretBytes(decoded(private_key)));
    EXPECT_TRUE(key.has_value());
    return *std::move(key);
}

TEST(Rsa, ReadsAndWritesKeysAsOpensslDoes) {
    EXPECT_EQ(test_key().pkcs8().reveal(), decoded(private_key));
    EXPECT_EQ(test_key().public_key().spki(), decoded(public_key));
}

TEST(Rsa, SignsAsOpensslDoes) {
    const RsaPrivateKey key = test_key();
    EXPECT_EQ(key.sign_sha256("chopmark"), decoded(signature_of_message));
    EXPECT_EQ(key.sign_sha256_digest(sha256("chopmark")), decoded(signature_of_message));
    EXPECT_EQ(key.sign_unhashed(sha256("chopmark").bytes()).value(),
              decoded(signature_of_bare_digest));
}

TEST(Rsa, VerifiesOnlyItsOwnSignatures) {
    const RsaPublicKey key = RsaPublicKey::from_spki(decoded(public_key)).value();
    EXPECT_TRUE(key.verify_sha256("chopmark", decoded(signature_of_message)));
    EXPECT_FALSE(key.verify_sha256("chopmarks", decoded(signature_of_message)));
    EXPECT_FALSE(key.verify_sha256("chopmark", decoded(signature_of_bare_digest)));
    EXPECT_FALSE(key.verify_sha256("chopmark", ""));
    EXPECT_TRUE(key.verify_unhashed(sha256("chopmark").bytes(), decoded(signature_of_bare_digest)));
    EXPECT_FALSE(key.verify_unhashed(sha256("other").bytes(), decoded(signature_of_bare_digest)));
}

TEST(Rsa, UnwrapsWhatOpensslWrapped) {
    const RsaPrivateKey key = test_key();
    EXPECT_EQ(key.decrypt(decoded(wrapped_digest)).value().reveal(), sha256("chopmark").bytes());
    Bytes changed = decoded(wrapped_digest);
    changed[0] = static_cast<char>(changed[0] ^ 1);
    const auto refused = key.decrypt(changed);
    EXPECT_TRUE(!refused || refused->reveal() != sha256("chopmark").bytes());
}

TEST(Rsa, WrapsForTheHolderOfTheKey) {
    const RsaPublicKey key = RsaPublicKey::from_spki(decoded(public_key)).value();
    const Bytes wrapped = key.encrypt("content key").value();
    EXPECT_EQ(wrapped.size(), 256u);
    EXPECT_NE(wrapped, key.encrypt("content key").value());
    EXPECT_EQ(test_key().decrypt(wrapped).value().reveal(), "content key");
    EXPECT_EQ(key.encrypt(Bytes(246, 'x')).error(), rsa_failed);  // 256 - 11 is the most
}

TEST(Rsa, GeneratesKeysOf2048Bits) {
    const RsaPrivateKey key = RsaPrivateKey::generate();
    EXPECT_EQ(key.sign_sha256("m").size(), 256u);
    EXPECT_TRUE(key.public_key().verify_sha256("m", key.sign_sha256("m")));
}

TEST(Rsa, RefusesOtherKeysThanRsaOfTwoToFourThousandBits) {
    // openssl genrsa 1024 | openssl rsa -pubout -outform DER
    const Bytes weak = decoded(
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDD+ZcuShpXVQcIee/1Fgg5EDubldcumCA3aSvEyrJlJBNnj2bK"
        "my7PZ7E5xX1Nyn1SpF2iXiydF3ssHytcbzcsd7sQQOzSbtB2GLNHu/f2Qr38XbOaNFqXus4h4SxcU3agC9Eji9Pn"
        "nYXbEmWsOATJJ4/BLXibQyZI4PhAjBOH7QIDAQAB");
    EXPECT_EQ(RsaPublicKey::from_spki(weak).error(), bad_key);
    EXPECT_EQ(RsaPublicKey::from_spki(decoded(public_key) + "x").error(), bad_key);
    EXPECT_EQ(RsaPublicKey::from_spki("").error(), bad_key);
    const auto point = from_hex(
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004c59a51fbfb772ea239a897310d77daba38b5"
        "2834c9f92d8c6c8a49a205e1548ad1e76c8d512bd04415117c048aa710e4ff6d5bf18fa921cc919e378fd98421"
        "68");
    EXPECT_EQ(RsaPublicKey::from_spki(point.value()).error(), bad_key);
    EXPECT_EQ(RsaPrivateKey::from_pkcs8(SecretBytes("nonsense")).error(), bad_key);
    // openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkcs8 -topk8 …
    const auto elliptic = from_hex(
        "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420107c87e957a16317"
        "172772463f3d1b6d68861b522af53f0583efc45863dfcc86a144034200040e8c7122e096e6d5e5032f92f88d"
        "8f38c662ff10ad13f4088718c91f461fd875f24f1f0cca172b2b8a44cedbae4fef62eb1c5e9bc1829e7218cd"
        "db562c0a8877");
    EXPECT_EQ(RsaPrivateKey::from_pkcs8(SecretBytes(elliptic.value())).error(), bad_key);
}

TEST(Rsa, RefusesAPrivateKeyOfWhichAnyByteIsMissingOrTooMany) {
    const Bytes whole = decoded(private_key);
    EXPECT_EQ(RsaPrivateKey::from_pkcs8(SecretBytes(whole + "x")).error(), bad_key);
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
        EXPECT_EQ(RsaPrivateKey::from_pkcs8(SecretBytes(whole.substr(0, kept))).error(), bad_key);
    }
}

}  // namespace
}  // namespace chopmark::crypto
