// The mechanism, on types of the block 0xff that no catalogue holds: RuleMuted (0xff01) named a
// rule and whether it was muted for good; its successor names a version too, which was always 1
// then.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "events/schema/upcast.h"

namespace chopmark::schema {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FileDescriptorProto;
using google::protobuf::TextFormat;

constexpr record::TypeNumber rule_silenced{0xff00};
constexpr record::TypeNumber rule_muted{0xff01};

constexpr auto rule_muted_file = R"(
    name: "rule_muted.proto" package: "test" syntax: "proto3"
    message_type { name: "Leaf"
        field { name: "rule" number: 5 type: TYPE_STRING label: LABEL_OPTIONAL }
        field { name: "muted" number: 6 type: TYPE_BOOL label: LABEL_OPTIONAL } })";

Result<StoredEvent> raise_rule_muted(StoredEvent old) {
    FileDescriptorProto file;
    TextFormat::ParseFromString(rule_muted_file, &file);
    DescriptorPool pool;
    const auto* leaf_type = pool.BuildFile(file)->FindMessageTypeByName("Leaf");
    DynamicMessageFactory factory;
    const std::unique_ptr<google::protobuf::Message> leaf(factory.GetPrototype(leaf_type)->New());
    if (!leaf->ParseFromString(old.leaf_body)) {
        return bad_body;
    }
    RuleSwitchedOff now;
    now.mutable_leaf()->set_rule(
        leaf->GetReflection()->GetString(*leaf, leaf_type->FindFieldByName("rule")));
    now.mutable_leaf()->set_rule_version(1);
    CHOPMARK_ASSIGN(auto layers, encode(Event(now)));
    return StoredEvent{info<RuleSwitchedOff>().type, std::move(layers.leaf_body),
                       std::move(old.link), std::move(old.personal)};
}

/// 0xff00 was 0xff01 under another number.
Result<StoredEvent> raise_rule_silenced(StoredEvent old) {
    old.type = rule_muted;
    return old;
}

// Written by hand: field 5 "D01", field 6 true.
const Bytes stored_leaf = *from_hex("2a034430313001");

TEST(SchemaUpcast, ReadsARetiredTypeAsItsSuccessor) {
    Upcasters upcasters;
    upcasters.add(rule_muted, raise_rule_muted);
    const auto event = decode(rule_muted, stored_leaf, std::nullopt, std::nullopt, upcasters);
    ASSERT_TRUE(event);
    ASSERT_TRUE(std::holds_alternative<RuleSwitchedOff>(*event));
    const auto& off = std::get<RuleSwitchedOff>(*event);
    EXPECT_EQ(off.leaf().rule(), "D01");
    EXPECT_EQ(off.leaf().rule_version(), 1U);
    EXPECT_FALSE(off.has_personal());
}

TEST(SchemaUpcast, TakesOneStepAfterAnotherAndKeepsOpenedBoxes) {
    Upcasters upcasters;
    upcasters.add(rule_muted, raise_rule_muted);
    upcasters.add(rule_silenced, raise_rule_silenced);
    RuleSwitchedOff::Personal personal;
    personal.set_note("too loud");
    const auto event =
        decode(rule_silenced, stored_leaf, ByteView(), personal.SerializeAsString(), upcasters);
    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<RuleSwitchedOff>(*event).leaf().rule(), "D01");
    EXPECT_EQ(std::get<RuleSwitchedOff>(*event).personal().note(), "too loud");
}

TEST(SchemaUpcast, GivesAStepsFailureAndEndsInACircle) {
    Upcasters upcasters;
    upcasters.add(rule_muted, raise_rule_muted);
    const auto damaged = decode(rule_muted, "\x2a", std::nullopt, std::nullopt, upcasters);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error(), bad_body);

    Upcasters circle;
    circle.add(rule_silenced, raise_rule_silenced);
    circle.add(rule_muted, [](StoredEvent event) -> Result<StoredEvent> {
        event.type = rule_silenced;
        return event;
    });
    const auto endless = decode(rule_muted, stored_leaf, std::nullopt, std::nullopt, circle);
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error(), bad_upcast);
}

TEST(SchemaUpcast, LeavesAnUnknownTypeUnknown) {
    const auto event = decode(rule_muted, stored_leaf, std::nullopt, std::nullopt);
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error(), unknown_type);
    for (const auto& current : all_events()) {
        EXPECT_FALSE(Upcasters::current().knows(current.type)) << current.name;
    }
}

}  // namespace
}  // namespace chopmark::schema
