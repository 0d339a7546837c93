#include <gtest/gtest.h>

#include "events/crypto/system_entropy.h"
#include "events/keys/password.h"
#include "events/keys/pseudonym.h"
#include "events/keys/stamp.h"

namespace chopmark::keys {
namespace {

const Instant midnight = Instant::from_seconds(1795219200);  // 2026-11-21T00:00:00Z
const Duration day = std::chrono::hours(24);

crypto::Secret32 filled(char with) { return crypto::Secret32::from(Bytes(32, with)); }
Sensitive<Card> card() { return Sensitive<Card>({"HKIC", "HK", "A1234563"}); }
Sensitive<std::string> text(const char* value) { return Sensitive<std::string>(value); }

// All constants of this file were computed with Python's hmac, hashlib and cryptography from what
// the headers say.
TEST(Pseudonym, AgreesWithPython) {
    const ClientId client = ClientId::from_hex("000102030405060708090a0b0c0d0e0f").value();
    const DeviceId device(client.array());
    EXPECT_EQ(slot_of_card(filled('S'), card()), Slot(113));
    EXPECT_EQ(card_index(filled('S'), card()).hex(),
              "1c652136bb711619ac0a498dd9cf3c746f70669cfbe9f8872d0a4a3cfcc6c29d");
    EXPECT_EQ(slot_of_request(client, "B-1"), Slot(289));
    EXPECT_EQ(open_id(Sensitive<Bytes>(Bytes(32, 'P')), "group"),
              "u8pv6GujSfdlvWov6XVcQoPnX6TuALQKqFlrJIg2VB8=");
    EXPECT_EQ(to_hex(content_key(filled('D'), client, 7).reveal()),
              "c0fdd2f710f852a36e4c99b87b7340732888f4fda29d81597850d2772ac6224b");
    EXPECT_EQ(to_hex(session_key(filled('D'), device, "nonce").reveal()),
              "e73980595992d368e640370f25e2ba5d25f31cfd6c80e11b8973a80acab82570");
    EXPECT_EQ(commitment(Root::card, filled('C')).hex(),
              "710a8bb9760f586626c92e93412db3601ecfea49266bfca83162fe1ad3adb4d6");
}

TEST(Pseudonym, KeepsThePartsOfACardApart) {
    const Sensitive<Card> shifted({"HKICH", "K", "A1234563"});
    EXPECT_NE(card_index(filled('S'), card()), card_index(filled('S'), shifted));
}

TEST(Pseudonym, NamesAPersonDifferentlyInEachGroup) {
    const Sensitive<Bytes> secret(Bytes(32, 'P'));
    EXPECT_NE(open_id(secret, "bank"), open_id(secret, "tax"));
    EXPECT_EQ(open_id(secret, "bank"), open_id(secret, "bank"));
}

TEST(AttemptTokens, ArePairedOnTheFirstDayOfAMonth) {
    crypto::SystemEntropy entropy;
    const auto material = KeyMaterial::draw(entropy, midnight);
    const Instant december = Instant::from_seconds(1796083200);
    const auto last = attempt_tokens(material, december - Duration(1), card()).value();
    const auto first = attempt_tokens(material, december, card()).value();
    const auto second_day = attempt_tokens(material, december + day, card()).value();
    EXPECT_EQ(last.other, std::nullopt);
    EXPECT_EQ(first.other, last.current);
    EXPECT_NE(first.current, last.current);
    EXPECT_EQ(second_day.current, first.current);
    EXPECT_EQ(second_day.other, std::nullopt);
}

TEST(AttemptTokens, CannotBeMadeOnceTheirKeyIsGone) {
    crypto::SystemEntropy entropy;
    auto material = KeyMaterial::draw(entropy, midnight);
    const Instant december = Instant::from_seconds(1796083200);
    material.expire(december + day - Duration(1));
    EXPECT_TRUE(attempt_tokens(material, december, card())->other.has_value());
    material.expire(december + day);
    EXPECT_FALSE(attempt_tokens(material, december, card())->other.has_value());
    EXPECT_EQ(attempt_tokens(material, midnight, card()).error(), no_period);
}

TEST(DetectionTokens, OverlapByThreeMonthsAndLiveForSix) {
    crypto::SystemEntropy entropy;
    auto material = KeyMaterial::draw(entropy, midnight);
    const Instant january = begin_of_quarter(20271);
    const Instant april = begin_of_quarter(20272);
    const auto at = [&](Instant when) {
        return network_tokens(material, when, text("203.0.113.0/24")).value();
    };
    const auto autumn = at(january - Duration(1));
    const auto winter = at(january);
    EXPECT_EQ(winter.other, autumn.current);
    EXPECT_NE(winter.current, autumn.current);
    EXPECT_TRUE(autumn.other.has_value());
    EXPECT_NE(at(april).other, autumn.current);
    // The key of October to December can name nothing after March.
    material.expire(april - Duration(1));
    EXPECT_EQ(at(january).other, autumn.current);
    material.expire(april);
    EXPECT_EQ(at(january).other, std::nullopt);
    EXPECT_EQ(network_tokens(material, midnight, text("x")).error(), no_period);
}

TEST(DetectionTokens, KeepNetworksAndAgentsApart) {
    crypto::SystemEntropy entropy;
    const auto material = KeyMaterial::draw(entropy, midnight);
    EXPECT_NE(network_tokens(material, midnight, text("x"))->current,
              agent_tokens(material, midnight, text("x"))->current);
}

TEST(Stamp, WritesTheBytesThatItsGrammarSays) {
    const Stamps stamps(filled('R'));
    EXPECT_EQ(to_hex(stamps.stamp(StampKind::position, "payload", midnight)),
              "7061796c6f6164000660be0ab5c0000bbae0ab81a5c16848e7c26d3dd28dac");
}

TEST(Stamp, IsTakenBackUntilItsEnd) {
    const Stamps stamps(filled('R'));
    const Bytes stamp = stamps.stamp(StampKind::challenge, "payload", midnight);
    EXPECT_EQ(stamps.check(StampKind::challenge, stamp, midnight - Duration(1)).value(), "payload");
    EXPECT_EQ(stamps.check(StampKind::challenge, stamp, midnight).error(), stamp_expired);
    const Bytes endless = stamps.stamp(StampKind::cursor, "", no_end);
    EXPECT_EQ(stamps.check(StampKind::cursor, endless, midnight + day * 100'000).value(), "");
}

TEST(Stamp, RefusesOtherKindsKeysAndBytes) {
    const Stamps stamps(filled('R'));
    const Bytes stamp = stamps.stamp(StampKind::challenge, "payload", no_end);
    EXPECT_EQ(stamps.check(StampKind::claim, stamp, midnight).error(), bad_stamp);
    EXPECT_EQ(Stamps(filled('Q')).check(StampKind::challenge, stamp, midnight).error(), bad_stamp);
    for (std::size_t i = 0; i < stamp.size(); ++i) {
        Bytes changed = stamp;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(stamps.check(StampKind::challenge, changed, midnight).error(), bad_stamp);
    }
    EXPECT_EQ(stamps.check(StampKind::challenge, "", midnight).error(), bad_stamp);
}

// A vector of the reference implementation's own test (phc-winner-argon2, src/test.c).
TEST(Password, AgreesWithTheReferenceOfArgon2id) {
    const Sensitive<std::string> verifier(
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    EXPECT_TRUE(check_password(verifier, text("password")).value());
    EXPECT_FALSE(check_password(verifier, text("passwore")).value());
}

TEST(Password, IsVerifiedByItsOwnVerifierOnly) {
    crypto::SystemEntropy entropy;
    PasswordOptions cheap;
    cheap.memory_kib = 64;
    cheap.passes = 1;
    const auto verifier = make_verifier(cheap, entropy, text("correct horse")).value();
    EXPECT_TRUE(verifier.reveal().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    EXPECT_TRUE(check_password(verifier, text("correct horse")).value());
    EXPECT_FALSE(check_password(verifier, text("correct horsf")).value());
    EXPECT_NE(make_verifier(cheap, entropy, text("correct horse"))->reveal(), verifier.reveal());
}

TEST(Password, RefusesWhatIsNone) {
    crypto::SystemEntropy entropy;
    EXPECT_EQ(make_verifier({}, entropy, text("")).error(), bad_password);
    EXPECT_EQ(make_verifier({}, entropy, Sensitive<std::string>(std::string(1025, 'x'))).error(),
              bad_password);
    EXPECT_EQ(check_password(text("nonsense"), text("x")).error(), verifier_failed);
    EXPECT_EQ(check_password(text("nonsense"), text("")).error(), bad_password);
}

}  // namespace
}  // namespace chopmark::keys
