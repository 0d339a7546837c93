// The frozen bytes of the fixed tails. Expected bytes are written out by hand after the grammar at
// the head of accept.h.
#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "events/journal/opening_records.h"
#include "events/journal/tails.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/test_node.h"

namespace chopmark::journal {
namespace {

using chopmark::test::founding_of;
using chopmark::test::TestKey;
using chopmark::test::TestNodeCa;

/// No prefix and no extension of a tail may be taken for one.
template <class Decode>
void expect_exact(const Bytes& tail, Decode decode) {
    ASSERT_TRUE(decode(tail));
    for (std::size_t length = 0; length < tail.size(); ++length) {
        EXPECT_FALSE(decode(ByteView(tail).substr(0, length))) << length;
    }
    EXPECT_FALSE(decode(tail + '\0'));
}

TEST(PartitionOpenedTail, IsTheFrozenBytes) {
    const Bytes tail = encode(PartitionOpenedTail{crypto::sha256("abc"), "abc"});
    EXPECT_EQ(to_hex(tail),  // SHA-256("abc") of FIPS 180-4
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
              "00000003616263");
    expect_exact(tail, decode_partition_opened);
    EXPECT_EQ(decode_partition_opened(tail)->document, "abc");
    EXPECT_EQ(decode_partition_opened(tail)->genesis_hash, crypto::sha256("abc"));
}

TEST(TermOpenedTail, IsTheFrozenBytes) {
    const Bytes signature(64, 's');
    const Bytes tail = encode(TermOpenedTail{"host:1", "cert", signature});
    EXPECT_EQ(tail, Bytes("\0\6host:1\0\4cert", 14) + signature);
    expect_exact(tail, decode_term_opened);
    EXPECT_EQ(decode_term_opened(tail)->endpoint, "host:1");
    EXPECT_EQ(decode_term_opened(tail)->certificate, "cert");
    EXPECT_EQ(decode_term_opened(tail)->signature, signature);
}

TEST(NodesWithdrawnTail, IsTheFrozenBytes) {
    const NodeId one = *NodeId::from_hex("000102030405060708090a0b0c0d0e0f");
    const NodeId two = *NodeId::from_hex("101112131415161718191a1b1c1d1e1f");
    const Bytes tail = encode_nodes_withdrawn({one, two});
    EXPECT_EQ(to_hex(tail), "0002000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    expect_exact(tail, decode_nodes_withdrawn);
    EXPECT_EQ(*decode_nodes_withdrawn(tail), (std::vector<NodeId>{one, two}));
    EXPECT_TRUE(decode_nodes_withdrawn(*from_hex("0000"))->empty());
}

TEST(TermMessage, IsTheFrozenBytes) {
    EXPECT_EQ(
        to_hex(term_message(crypto::sha256("abc"), PartitionId(0x0102), Term(0x030405060708090a),
                            *WriterId::from_hex("202122232425262728292a2b2c2d2e2f"), "h:1")),
        "63686f706d61726b2f7465726d2f31"
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        "0102"
        "030405060708090a"
        "202122232425262728292a2b2c2d2e2f"
        "683a31");
}

TEST(OpeningRecords, OnlyControlCarriesTheGenesisDocument) {
    const Founding founding = founding_of("the genesis document");
    const auto control =
        partition_opened_record(founding, control_partition, Instant::from_micros(5), EventId());
    const auto citizen =
        partition_opened_record(founding, PartitionId(2), Instant::from_micros(5), EventId());
    ASSERT_TRUE(control && citizen);
    const ByteView control_tail = ByteView(control->leaf).substr(record::prelude_bytes);
    const ByteView citizen_tail = ByteView(citizen->leaf).substr(record::prelude_bytes);
    EXPECT_EQ(decode_partition_opened(control_tail)->document, "the genesis document");
    EXPECT_EQ(decode_partition_opened(citizen_tail)->document, "");
    EXPECT_EQ(decode_partition_opened(citizen_tail)->genesis_hash, founding.hash);
    EXPECT_EQ(record::decode_prelude(citizen->leaf)->recorded_at, Instant::from_micros(5));
}

TEST(OpeningRecords, RefuseAGenesisDocumentThatNoLeafHolds) {
    const auto record = partition_opened_record(founding_of(Bytes(5000, 'g')), control_partition,
                                                Instant(), EventId());
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error(), record::too_large);
}

TEST(OpeningRecords, TermIsSignedByTheNodeOverItsTail) {
    const TestNodeCa ca("ca");
    const auto node = ca.issue("one", "host:9");
    const Digest genesis = crypto::sha256("g");
    const WriterId writer = *WriterId::from_hex("202122232425262728292a2b2c2d2e2f");
    const auto record = term_opened_record(genesis, PartitionId(1), Term(7), writer, node,
                                           Instant::from_micros(9), EventId());
    ASSERT_TRUE(record);
    const auto prelude = record::decode_prelude(record->leaf);
    EXPECT_EQ(prelude->term, Term(7));
    EXPECT_EQ(prelude->writer, writer);
    EXPECT_EQ(prelude->sequence, Sequence(0));
    EXPECT_TRUE(prelude->previous.is_zero());
    const auto tail = decode_term_opened(ByteView(record->leaf).substr(record::prelude_bytes));
    EXPECT_EQ(tail->endpoint, "host:9");
    EXPECT_EQ(
        ca.check(tail->certificate,
                 term_message(genesis, PartitionId(1), Term(7), writer, "host:9"), tail->signature),
        node.node());
}

// RFC 8032 section 7.1, test 1: what the tests sign with is Ed25519.
TEST(TestKey, SignsAsRfc8032) {
    const TestKey key(
        *Digest::from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    EXPECT_EQ(to_hex(key.public_key()),
              "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    EXPECT_EQ(to_hex(key.sign("")),
              "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e"
              "39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
}

}  // namespace
}  // namespace chopmark::journal
