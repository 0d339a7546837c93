#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "tests/support/sample_event.h"

namespace chopmark::schema {
namespace {

using google::protobuf::util::MessageDifferencer;
using test::message_of;
using test::sample_event;

Result<Event> decode_all(const EventInfo& info, const Layers& layers) {
    return decode(info.type, layers.leaf_body, layers.link, layers.personal);
}

TEST(SchemaCodec, GivesBackEveryFieldOfEveryEvent) {
    for (const auto& info : all_events()) {
        const auto event = sample_event(info);
        ASSERT_EQ(info_of(event), info);
        const auto layers = encode(event);
        ASSERT_TRUE(layers) << info.name;
        const auto again = decode_all(info, *layers);
        ASSERT_TRUE(again) << info.name;
        EXPECT_TRUE(MessageDifferencer::Equals(message_of(event), message_of(*again))) << info.name;
        EXPECT_EQ(type_of(*again), info.type);
    }
}

TEST(SchemaCodec, WritesEachLayerByItself) {
    // By hand from the wire format: field 2 of the leaf is bytes, field 3 a varint, field 4 an
    // enum.
    LoginApproved login;
    login.mutable_leaf()->set_client_id("ab");
    login.mutable_leaf()->set_rp_seq(300);
    login.mutable_leaf()->set_flow(QR);
    login.mutable_link()->mutable_traces()->set_qr_age_ms(1);
    login.mutable_personal()->mutable_details()->set_phone_address("x");
    const auto layers = encode(Event(login));
    ASSERT_TRUE(layers);
    EXPECT_EQ(to_hex(layers->leaf_body), "1202616218ac022001");
    EXPECT_EQ(to_hex(layers->link), "12022801");
    EXPECT_EQ(to_hex(layers->personal), "0a030a0178");
}

TEST(SchemaCodec, LeavesOutALayerThatWasNotOpened) {
    const auto layers = encode(sample_event(info<LoginApproved>()));
    ASSERT_TRUE(layers);
    const auto leaf_only =
        decode(info<LoginApproved>().type, layers->leaf_body, std::nullopt, std::nullopt);
    ASSERT_TRUE(leaf_only);
    const auto& login = std::get<LoginApproved>(*leaf_only);
    EXPECT_TRUE(login.has_leaf());
    EXPECT_FALSE(login.has_link());
    EXPECT_FALSE(login.has_personal());
    EXPECT_EQ(link_head(*leaf_only).account_id(), "");
}

TEST(SchemaCodec, TellsAnUnknownTypeFromADamagedBody) {
    const auto unknown = decode(record::TypeNumber(0x03ff), "anything", std::nullopt, std::nullopt);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error(), unknown_type);

    const auto type = info<LoginApproved>().type;
    const auto cut_short = from_hex("12ff61");  // a field longer than the body
    for (const auto& bad :
         {decode(type, *cut_short, std::nullopt, std::nullopt),
          decode(type, "", *cut_short, std::nullopt), decode(type, "", "", *cut_short)}) {
        ASSERT_FALSE(bad);
        EXPECT_EQ(bad.error(), bad_body);
    }
}

TEST(SchemaCodec, RefusesToWriteWhatItCouldNotRead) {
    LoginDisputed disputed;
    disputed.mutable_personal()->set_note("\xc3\x28");  // not UTF-8
    const auto layers = encode(Event(disputed));
    ASSERT_FALSE(layers);
    EXPECT_EQ(layers.error(), not_text);
    EXPECT_EQ(layers.error().detail, "LoginDisputed");
}

TEST(SchemaCodec, ReachesTheHeadsOfEveryEvent) {
    for (const auto& info : all_events()) {
        Event event = *decode(info.type, {}, std::nullopt, std::nullopt);
        head(event).set_basis(7);
        link_head(event).set_citizen_version(8);
        const auto layers = encode(event);
        ASSERT_TRUE(layers) << info.name;
        const auto again = decode_all(info, *layers);
        ASSERT_TRUE(again) << info.name;
        EXPECT_EQ(head(*again).basis(), 7U) << info.name;
        EXPECT_EQ(link_head(*again).citizen_version(), 8U) << info.name;
    }
}

}  // namespace
}  // namespace chopmark::schema
