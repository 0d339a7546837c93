// The descriptors of events/schema as they were committed (schema.pb, a FileDescriptorSet) against
// those that this build made. Type and field numbers are frozen: nothing that was committed may be
// removed, renumbered, retyped or renamed. CHOPMARK_REFRESH=1 takes additions over, and only those.
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

namespace chopmark::schema {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FileDescriptorSet;

constexpr auto committed_path = CHOPMARK_SOURCE_DIR "/events/schema/schema.pb";
constexpr auto built_path = CHOPMARK_BINARY_DIR "/generated/schema.pb";

std::string read_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

FileDescriptorSet parse(const std::string& bytes) {
    FileDescriptorSet set;
    EXPECT_TRUE(set.ParseFromString(bytes));
    return set;
}

/// Every frozen thing as one line: what it is and where → all that must stay as it is.
using Facts = std::map<std::string, std::string>;

void add_enum(const EnumDescriptorProto& type, const std::string& scope, Facts& facts) {
    const auto name = scope + "." + type.name();
    for (const auto& value : type.value()) {
        facts["value " + name + " = " + std::to_string(value.number())] = value.name();
    }
}

void add_message(const DescriptorProto& type, const std::string& scope, Facts& facts) {
    const auto name = scope + "." + type.name();
    facts["message " + name] = type.options().SerializeAsString();  // type number, version, class
    for (const auto& field : type.field()) {
        facts["field " + name + " = " + std::to_string(field.number())] =
            field.name() + ' ' + std::to_string(field.type()) + ' ' +
            std::to_string(field.label()) + ' ' + field.type_name();
    }
    for (const auto& nested : type.nested_type()) {
        add_message(nested, name, facts);
    }
    for (const auto& nested : type.enum_type()) {
        add_enum(nested, name, facts);
    }
}

Facts facts_of(const FileDescriptorSet& set) {
    Facts facts;
    for (const auto& file : set.file()) {
        if (file.package() != "chopmark.schema") {
            continue;  // Protobuf's own
        }
        for (const auto& message : file.message_type()) {
            add_message(message, file.package(), facts);
        }
        for (const auto& type : file.enum_type()) {
            add_enum(type, file.package(), facts);
        }
        for (const auto& option : file.extension()) {
            facts["option " + std::to_string(option.number())] = option.name();
        }
    }
    return facts;
}

std::vector<std::string> broken(const Facts& committed, const Facts& built) {
    std::vector<std::string> out;
    for (const auto& [what, how] : committed) {
        const auto now = built.find(what);
        if (now == built.end()) {
            out.push_back(what + " is gone");
        } else if (now->second != how) {
            out.push_back(what + " has changed");
        }
    }
    return out;
}

TEST(SchemaDescriptors, KeepWhatWasCommitted) {
    const auto built = read_file(built_path);
    ASSERT_FALSE(built.empty()) << built_path;
    const auto committed = read_file(committed_path);
    const auto changes = broken(facts_of(parse(committed)), facts_of(parse(built)));
    for (const auto& change : changes) {
        ADD_FAILURE() << change << "; another meaning is another type";
    }
    if (changes.empty() && std::getenv("CHOPMARK_REFRESH") != nullptr) {
        std::ofstream(committed_path, std::ios::binary | std::ios::trunc) << built;
    }
    EXPECT_EQ(facts_of(parse(read_file(committed_path))), facts_of(parse(built)))
        << "something was added; take it over by: CHOPMARK_REFRESH=1 build/release/golden_tests "
           "--gtest_filter='Schema*'";
}

TEST(SchemaDescriptors, WouldNoticeEveryKindOfBreak) {
    const auto set = parse(read_file(committed_path));
    const auto before = facts_of(set);
    ASSERT_FALSE(before.empty());
    const auto breaks_after = [&](auto&& change) {
        auto changed = set;
        for (auto& file : *changed.mutable_file()) {
            if (file.name() == "events/schema/login.proto") {
                change(file);
            }
        }
        return broken(before, facts_of(changed)).size();
    };
    const auto field_of = [](auto& file) { return file.mutable_message_type(0)->mutable_field(0); };
    EXPECT_EQ(breaks_after([](auto&) {}), 0U);
    EXPECT_EQ(breaks_after([](auto& file) { file.mutable_message_type(0)->add_field(); }), 0U);
    EXPECT_EQ(breaks_after(
                  [](auto& file) { file.mutable_message_type(0)->mutable_field()->RemoveLast(); }),
              1U);
    EXPECT_EQ(breaks_after([&](auto& file) { field_of(file)->set_number(99); }), 1U);
    EXPECT_EQ(breaks_after([&](auto& file) { field_of(file)->set_name("other"); }), 1U);
    EXPECT_EQ(breaks_after([&](auto& file) {
                  field_of(file)->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
              }),
              1U);
    EXPECT_EQ(breaks_after([](auto& file) {
                  file.mutable_enum_type(0)->mutable_value(1)->set_name("OTHER");
              }),
              1U);
    EXPECT_EQ(breaks_after([](auto& file) {
                  for (auto& message : *file.mutable_message_type()) {
                      message.clear_options();
                  }
              }),
              11U);  // the events of that file
}

}  // namespace
}  // namespace chopmark::schema
