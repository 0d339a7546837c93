#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "ops/config/nearest.h"
#include "ops/config/read.h"
#include "ops/config/setting.h"

namespace chopmark::config {
namespace {

std::string fault(std::string_view text) {
    const auto read = parse_config(text, "f.toml");
    EXPECT_FALSE(read.has_value()) << text;
    if (read) {
        return {};
    }
    EXPECT_EQ(read.error(), refused);
    return read.error().detail;
}

bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(Config, EmptyFileGivesTheDefaults) {
    const auto read = parse_config("", "f.toml");
    ASSERT_TRUE(read.has_value()) << to_string(read.error());
    EXPECT_EQ(print_config(*read), print_config(Config()));
    EXPECT_EQ(read->rp.listen.address, "127.0.0.1");
    EXPECT_EQ(read->node.environment, Environment::sandbox);
}

TEST(Config, ReadsEveryTypeOfValue) {
    const auto read = parse_config(R"(
        [node]
        name = "hk-2"
        environment = "integration"
        [journal]
        partitions = 32
        [keys]
        epoch_keys = "pkcs11"
        pkcs11.pin_file = "/run/pin"
        [gateways.rp]
        address = "::"
        port = 443
        tls = { certificate_file = "c.pem", key_file = "k.pem" }
        [outside]
        immigration = { url = "https://r.example", certificate_file = "c", key_file = "k", timeout = "1500ms" }
        face_matcher = { url = "https://m.example", certificate_file = "c", key_file = "k" }
        certification = { url = "https://c.example", certificate_file = "c", key_file = "k" }
        push = { url = "https://p.example", certificate_file = "c", key_file = "k" }
        [relying_parties]
        kek_authorities_file = "authorities.pem"
        kek_revocations_file = "revocations.pem"
        [metrics]
        on = false
    )",
                                   "f.toml");
    ASSERT_TRUE(read.has_value()) << to_string(read.error());
    EXPECT_EQ(read->node.name, "hk-2");
    EXPECT_EQ(read->node.environment, Environment::integration);
    EXPECT_EQ(read->journal.partitions, 32);
    EXPECT_EQ(read->keys.pkcs11_pin_file, "/run/pin");
    EXPECT_EQ(read->rp.listen.address, "::");
    EXPECT_EQ(read->rp.listen.port, 443);
    EXPECT_EQ(read->rp.listen.tls.key_file, "k.pem");
    EXPECT_EQ(read->app.listen.port, Config().app.listen.port);
    EXPECT_EQ(read->immigration.timeout, std::chrono::milliseconds(1500));
    EXPECT_FALSE(read->metrics);
}

TEST(Config, RefusesAnUnknownKeyAndNamesTheNearest) {
    EXPECT_EQ(fault("[gateways.rp]\nprot = 1\n"),
              "f.toml:2: gateways.rp.prot is unknown; is gateways.rp.port meant?");
    EXPECT_EQ(fault("[nod]\nname = \"a\"\n"), "f.toml:2: nod.name is unknown; is node.name meant?");
    EXPECT_EQ(fault("colour = 1"), "f.toml:1: colour is unknown");
}

TEST(Config, TellsEveryFaultAtOnceInTheOrderOfTheFile) {
    const std::string detail = fault(
        "[log]\nlevel = \"loud\"\n[node]\nname = 7\n[journal]\npartitions = 1025\nwhat = 1\n");
    EXPECT_EQ(detail,
              "f.toml:2: log.level must be one of \"debug\" | \"info\" | \"warn\" | \"error\"\n"
              "f.toml:4: node.name must be a text in quotes\n"
              "f.toml:6: journal.partitions must be a whole number in 1..1024\n"
              "f.toml:7: journal.what is unknown");
}

TEST(Config, NamesTheLineWhereTheFileIsNotToml) {
    EXPECT_TRUE(fault("[node]\nname = \"a\nb\"\n").starts_with("f.toml:2: "));
    EXPECT_TRUE(fault("[node]\nname = \"a\"\nname = \"b\"\n").starts_with("f.toml:3: "));
}

TEST(Config, RefusesValuesOutOfBounds) {
    for (const char* text : {
             "journal.partitions = 0",
             "journal.partitions = -1",
             "journal.partitions = 16.0",
             "journal.partitions = \"16\"",
             "gateways.rp.port = 65536",
             "gateways.rp.address = \"localhost\"",
             "gateways.rp.origin = \"https://a.example/path\"",
             "gateways.rp.clear_text = \"yes\"",
             "node.name = \"Not Good\"",
             "node.data = \"\"",
             "outside.push.url = \"http://a.example\"",
             "outside.push.timeout = \"61s\"",
             "outside.push.timeout = \"5\"",
             "outside.push.timeout = 5",
             "log.file_bytes = 1",
             "node = 3",
             "node.name = [\"a\"]",
             "node.name = 1979-05-27",
         }) {
        EXPECT_TRUE(fault(text).starts_with("f.toml:1: ")) << text;
    }
}

TEST(Config, RefusesWhatContradictsTheEnvironment) {
    const std::string detail = fault("node.environment = \"production\"");
    EXPECT_TRUE(mentions(detail, "keys.epoch_keys"));
    EXPECT_TRUE(mentions(detail, "outside.immigration.url is needed"));
    EXPECT_TRUE(mentions(fault("[node]\nenvironment = \"integration\"\n"
                               "[journal]\nback_end = \"memory\"\n"),
                         "journal.back_end"));
    EXPECT_TRUE(mentions(fault("keys.epoch_keys = \"pkcs11\""), "pin_file"));
}

TEST(Config, RefusesAnOpenAddressWithoutTlsUnlessToldTo) {
    for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1"}) {
        const std::string at = "gateways.app.address = \"" + std::string(address) + "\"\n";
        EXPECT_TRUE(mentions(fault(at), "gateways.app: http.clear_text_off_loopback")) << address;
        EXPECT_TRUE(parse_config(at + "gateways.app.clear_text = true", "f").has_value());
    }
    for (const char* address : {"127.0.0.1", "127.0.0.53", "::1", "0:0:0:0:0:0:0:1"}) {
        EXPECT_TRUE(parse_config("gateways.app.address = \"" + std::string(address) + "\"", "f")
                        .has_value())
            << address;
    }
    EXPECT_TRUE(mentions(fault("gateways.app.tls.key_file = \"k\""), "http.tls_incomplete"));
    EXPECT_TRUE(mentions(fault("gateways.app.tls.client_ca_file = \"k\""), "http.tls_incomplete"));
    EXPECT_TRUE(mentions(fault("gateways.app.tls.client_crl_file = \"k\""), "http.tls_incomplete"));
}

TEST(Config, PrintedFileReadsBackAsTheSameConfiguration) {
    Config config;
    config.node.name = "other";
    config.node.data = "a \"quoted\"\\\t folder";
    config.log.level = telemetry::Level::warn;
    config.log.file_bytes = 1 << 20;
    config.admin.listen.port = 0;
    config.push.timeout = std::chrono::milliseconds(250);
    config.metrics = false;
    config.front.peers.requests_per_second = 17;
    const std::string printed = print_config(config);
    const auto read = parse_config(printed, "printed");
    ASSERT_TRUE(read.has_value()) << to_string(read.error());
    EXPECT_EQ(print_config(*read), printed);
    EXPECT_EQ(read->node.data, config.node.data);
    EXPECT_EQ(read->log.file_bytes, config.log.file_bytes);
    EXPECT_EQ(read->push.timeout, config.push.timeout);
    EXPECT_EQ(read->front.peers.requests_per_second, 17);
}

TEST(Config, PrintedFileExplainsEverySetting) {
    const std::string printed = print_config(Config());
    for (const Setting& setting : settings()) {
        EXPECT_TRUE(mentions(printed, "# " + setting.consequence + "\n# " + setting.type +
                                          "; default " + setting.show(Config())))
            << setting.key;
    }
}

TEST(Settings, HaveKeysOfTheirOwnAndSayWhatFollows) {
    std::set<std::string> keys;
    for (const Setting& setting : settings()) {
        EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
        EXPECT_GE(setting.consequence.size(), 15U) << setting.key;
        EXPECT_NE(setting.key.find('.'), std::string::npos) << setting.key;
    }
}

// Two rows about one member would make the second a trap.
TEST(Settings, EachChangesAMemberThatNoOtherShows) {
    for (const Setting& changed : settings()) {
        Config config;
        for (const Value& value :
             {Value(true), Value(false), Value(std::int64_t{1}), Value(std::int64_t{2}),
              Value(std::int64_t{1 << 17}), Value(std::int64_t{1 << 21}), Value("other"),
              Value("https://a.example"), Value("127.0.0.9"), Value("7s"), Value("memory"),
              Value("pkcs11"), Value("production"), Value("error"), Value("required"), Value("tls"),
              Value("scram-sha-512")}) {
            if (changed.assign(config, value).empty() &&
                changed.show(config) != changed.show(Config())) {
                break;
            }
        }
        EXPECT_NE(changed.show(config), changed.show(Config())) << changed.key;
        for (const Setting& other : settings()) {
            if (other.key != changed.key) {
                EXPECT_EQ(other.show(config), other.show(Config())) << changed.key << other.key;
            }
        }
    }
}

TEST(Config, RefusesAFileThatIsAbsentOrTooLong) {
    const std::filesystem::path folder =
        ::testing::TempDir() + "chopmark_config." + std::to_string(getpid());
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "f.toml").string();
    EXPECT_EQ(read_config(path).error(), unreadable);
    EXPECT_EQ(read_config(folder.string()).error(), unreadable);
    std::ofstream(path) << "node.name = \"from-disk\"\n";
    EXPECT_EQ(read_config(path)->node.name, "from-disk");
    std::ofstream(path) << "#" << std::string(1 << 20, 'x');
    EXPECT_EQ(read_config(path).error(), unreadable);
    std::ofstream(path, std::ios::trunc).flush();
    EXPECT_TRUE(read_config(path).has_value());
    std::filesystem::remove_all(folder);
}

TEST(Durations, AreReadAndShownInTheLargestUnitThatFits) {
    const std::pair<const char*, Duration> equal[] = {
        {"0s", Duration(0)},
        {"1us", Duration(1)},
        {"250ms", std::chrono::milliseconds(250)},
        {"90s", std::chrono::seconds(90)},
        {"18min", std::chrono::minutes(18)},
        {"4h", std::chrono::hours(4)},
        {"3d", std::chrono::hours(72)},
    };
    for (const auto& [text, duration] : equal) {
        Duration read{-1};
        EXPECT_TRUE(parse_duration(text, read)) << text;
        EXPECT_EQ(read, duration) << text;
        EXPECT_EQ(duration_text(duration), text);
    }
    Duration read{-1};
    EXPECT_TRUE(parse_duration("60000ms", read));
    EXPECT_EQ(duration_text(read), "1min");
    for (const char* text : {"", "s", "5", "-5s", "5 s", "5S", "5m", "1h30min",
                             "99999999999999999999s", "9223372036854775807d", "0x5s", "1.5s"}) {
        EXPECT_FALSE(parse_duration(text, read)) << text;
    }
}

// Distances as published for these pairs in the literature on the restricted Damerau distance.
TEST(Nearest, CountsInsertionsDeletionsReplacementsAndSwaps) {
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("saturday", "sunday"), 3U);
    EXPECT_EQ(edit_distance("ca", "abc"), 3U);
    EXPECT_EQ(edit_distance("prot", "port"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("abc", "abc"), 0U);
    const std::string_view known[] = {"level", "file", "files"};
    EXPECT_EQ(nearest("fil", known), "file");
    EXPECT_EQ(nearest("levle", known), "level");
    EXPECT_EQ(nearest("quite_else", known), std::nullopt);
}

}  // namespace
}  // namespace chopmark::config
