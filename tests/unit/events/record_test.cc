// The frozen framing of a stored record and its digests. Expected bytes and hashes come from
// Python's struct and hashlib modules, the empty leaf from RFC 6962's reference vectors.
#include "events/record/record.h"

#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "events/crypto/digest.h"

namespace chopmark::record {
namespace {

constexpr std::string_view golden_leaf_hex =
    "4348504d000100000301000701020304050607081112131415161718"
    "202122232425262728292a2b2c2d2e2f"
    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
    "000660c08e70ac01606162636465666768696a6b6c6d6e6f"
    "72057d26a3e0259c1e8798c1eeb96a7e4e531c30429900ee15fe6a23e7d0444e"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "626f6479";

Record golden_record() { return {*from_hex(golden_leaf_hex), "a link box", ""}; }

TEST(Record, IsTheFrozenBytes) {
    const Bytes stored = encode(golden_record());
    EXPECT_EQ(to_hex(stored), "000000a8" + std::string(golden_leaf_hex) +
                                  "0000000a"
                                  "61206c696e6b20626f78"
                                  "00000000");
    EXPECT_EQ(crypto::sha256(stored).hex(),
              "60f02763041cd9e7c6d5b174ba7fa9b95ba7de1b8f3f7b4a07c0766f75f90119");
}

TEST(Record, ReadsBackWhatWasWritten) {
    const auto decoded = decode_record(encode(golden_record()));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, golden_record());
    const Record full{Bytes(limits::leaf_bytes, 'l'), Bytes(1000, 'k'),
                      Bytes(limits::boxes_bytes - 1000, 'p')};
    const auto largest = decode_record(encode(full));
    ASSERT_TRUE(largest);
    EXPECT_EQ(*largest, full);
}

TEST(Record, LeafHashIsThatOfRfc6962) {
    EXPECT_EQ(leaf_hash("").hex(),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    EXPECT_EQ(leaf_hash(golden_record().leaf).hex(),
              "69bb6b07319dcd7eb41cd876054c25f0ecbde9bf5e9cf8ea6c5edf39bc93b813");
}

TEST(Record, AbsentBoxHasTheZeroDigest) {
    EXPECT_TRUE(box_digest("").is_zero());
    EXPECT_EQ(box_digest("a link box").hex(),
              "72057d26a3e0259c1e8798c1eeb96a7e4e531c30429900ee15fe6a23e7d0444e");
}

TEST(RecordDecode, RefusesEveryTruncation) {
    const Bytes stored = encode(golden_record());
    for (std::size_t length = 0; length < stored.size(); ++length) {
        const auto decoded = decode_record(ByteView(stored).substr(0, length));
        ASSERT_FALSE(decoded) << length;
        EXPECT_EQ(decoded.error(), bad_framing);
    }
}

TEST(RecordDecode, RefusesBytesBehindTheRecord) {
    const auto decoded = decode_record(encode(golden_record()) + '\0');
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error(), bad_framing);
}

TEST(RecordDecode, RefusesPartsBeyondTheirLimits) {
    for (const Record& record : {
             Record{Bytes(limits::leaf_bytes + 1, 'l'), "", ""},
             Record{"leaf", Bytes(limits::boxes_bytes + 1, 'k'), ""},
             Record{"leaf", "", Bytes(limits::boxes_bytes + 1, 'p')},
             Record{"leaf", "k", Bytes(limits::boxes_bytes, 'p')},
         }) {
        const auto decoded = decode_record(encode(record));
        ASSERT_FALSE(decoded);
        EXPECT_EQ(decoded.error(), bad_framing);
    }
}

TEST(RecordDecode, RefusesLengthsThatLie) {
    for (const std::size_t at : {0U, 172U, 186U}) {
        Bytes stored = encode(golden_record());
        put_big_endian(stored.data() + at, 0xffffffffU);
        const auto decoded = decode_record(stored);
        ASSERT_FALSE(decoded) << at;
        EXPECT_EQ(decoded.error(), bad_framing);
    }
}

TEST(RecordBoxes, AreHeldToTheDigestsInTheLeaf) {
    EXPECT_TRUE(check_boxes(golden_record()));

    Record other_link = golden_record();
    other_link.link_box.back() = 'y';
    const auto link = check_boxes(other_link);
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error(), box_mismatch);
    EXPECT_EQ(link.error().detail, "link box");

    Record no_link = golden_record();
    no_link.link_box.clear();
    EXPECT_EQ(check_boxes(no_link).error(), box_mismatch);

    Record extra_personal = golden_record();
    extra_personal.personal_box = "unexpected";
    const auto personal = check_boxes(extra_personal);
    ASSERT_FALSE(personal);
    EXPECT_EQ(personal.error(), box_mismatch);
    EXPECT_EQ(personal.error().detail, "personal box");

    EXPECT_EQ(check_boxes({"no prelude", "", ""}).error(), not_a_record);
}

TEST(RecordLimits, RefuseALeafOrBoxesThatAreTooLarge) {
    EXPECT_TRUE(
        check_limits({Bytes(limits::leaf_bytes, 'l'), "", Bytes(limits::boxes_bytes, 'p')}));
    const auto leaf = check_limits({Bytes(limits::leaf_bytes + 1, 'l'), "", ""});
    ASSERT_FALSE(leaf);
    EXPECT_EQ(leaf.error(), too_large);
    EXPECT_EQ(leaf.error().detail, "leaf");
    const auto boxes = check_limits({"leaf", "k", Bytes(limits::boxes_bytes, 'p')});
    ASSERT_FALSE(boxes);
    EXPECT_EQ(boxes.error(), too_large);
    EXPECT_EQ(boxes.error().detail, "boxes");
}

}  // namespace
}  // namespace chopmark::record
