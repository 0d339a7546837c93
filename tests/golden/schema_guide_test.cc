// ops/guides/event-catalogue.md is made from the descriptors and committed, so that readers need no
// build: this test makes it again and compares. CHOPMARK_REFRESH=1 writes it.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "events/schema/catalog.h"
#include "events/schema/event.h"

namespace chopmark::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

constexpr auto path = CHOPMARK_SOURCE_DIR "/ops/guides/event-catalogue.md";

constexpr auto opening = R"(# Event catalogue

Made from `events/schema/*.proto` by `CHOPMARK_REFRESH=1 build/release/golden_tests
--gtest_filter='Schema*'`; a test compares. Do not edit.

Every event is one record of three layers. The **leaf** is open to auditors and is what proofs are
about; the **link box** is sealed under a platform key of its class and month and says what belongs
together; the **personal box** is sealed under the person's key and dies with it. The column *class*
is the retention class of the personal box, unless the decision says otherwise. Every leaf also has
the fixed prelude and the fields of `LeafHead`, every link box those of `LinkHead`. A field `x[]` is
repeated; a field `x: Part` has the fields of that part, listed below its family.

Three types have fixed binary tails instead of layers, because the accept rule reads them
(`events/journal/accept.h`): 0x0001 `PartitionOpened`, 0x0002 `TermOpened`, 0x0003 `NodesWithdrawn`.
0x000d is kept for `SlotMoved`.

)";

std::string hex4(std::uint32_t number) {
    std::ostringstream out;
    out << "0x" << std::hex << (number >> 12 & 15) << (number >> 8 & 15) << (number >> 4 & 15)
        << (number & 15);
    return out.str();
}

std::string field_text(const FieldDescriptor& field) {
    auto text = field.name();
    if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
        text += ": " + field.message_type()->name();
    } else if (field.type() == FieldDescriptor::TYPE_ENUM) {
        const auto* owner = field.enum_type()->containing_type();
        text += ": " + (owner != nullptr ? owner->name() + "." : "") + field.enum_type()->name();
    }
    return text + (field.is_repeated() ? "[]" : "");
}

std::string fields_text(const Descriptor& layer) {
    std::string text;
    for (int i = 0; i < layer.field_count(); ++i) {
        if (layer.field(i)->name() != "head") {
            text += (text.empty() ? "" : ", ") + field_text(*layer.field(i));
        }
    }
    return text.empty() ? "–" : text;
}

std::string class_name(Retention retention) {
    auto name = Retention_Name(retention);
    for (auto& letter : name) {
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    return name;
}

void write_enum(std::ostream& page, const EnumDescriptor& type) {
    const auto* owner = type.containing_type();
    page << "| `" << (owner != nullptr ? owner->name() + "." : "") << type.name() << "` | ";
    for (int i = 1; i < type.value_count(); ++i) {
        page << (i > 1 ? ", " : "") << type.value(i)->number() << ' ' << type.value(i)->name();
    }
    page << " |\n";
}

/// Messages that are parts of events, and enums; layers are in the table of events.
void write_parts(std::ostream& page, const FileDescriptor& file) {
    std::ostringstream rows;
    std::vector<const Descriptor*> parts;
    for (int i = 0; i < file.message_type_count(); ++i) {
        const auto* message = file.message_type(i);
        if (!message->options().HasExtension(type_number)) {
            parts.push_back(message);
            continue;
        }
        for (int j = 0; j < message->nested_type_count(); ++j) {
            const auto* nested = message->nested_type(j);
            const std::set<std::string> layers{"Leaf", "Link", "Personal"};
            if (!layers.contains(nested->name())) {
                parts.push_back(nested);
            }
        }
    }
    for (const auto* part : parts) {
        rows << "| `" << part->name() << "` | " << fields_text(*part) << " |\n";
        for (int i = 0; i < part->enum_type_count(); ++i) {
            write_enum(rows, *part->enum_type(i));
        }
    }
    for (int i = 0; i < file.enum_type_count(); ++i) {
        write_enum(rows, *file.enum_type(i));
    }
    if (!rows.str().empty()) {
        page << "\n| part | fields or values |\n|---|---|\n" << rows.str();
    }
}

const FileDescriptor& file_named(std::string_view name) {
    return *DescriptorPool::generated_pool()->FindFileByName("events/schema/" + std::string(name) +
                                                             ".proto");
}

std::string render() {
    std::ostringstream page;
    page << opening << "## In every record\n";
    write_parts(page, file_named("common"));
    for (const auto& family : families()) {
        page << "\n## " << family.title << " (" << hex4(family.block << 8) << "–"
             << hex4(family.block << 8 | 0xff) << ", `" << family.name << ".proto`)\n\n"
             << "| number | event | version | class | leaf | link box | personal box |\n"
             << "|---|---|---|---|---|---|---|\n";
        for (const auto& event : all_events()) {
            if (family_block(event.type) != family.block) {
                continue;
            }
            const auto* message =
                file_named(family.name).FindMessageTypeByName(std::string(event.name));
            page << "| " << hex4(event.type.value()) << " | `" << event.name << "` | "
                 << event.version << " | " << class_name(event.retention) << " | "
                 << fields_text(*message->FindNestedTypeByName("Leaf")) << " | "
                 << fields_text(*message->FindNestedTypeByName("Link")) << " | "
                 << fields_text(*message->FindNestedTypeByName("Personal")) << " |\n";
        }
        write_parts(page, file_named(family.name));
    }
    return page.str();
}

TEST(SchemaGuide, IsWhatTheDescriptorsSay) {
    const auto page = render();
    if (std::getenv("CHOPMARK_REFRESH") != nullptr) {
        std::ofstream(path, std::ios::trunc) << page;
    }
    std::ostringstream committed;
    committed << std::ifstream(path).rdbuf();
    EXPECT_EQ(committed.str(), page)
        << "write it by: CHOPMARK_REFRESH=1 build/release/golden_tests --gtest_filter='Schema*'";
}

TEST(SchemaGuide, NamesEveryEvent) {
    const auto page = render();
    for (const auto& event : all_events()) {
        EXPECT_NE(page.find("`" + std::string(event.name) + "`"), std::string::npos) << event.name;
    }
}

}  // namespace
}  // namespace chopmark::schema
