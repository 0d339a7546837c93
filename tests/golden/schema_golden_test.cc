// The bytes of every event as they were first written. What is in events.txt was in a journal once
// and must be readable for ever: a line is never changed, and a type whose sample no longer has the
// bytes of its line has changed its meaning and needs a new type number and an upcaster.
//
//   events.txt = (type ' ' name ' ' version ' ' leaf_body ' ' link ' ' personal '\n')*
//                                             ; hexadecimal, '-' for an empty layer
//
// CHOPMARK_REFRESH=1 appends lines for new types, and only those.
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>

#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "tests/support/sample_event.h"

namespace chopmark::schema {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr auto path = CHOPMARK_SOURCE_DIR "/tests/golden/data/events.txt";
constexpr auto advice =
    "; new types are added by: CHOPMARK_REFRESH=1 build/release/golden_tests "
    "--gtest_filter='Schema*'";

struct Line {
    std::string name;
    unsigned version = 0;
    Layers layers;
    std::string text;
};
using Corpus = std::map<record::TypeNumber, Line>;

std::string layer_text(const Bytes& layer) { return layer.empty() ? "-" : to_hex(layer); }

Bytes layer_bytes(const std::string& text) {
    const auto bytes = from_hex(text == "-" ? "" : text);
    EXPECT_TRUE(bytes) << text;
    return bytes.value_or(Bytes());
}

Corpus read_corpus() {
    Corpus corpus;
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);) {
        std::istringstream words(text);
        Line line;
        std::uint32_t number = 0;
        std::string leaf_body;
        std::string link;
        std::string personal;
        words >> std::hex >> number >> std::dec >> line.name >> line.version >> leaf_body >> link >>
            personal;
        EXPECT_TRUE(words) << text;
        line.layers = {layer_bytes(leaf_body), layer_bytes(link), layer_bytes(personal)};
        line.text = text;
        EXPECT_TRUE(corpus.emplace(record::TypeNumber(number), std::move(line)).second) << text;
    }
    return corpus;
}

std::string line_of(const EventInfo& info) {
    const auto layers = *encode(test::sample_event(info));
    std::ostringstream line;
    line << "0x" << std::hex << std::setfill('0') << std::setw(4) << info.type.value() << std::dec
         << ' ' << info.name << ' ' << info.version << ' ' << layer_text(layers.leaf_body) << ' '
         << layer_text(layers.link) << ' ' << layer_text(layers.personal);
    return line.str();
}

void append_new_types() {
    auto corpus = read_corpus();
    for (const auto& info : all_events()) {
        if (!corpus.contains(info.type)) {
            corpus[info.type].text = line_of(info);
        }
    }
    std::ofstream file(path, std::ios::trunc);
    for (const auto& [type, line] : corpus) {
        file << line.text << '\n';
    }
}

class SchemaGolden : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (std::getenv("CHOPMARK_REFRESH") != nullptr) {
            append_new_types();
        }
    }
    const Corpus corpus_ = read_corpus();
};

TEST_F(SchemaGolden, HoldsEveryEventOfTheCatalogue) {
    for (const auto& info : all_events()) {
        const auto line = corpus_.find(info.type);
        ASSERT_NE(line, corpus_.end()) << info.name << advice;
        EXPECT_EQ(line->second.name, info.name);
        EXPECT_EQ(line->second.version, info.version) << info.name;
    }
}

TEST_F(SchemaGolden, ReadsEveryVersionEverWritten) {
    for (const auto& [type, line] : corpus_) {
        const auto event =
            decode(type, line.layers.leaf_body, line.layers.link, line.layers.personal);
        ASSERT_TRUE(event) << line.name << ": " << to_string(event.error());
    }
}

TEST_F(SchemaGolden, GivesTheFieldValuesThatWereWritten) {
    for (const auto& [type, line] : corpus_) {
        const auto* info = find_event(type);
        if (info == nullptr) {
            continue;  // retired: its successor is another message
        }
        const auto event =
            *decode(type, line.layers.leaf_body, line.layers.link, line.layers.personal);
        std::string difference;
        MessageDifferencer compare;
        compare.ReportDifferencesToString(&difference);
        // A field that was added later is in nothing that was written before.
        compare.set_scope(MessageDifferencer::PARTIAL);
        EXPECT_TRUE(
            compare.Compare(test::message_of(event), test::message_of(test::sample_event(*info))))
            << line.name << " is frozen; another meaning is another type.\n"
            << difference;
    }
}

TEST_F(SchemaGolden, WritesTheSameBytesToday) {
    for (const auto& [type, line] : corpus_) {
        if (find_event(type) == nullptr) {
            continue;
        }
        const auto event =
            *decode(type, line.layers.leaf_body, line.layers.link, line.layers.personal);
        const auto layers = encode(event);
        ASSERT_TRUE(layers) << line.name;
        EXPECT_EQ(to_hex(layers->leaf_body), to_hex(line.layers.leaf_body)) << line.name;
        EXPECT_EQ(to_hex(layers->link), to_hex(line.layers.link)) << line.name;
        EXPECT_EQ(to_hex(layers->personal), to_hex(line.layers.personal)) << line.name;
    }
}

}  // namespace
}  // namespace chopmark::schema
