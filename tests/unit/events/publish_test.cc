#include <gtest/gtest.h>

#include <algorithm>

#include "events/crypto/digest.h"
#include "events/publish/outlet.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "tests/support/journal_drafts.h"
#include "tests/support/sample_event.h"

namespace chopmark::publish {
namespace {

using journal::kafka::Outgoing;
using Headers = std::vector<std::pair<std::string, Bytes>>;

std::optional<Bytes> header(const Outgoing& message, const std::string& name) {
    const auto found = std::find_if(message.headers.begin(), message.headers.end(),
                                    [&](const auto& one) { return one.first == name; });
    return found == message.headers.end() ? std::nullopt : std::optional(found->second);
}

Headers sorted(Headers headers) {
    std::sort(headers.begin(), headers.end());
    return headers;
}

journal::Entry entry_of(record::TypeNumber type, std::uint64_t sequence, const Bytes& body) {
    record::Prelude prelude{};
    prelude.type = type;
    prelude.partition = PartitionId(3);
    prelude.event_id = EventId::from_hex("00112233445566778899aabbccddeeff").value();
    prelude.recorded_at = Instant::from_micros(1'795'230'000'000'001);
    return {PartitionId(3), Sequence(sequence), Digest(), {encode(prelude) + body, "link", "box"}};
}

// The example of the Kafka protocol binding 1.0.2, section 3.2.5, attribute by attribute.
TEST(CloudEvent, InBinaryModeIsTheExampleOfTheSpecification) {
    CloudEvent event;
    event.id = "1234-1234-1234";
    event.source = "/mycontext/subcontext";
    event.type = "com.example.someevent";
    event.time = "2018-04-05T03:56:24Z";
    event.content_type = "application/avro";
    event.data = "... application data encoded in Avro ...";
    const Outgoing message = in_binary_mode(event, "mykey");
    EXPECT_EQ(message.key, "mykey");
    EXPECT_EQ(message.payload, event.data);
    EXPECT_EQ(sorted(message.headers), sorted({{"ce_specversion", "1.0"},
                                               {"ce_type", "com.example.someevent"},
                                               {"ce_source", "/mycontext/subcontext"},
                                               {"ce_id", "1234-1234-1234"},
                                               {"ce_time", "2018-04-05T03:56:24Z"},
                                               {"content-type", "application/avro"}}));
}

// "the sequence … MUST be a string that is lexicographically orderable" (extension `sequence`).
TEST(CloudEvent, SequencesSortAsTextAsTheyDoAsNumbers) {
    const std::vector<std::uint64_t> rising{0, 9, 10, 4'294'967'296, 18'446'744'073'709'551'615U};
    for (std::size_t i = 0; i < rising.size(); ++i) {
        const std::string text = sequence_text(Sequence(rising[i]));
        EXPECT_EQ(parse_sequence(text), Sequence(rising[i]));
        if (i > 0) {
            EXPECT_LT(sequence_text(Sequence(rising[i - 1])), text);
        }
    }
    for (const char* bad : {"", "7", "0000000000000000000x", "-0000000000000000001",
                            "000000000000000000001", "99999999999999999999"}) {
        EXPECT_FALSE(parse_sequence(bad)) << bad;
    }
}

TEST(PublicLeaf, SaysWhatTheLeafSaysAndNothingOfItsBoxes) {
    const schema::Event event = test::sample_event(schema::info<schema::LoginApproved>());
    const auto body = schema::encode_leaf(event);
    ASSERT_TRUE(body) << to_string(body.error());
    const auto entry = entry_of(schema::info<schema::LoginApproved>().type, 42, *body);
    const auto message =
        public_leaf(entry, "log.example/3#ab", "00-0af7651916cd43dd8448eb211c80319c-b7-00");
    ASSERT_TRUE(message) << to_string(message.error());
    EXPECT_EQ(sorted(message->headers),
              sorted({{"ce_specversion", "1.0"},
                      {"ce_type", "chopmark.LoginApproved"},
                      {"ce_source", "log.example/3#ab"},
                      {"ce_id", "00112233445566778899aabbccddeeff"},
                      {"ce_time", "2026-11-21T03:00:00.000001Z"},
                      {"ce_sequence", "00000000000000000042"},
                      {"ce_prelude", *header(*message, "ce_prelude")},
                      {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7-00"},
                      {"content-type", "application/protobuf"}}));
    schema::LoginApproved::Leaf read;
    EXPECT_TRUE(read.ParseFromString(message->payload));
    // RFC 6962 section 2.1, from what the reader got alone.
    EXPECT_EQ(crypto::sha256({std::string(1, '\0'), *from_base64(*header(*message, "ce_prelude")),
                              message->payload}),
              record::leaf_hash(entry.record.leaf));
}

TEST(PublicLeaf, OfAFixedTailIsNoProtobufAndHasThePlaceOfTheLog) {
    const auto message = public_leaf(entry_of(journal::term_opened, 7, "tail"), "s", "");
    ASSERT_TRUE(message);
    EXPECT_EQ(header(*message, "ce_type"), "chopmark.TermOpened");
    EXPECT_EQ(header(*message, "content-type"), "application/octet-stream");
    EXPECT_EQ(header(*message, "ce_sequence"), "00000000000000000007");
    EXPECT_FALSE(header(*message, "traceparent"));
}

TEST(PublicLeaf, OfATypeFromTheFutureIsRefused) {
    const auto message = public_leaf(entry_of(record::TypeNumber(0xffff01), 7, "x"), "s", "");
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error(), unknown_type);
}

TEST(PublicSource, IsTheOriginOfThePartitionsCheckpointAndTheGenesis) {
    const Digest genesis = crypto::sha256("genesis");
    EXPECT_EQ(source_of("log.example", genesis, control_partition), "log.example#" + genesis.hex());
    EXPECT_EQ(source_of("log.example", genesis, PartitionId(3)), "log.example/3#" + genesis.hex());
}

std::optional<std::uint64_t> go_on_behind(const std::vector<std::uint64_t>& tail, bool whole,
                                          bool gapless) {
    std::vector<Published> items;
    for (const std::uint64_t at : tail) {
        items.push_back({Sequence(at), "", ""});
    }
    const Published* last = last_in_order(items, whole, gapless);
    return last == nullptr ? std::nullopt : std::optional(last->at.value());
}

TEST(OutletTail, GoesOnBehindWhatAReaderHas) {
    EXPECT_EQ(go_on_behind({}, false, true), std::nullopt);
    EXPECT_EQ(go_on_behind({5, 6, 7}, false, true), 7U);
    // Another owner's batch came late.
    EXPECT_EQ(go_on_behind({5, 6, 7, 8, 6, 7, 8}, false, true), 8U);
    // The end was lost, and somebody had gone on: a reader holds behind 6.
    EXPECT_EQ(go_on_behind({5, 6, 9, 10, 11}, false, true), 6U);
    // What was lost is being given again, and the look begins in what came too early.
    EXPECT_EQ(go_on_behind({10, 11, 7, 8}, false, true), 8U);
    EXPECT_EQ(go_on_behind({5, 6, 9, 10, 7, 8, 9}, false, true), 9U);
}

TEST(OutletTail, OfAWholeTopicBeginsAtTheBeginning) {
    EXPECT_EQ(go_on_behind({0, 1, 2}, true, true), 2U);
    EXPECT_EQ(go_on_behind({7, 8}, true, true), std::nullopt);
    EXPECT_EQ(go_on_behind({7, 8, 0, 1, 8}, true, true), 1U);
}

TEST(OutletTail, OfATopicWithHolesIsItsEnd) {
    EXPECT_EQ(go_on_behind({5, 9, 23}, false, false), 23U);
    EXPECT_EQ(go_on_behind({5, 9, 23, 5, 9}, false, false), 9U);
}

}  // namespace
}  // namespace chopmark::publish
