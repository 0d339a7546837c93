// The frozen bytes of a leaf's head. Expected bytes were written out by Python's struct module, not
// by the code under test.
#include "events/record/prelude.h"

#include <gtest/gtest.h>

namespace chopmark::record {
namespace {

template <std::size_t N>
ByteArray<N> counting_from(std::uint8_t first) {
    ByteArray<N> out{};
    for (auto& byte : out) {
        byte = first++;
    }
    return out;
}

Digest digest_of_hex(std::string_view hex) { return Digest::from_hex(hex).value(); }

constexpr std::string_view link_digest_hex =
    "72057d26a3e0259c1e8798c1eeb96a7e4e531c30429900ee15fe6a23e7d0444e";

constexpr std::string_view golden_hex =
    "4348504d"          // magic
    "0001"              // format
    "00000301"          // type
    "0007"              // partition
    "0102030405060708"  // sequence
    "1112131415161718"  // term
    "202122232425262728292a2b2c2d2e2f"
    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
    "000660c08e70ac01"  // recorded_at
    "606162636465666768696a6b6c6d6e6f"
    "72057d26a3e0259c1e8798c1eeb96a7e4e531c30429900ee15fe6a23e7d0444e"
    "0000000000000000000000000000000000000000000000000000000000000000";

Prelude golden_prelude() {
    Prelude out;
    out.type = TypeNumber(0x0301);
    out.partition = PartitionId(7);
    out.sequence = Sequence(0x0102030405060708);
    out.term = Term(0x1112131415161718);
    out.writer = WriterId(counting_from<16>(0x20));
    out.previous = Digest(counting_from<32>(0x40));
    out.recorded_at = Instant::from_micros(1795230000000001);
    out.event_id = EventId(counting_from<16>(0x60));
    out.link_digest = digest_of_hex(link_digest_hex);
    return out;
}

TEST(Prelude, IsTheFrozenBytes) {
    EXPECT_EQ(to_hex(encode(golden_prelude())), golden_hex);
    EXPECT_EQ(encode(golden_prelude()).size(), prelude_bytes);
}

TEST(Prelude, ReadsBackWhatWasWritten) {
    const auto decoded = decode_prelude(*from_hex(golden_hex));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, golden_prelude());
}

TEST(Prelude, IgnoresTheBodyBehindIt) {
    const auto decoded = decode_prelude(*from_hex(golden_hex) + "a body of any length");
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, golden_prelude());
}

TEST(Prelude, ExtremeValuesSurvive) {
    Prelude extreme = golden_prelude();
    extreme.type = TypeNumber(0xffffffff);
    extreme.partition = PartitionId(0xffff);
    extreme.sequence = Sequence(~0ULL);
    extreme.term = Term(~0ULL);
    extreme.recorded_at = Instant::from_micros(-1);
    const auto decoded = decode_prelude(encode(extreme));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, extreme);
}

TEST(Prelude, RefusesEveryLengthBelowItsOwn) {
    const Bytes whole = *from_hex(golden_hex);
    for (std::size_t length = 0; length < prelude_bytes; ++length) {
        const auto decoded = decode_prelude(ByteView(whole).substr(0, length));
        ASSERT_FALSE(decoded) << length;
        EXPECT_EQ(decoded.error(), not_a_record);
    }
}

TEST(Prelude, RefusesAnyOtherMagicOrFormat) {
    for (std::size_t at = 0; at < 6; ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            Bytes changed = *from_hex(golden_hex);
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            const auto decoded = decode_prelude(changed);
            ASSERT_FALSE(decoded) << at << '.' << bit;
            EXPECT_EQ(decoded.error(), not_a_record);
        }
    }
}

TEST(Prelude, JudgesNothingElse) {
    for (std::size_t at = 6; at < prelude_bytes; ++at) {
        Bytes changed = *from_hex(golden_hex);
        changed[at] = static_cast<char>(changed[at] ^ 0x80);
        const auto decoded = decode_prelude(changed);
        ASSERT_TRUE(decoded) << at;
        EXPECT_EQ(encode(*decoded), changed) << at;
    }
}

TEST(Prelude, PlacementChangesItsFourFieldsOnly) {
    Prelude draft = golden_prelude();
    draft.sequence = {};
    draft.term = {};
    draft.writer = {};
    draft.previous = {};
    Bytes leaf = encode(draft) + "body";
    const Prelude golden = golden_prelude();
    place(leaf, {golden.sequence, golden.term, golden.writer, golden.previous});
    EXPECT_EQ(to_hex(leaf), std::string(golden_hex) + "626f6479");
}

}  // namespace
}  // namespace chopmark::record
