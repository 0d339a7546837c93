// The catalogue against the .proto files, and the rules that every event's message keeps.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "events/schema/catalog.h"
#include "events/schema/event.h"
#include "events/schema/upcast.h"

namespace chopmark::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

const FileDescriptor& file_of(const Family& family) {
    const auto path = "events/schema/" + std::string(family.name) + ".proto";
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(path);
    EXPECT_NE(file, nullptr) << path;
    return *file;
}

/// All messages of the .proto files that bear a type number, retired ones included.
std::map<std::uint32_t, const Descriptor*> declared_events() {
    std::map<std::uint32_t, const Descriptor*> events;
    for (const auto& family : families()) {
        const auto& file = file_of(family);
        for (int i = 0; i < file.message_type_count(); ++i) {
            const auto* message = file.message_type(i);
            if (!message->options().HasExtension(type_number)) {
                continue;
            }
            const auto number = message->options().GetExtension(type_number);
            EXPECT_TRUE(events.emplace(number, message).second) << message->name();
            EXPECT_EQ(family_block(record::TypeNumber(number)), family.block) << message->name();
        }
    }
    return events;
}

void all_messages(const Descriptor& message, std::set<const Descriptor*>& into) {
    if (!into.insert(&message).second) {
        return;
    }
    for (int i = 0; i < message.field_count(); ++i) {
        if (message.field(i)->type() == FieldDescriptor::TYPE_MESSAGE) {
            all_messages(*message.field(i)->message_type(), into);
        }
    }
}

TEST(SchemaCatalog, ListsExactlyTheMessagesWithATypeNumber) {
    const auto declared = declared_events();
    for (const auto& event : all_events()) {
        const auto at = declared.find(event.type.value());
        ASSERT_NE(at, declared.end()) << event.name;
        EXPECT_EQ(at->second->name(), event.name);
        const auto& options = at->second->options();
        EXPECT_EQ(options.GetExtension(event_version), event.version) << event.name;
        EXPECT_EQ(options.GetExtension(retention), event.retention) << event.name;
        EXPECT_NE(event.retention, RETENTION_UNSPECIFIED) << event.name;
        EXPECT_GE(event.version, 1) << event.name;
    }
    for (const auto& [number, message] : declared) {
        const record::TypeNumber type(number);
        EXPECT_TRUE(find_event(type) != nullptr || Upcasters::current().knows(type))
            << message->name() << " is neither in catalog.def nor retired";
    }
}

TEST(SchemaCatalog, GivesEachNumberOnceAndKeepsTheFixedTailsFree) {
    std::set<std::uint32_t> numbers;
    std::set<std::string_view> names;
    for (const auto& event : all_events()) {
        EXPECT_TRUE(numbers.insert(event.type.value()).second) << event.name;
        EXPECT_TRUE(names.insert(event.name).second) << event.name;
    }
    for (std::uint32_t fixed = 0; fixed <= 3; ++fixed) {
        EXPECT_EQ(find_event(record::TypeNumber(fixed)), nullptr);
    }
    EXPECT_EQ(find_event(record::TypeNumber(0x0d)), nullptr) << "kept for SlotMoved";
    EXPECT_EQ(all_events().size(), std::variant_size_v<Event>);
}

TEST(SchemaCatalog, FindsByNumberAndByName) {
    ASSERT_NE(find_event(record::TypeNumber(0x0301)), nullptr);
    EXPECT_EQ(find_event(record::TypeNumber(0x0301))->name, "LoginApproved");
    EXPECT_EQ(*find_event("LoginApproved"), info<LoginApproved>());
    EXPECT_EQ(find_event("LoginForgotten"), nullptr);
    EXPECT_EQ(find_event(record::TypeNumber(0xffff)), nullptr);
}

TEST(SchemaCatalog, GivesEveryEventTheThreeLayersInOrder) {
    const std::array layers{"Leaf", "Link", "Personal"};
    const std::array fields{"leaf", "link", "personal"};
    for (const auto& [number, message] : declared_events()) {
        ASSERT_EQ(message->field_count(), 3) << message->name();
        for (int i = 0; i < 3; ++i) {
            const auto* field = message->FindFieldByNumber(i + 1);
            ASSERT_NE(field, nullptr) << message->name();
            EXPECT_EQ(field->name(), fields.at(static_cast<std::size_t>(i)));
            ASSERT_EQ(field->type(), FieldDescriptor::TYPE_MESSAGE) << message->name();
            EXPECT_EQ(field->message_type(),
                      message->FindNestedTypeByName(layers.at(static_cast<std::size_t>(i))))
                << message->name();
        }
        const auto head_of = [event = message](const char* layer) {
            const auto* field = event->FindNestedTypeByName(layer)->FindFieldByNumber(1);
            return field == nullptr ? "" : field->message_type()->name();
        };
        EXPECT_EQ(head_of("Leaf"), "LeafHead") << message->name();
        EXPECT_EQ(head_of("Link"), "LinkHead") << message->name();
    }
}

TEST(SchemaCatalog, KnowsNoMapsFloatsOrOneofsAndStartsEnumsUnspecified) {
    std::set<const Descriptor*> messages;
    for (const auto& [number, message] : declared_events()) {
        all_messages(*message, messages);
    }
    for (const auto* message : messages) {
        EXPECT_EQ(message->oneof_decl_count(), 0) << message->full_name();
        for (int i = 0; i < message->field_count(); ++i) {
            const auto* field = message->field(i);
            EXPECT_FALSE(field->is_map()) << field->full_name();
            EXPECT_NE(field->cpp_type(), FieldDescriptor::CPPTYPE_DOUBLE) << field->full_name();
            EXPECT_NE(field->cpp_type(), FieldDescriptor::CPPTYPE_FLOAT) << field->full_name();
            if (const EnumDescriptor* values = field->enum_type(); values != nullptr) {
                ASSERT_GT(values->value_count(), 1) << values->full_name();
                EXPECT_EQ(values->value(0)->number(), 0) << values->full_name();
                EXPECT_TRUE(values->value(0)->name().ends_with("_UNSPECIFIED"))
                    << values->full_name();
            }
        }
    }
}

// Design 4: no value in a leaf is equal in two events of one person, unless the relying party
// chose it or thousands share it. What may stand in the leaf of an event about people is therefore
// listed here, with the reason why it is harmless; a new name is a decision, not an oversight.
const std::set<std::string_view> harmless{
    // LeafHead: classes and counts that thousands share; key_commitment and claims are salted per
    // event
    "outcome",
    "reason",
    "channel",
    "retention",
    "period",
    "key_commitment",
    "basis",
    "claims",
    // chosen by the relying party, or counted for it
    "client_id",
    "rp_seq",
    "scopes",
    "field_names",
    "algorithm",
    "documents",
    "part",
    "parts",
    "methods",
    // small closed sets
    "grade",
    "flow",
    "step_up_level",
    "purpose",
    "kind",
    "result",
    "delivered",
    "token_life_ms",
    // looks and erasures: classes, counts and epochs; the subject only as a hash salted anew
    "opened_class",
    "opened",
    "subject_hash",
    "classes",
    "epoch",
    "destroyed_epoch",
    "nodes",
    "approvers",
    "erased",
    "kept",
    "records",
    "legal_basis",
    // alerts, cases and queries: the rule and its window, never the entity
    "rule",
    "rule_version",
    "revision",
    "severity",
    "window_start_us",
    "cut",
    "verdict",
    "as_of_cut",
    "boxes",
    "count",
    // imports: the file and the method
    "source",
    "service",
    "method",
    "repeats",
};

void expect_harmless(const Descriptor& message) {
    for (int i = 0; i < message.field_count(); ++i) {
        const auto* field = message.field(i);
        if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
            expect_harmless(*field->message_type());
        }
        EXPECT_TRUE(field->name() == "head" || harmless.contains(field->name()))
            << field->full_name();
    }
}

TEST(SchemaCatalog, PutsNothingThatNamesAPersonIntoALeaf) {
    // Not the log's own records, relying parties, or terminals, policies and nodes: they name
    // machines and organisations. Operators and staff are people.
    const std::set<std::string_view> of_people{"account",   "device_profile", "login", "consent",
                                               "signature", "privacy",        "audit", "import"};
    for (const auto& [number, message] : declared_events()) {
        const auto name = std::string_view(message->name());
        const bool people = of_people.contains(families()[number >> 8].name) ||
                            name.starts_with("Operator") || name.starts_with("Staff") ||
                            name.starts_with("Alert") || name.starts_with("Case");
        if (people) {
            expect_harmless(*message->FindNestedTypeByName("Leaf"));
        }
    }
}

}  // namespace
}  // namespace chopmark::schema
