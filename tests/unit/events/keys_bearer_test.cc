#include <gtest/gtest.h>

#include "events/crypto/block.h"
#include "events/crypto/system_entropy.h"
#include "events/keys/bearer.h"

namespace chopmark::keys {
namespace {

const Instant midnight = Instant::from_seconds(1795219200);  // 2026-11-21T00:00:00Z
const Duration hour = std::chrono::hours(1);
const EventId event = EventId::from_hex("000102030405060708090a0b0c0d0e0f").value();
const crypto::Secret32 root = crypto::Secret32::from(Bytes(32, 'R'));

class BearerTest : public testing::Test {
  protected:
    const Bearer bearer_{root};
};

// Computed with Python's cryptography package from the grammar in day_keys.h and bearer.h.
TEST_F(BearerTest, WritesTheTextThatItsGrammarSays) {
    EXPECT_EQ(to_hex(DayKeys(root).at(midnight).reveal()),
              "4cc4b80969645e7ff9ecb6b49717c8f932539348e18a4451927224f95a0317b1");
    EXPECT_EQ(bearer_.mint(BearerKind::code, Slot(677), event, midnight),
              "c884c5bc02b07b7953ea1e5009a52525");
    EXPECT_EQ(bearer_.mint_qr({1023, 0xdeadbeef, 0x0123456789abcdef}, midnight),
              "ZE6TSS6ZN3PHEXTLVCK6UZLQ3A");
}

TEST_F(BearerTest, ReadsWhatItMinted) {
    for (const Slot slot : {Slot(0), Slot(1), Slot(512), Slot(1023)}) {
        const auto text = bearer_.mint(BearerKind::access_token, slot, event, midnight);
        const auto parsed = bearer_.parse(BearerKind::access_token, text, midnight + hour);
        EXPECT_EQ(parsed, (BearerValue{slot, prefix_of(event)}));
        EXPECT_TRUE(names(parsed->event, event));
    }
    const QrHandle handle{7, 0xdeadbeef, 0x0123456789abcdef};
    EXPECT_EQ(bearer_.parse_qr(bearer_.mint_qr(handle, midnight), midnight), handle);
}

TEST_F(BearerTest, NamesItsEventAlone) {
    EventId other = EventId::from_hex("000102030405060708090a000c0d0e0f").value();
    EXPECT_FALSE(names(prefix_of(event), other));
    EXPECT_TRUE(names(prefix_of(other), other));
}

TEST_F(BearerTest, IsTheSameOnEveryNode) {
    const Bearer elsewhere(root);
    EXPECT_EQ(elsewhere.mint(BearerKind::code, Slot(3), event, midnight + hour),
              bearer_.mint(BearerKind::code, Slot(3), event, midnight + 23 * hour));
    const Bearer foreign(crypto::Secret32::from(Bytes(32, 'F')));
    EXPECT_FALSE(foreign.parse(BearerKind::code,
                               bearer_.mint(BearerKind::code, Slot(3), event, midnight), midnight));
}

TEST_F(BearerTest, KeepsThreeGenerations) {
    const auto text = bearer_.mint(BearerKind::code, Slot(3), event, midnight);
    EXPECT_TRUE(bearer_.parse(BearerKind::code, text, midnight + 71 * hour));
    EXPECT_FALSE(bearer_.parse(BearerKind::code, text, midnight + 72 * hour));
    // A node whose clock is half a second behind.
    EXPECT_TRUE(bearer_.parse(BearerKind::code, text, midnight - Duration(500'000)));
    EXPECT_FALSE(bearer_.parse(BearerKind::code, text, midnight - hour));
    // Sixteen days later the generation has the same number, but another key.
    EXPECT_FALSE(bearer_.parse(BearerKind::code, text, midnight + 16 * 24 * hour));
}

TEST_F(BearerTest, RefusesAnotherKind) {
    const auto text = bearer_.mint(BearerKind::code, Slot(3), event, midnight);
    EXPECT_FALSE(bearer_.parse(BearerKind::access_token, text, midnight));
    EXPECT_FALSE(bearer_.parse(BearerKind::ticket, text, midnight));
    const auto qr = bearer_.mint_qr({3, 1, 2}, midnight);
    EXPECT_FALSE(bearer_.parse(BearerKind::qr_handle, qr, midnight));  // not hex
}

TEST_F(BearerTest, DropsEveryChangedBit) {
    const auto block = from_hex(bearer_.mint(BearerKind::code, Slot(3), event, midnight)).value();
    for (std::size_t bit = 0; bit < 128; ++bit) {
        Bytes changed = block;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(bearer_.parse(BearerKind::code, to_hex(changed), midnight)) << bit;
    }
}

TEST_F(BearerTest, DropsGarbage) {
    for (const char* text :
         {"", "00", "zz84c5bc02b07b7953ea1e5009a52525", "c884c5bc02b07b7953ea1e5009a5252",
          "c884c5bc02b07b7953ea1e5009a5252500"}) {
        EXPECT_FALSE(bearer_.parse(BearerKind::code, text, midnight)) << text;
        EXPECT_FALSE(bearer_.parse_qr(text, midnight)) << text;
    }
    // 3·2⁻²² of all blocks pass: of these about 0.01.
    crypto::SystemEntropy entropy;
    int passed = 0;
    for (int i = 0; i < 20'000; ++i) {
        passed += bearer_.parse(BearerKind::code, entropy.draw<EventId>().hex(), midnight) ? 1 : 0;
    }
    EXPECT_LE(passed, 2);
}

// Each of the fourteen zero bits counts, not only the block as a whole.
TEST_F(BearerTest, DropsABlockWithAnyZeroBitSet) {
    const auto key = DayKeys(root).at(midnight);
    const auto good = from_hex(bearer_.mint(BearerKind::code, Slot(3), event, midnight)).value();
    const auto plain = crypto::decrypt_block(key, to_array<16>(good));
    for (std::size_t bit = 18; bit < 32; ++bit) {
        auto changed = plain;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] | (0x80 >> bit % 8));
        const auto sealed = crypto::encrypt_block(key, changed);
        EXPECT_FALSE(bearer_.parse(BearerKind::code, to_hex(view(sealed)), midnight)) << bit;
    }
}

}  // namespace
}  // namespace chopmark::keys
