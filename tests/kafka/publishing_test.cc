// What outsiders read: the public topic and those of alerts, written by a node and read by a client
// that knows nothing of it but the topic.
#include "ops/publishing.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "events/crypto/digest.h"
#include "events/fold/memory_rows.h"
#include "events/fold/runner.h"
#include "events/schema/event.h"
#include "ops/kafka_cluster.h"
#include "projections/alerts_view/alerts_view.h"
#include "tests/kafka/kafka_node.h"
#include "tests/support/plain_vault.h"

namespace chopmark::test {
namespace {

using namespace std::chrono_literals;
namespace kafka = journal::kafka;

constexpr PartitionId citizens{1};

struct Seen {
    std::uint64_t sequence = 0;
    std::string id;
    std::string type;
    std::string source;
    std::string prelude;
    std::string content_type;
    Bytes key;
    Bytes data;
};

/// All that a partition of a topic has; empty while it is not there.
std::vector<Seen> read_all(const std::string& topic, PartitionId partition) {
    std::vector<Seen> out;
    auto settings = KafkaBroker::here().client();
    settings["enable.partition.eof"] = "true";
    settings["auto.offset.reset"] = "error";
    const auto consumer = kafka::Consumer::open(settings, topic, {});
    const auto marks = (*consumer)->watermarks(partition, 10s);
    if (!marks || !(*consumer)->assign({{partition, marks->low}})) {
        return out;
    }
    for (const auto until = kafka::within(30s); !kafka::passed(until);) {
        const auto batch = (*consumer)->poll(100ms, 256);
        for (std::size_t i = 0; i < batch.messages().size(); ++i) {
            const kafka::Message& message = batch.messages()[i];
            const auto header = [&](const char* name) {
                return std::string(batch.header(i, name).value_or(""));
            };
            if (message.what == kafka::Message::What::end) {
                return out;
            }
            if (message.what == kafka::Message::What::record) {
                out.push_back({std::stoull("0" + header("ce_sequence")), header("ce_id"),
                               header("ce_type"), header("ce_source"), header("ce_prelude"),
                               header("content-type"), Bytes(message.key), Bytes(message.payload)});
            }
        }
    }
    ADD_FAILURE() << topic << " has no end";
    return out;
}

/// What a reader keeps who follows the rule for readers: the next sequence, and nothing else.
std::vector<Seen> in_order(const std::vector<Seen>& all) {
    std::vector<Seen> out;
    for (const Seen& one : all) {
        if (one.sequence == out.size()) {
            out.push_back(one);
        }
    }
    return out;
}

void expect_is_log(const std::vector<Seen>& seen, const journal::Journal& journal,
                   PartitionId partition) {
    const auto entries = JournalHome::all_of(journal, partition);
    ASSERT_EQ(seen.size(), entries.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(crypto::sha256({std::string(1, '\0'), from_base64(seen[i].prelude).value_or(""),
                                  seen[i].data}),
                  entries[i]->leaf_hash)
            << i;
    }
}

/// A node that publishes, with topics of its own unless told otherwise.
class PublishingNode {
  public:
    PublishingNode(KafkaLog& log, const TestNode& node, bool make_topics = true) : log_(log) {
        config.public_topic = log.topic + "-public";
        config.alert_topic = log.topic + "-alerts";
        config.alert_state_topic = log.topic + "-alert-state";
        config.brokers = KafkaBroker::here().bootstrap();
        config.replication = 1;
        config.min_insync = 1;
        if (make_topics) {
            make(ops::public_topic(config, KafkaLog::citizen_partitions));
            make(ops::alert_topic(config));
            make(ops::alert_state_topic(config));
        }
        auto opened = log.open(node);
        EXPECT_TRUE(opened) << to_string(opened.error());
        journal = *std::move(opened);
        tables = *fold::LiveTables::open(rows);
        const auto table = tables->adopt(view.name(), view.version());
        views = *fold::Runner::open({*journal, *tables, vault, log.clock}, {{&view, *table}}, {});
        views->start();
        telemetry::LogOptions quiet;
        quiet.level = telemetry::Level::warn;
        quiet.file = (log.folder.path() / (node.endpoint() + ".log")).string();
        file = quiet.file;
        events = *telemetry::Log::open(quiet, log.clock);
    }
    ~PublishingNode() {
        publishing.reset();
        views->stop();
    }

    static void make(const kafka::TopicRules& rules) {
        const auto made =
            kafka::create_topic(KafkaBroker::here().client(), rules, {}, std::chrono::seconds(30));
        EXPECT_TRUE(made) << to_string(made.error());
    }
    Result<void> publish() {
        CHOPMARK_ASSIGN(publishing,
                        ops::Publishing::open(
                            config, {*journal, vault, *tables, origin,
                                     [this](PartitionId) { return serves.load(); }, *events}));
        publishing->start();
        return {};
    }
    [[nodiscard]] std::vector<Seen> read(PartitionId partition) const {
        return read_all(config.public_topic, partition);
    }
    /// Waits until the topic has all of the log, each at least once.
    [[nodiscard]] bool published(PartitionId partition) const {
        return eventually([&] {
            return in_order(read(partition)).size() == journal->head(partition)->next.value();
        });
    }
    [[nodiscard]] double number(const std::string& line) const {
        telemetry::Samples samples;
        publishing->probe(samples);
        const std::string text = samples.text();
        const auto at = text.find(line);
        return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
    }

    /// Lines of the node's log that tell of an event.
    [[nodiscard]] std::size_t told(const std::string& event) const {
        events->flush();
        std::ifstream in(file);
        std::size_t out = 0;
        for (std::string line; std::getline(in, line);) {
            out += line.find('"' + event + '"') != std::string::npos ? 1 : 0;
        }
        return out;
    }

    config::KafkaConfig config;
    std::string file;
    std::unique_ptr<journal::KafkaJournal> journal;
    std::string origin = "sandbox.example/log";
    std::atomic<bool> serves{true};
    PlainVault vault;
    fold::MemoryRows rows{fold::MemoryRows::Options()};
    std::unique_ptr<fold::LiveTables> tables;
    alerts_view::AlertsView view;
    std::unique_ptr<fold::Runner> views;
    std::unique_ptr<telemetry::Log> events;
    std::unique_ptr<ops::Publishing> publishing;

  private:
    KafkaLog& log_;
};

TEST(PublicTopic, HasEveryAcceptedLeafOnceAndNothingElse) {
    KafkaLog log;
    PublishingNode node(log, log.first);
    ASSERT_TRUE(node.publish());
    SteadyOwner owner(*node.journal, citizens, "record");
    ASSERT_TRUE(owner.write(700, 60s));
    // A stranger's record in the journal's topic is no record of the log.
    auto stranger = kafka::Producer::open(KafkaBroker::here().client(), log.topic, {});
    const kafka::Outgoing junk{"k", "not a record", {}};
    const std::atomic<bool> never{false};
    ASSERT_TRUE((*stranger)->deliver(citizens, std::span(&junk, 1), kafka::within(30s), never));
    ASSERT_TRUE(owner.write(701, 60s));

    ASSERT_TRUE(node.published(citizens));
    const auto all = node.read(citizens);
    EXPECT_EQ(in_order(all).size(), all.size()) << "twice, or out of order";
    expect_is_log(all, *node.journal, citizens);
    const auto entries = JournalHome::all_of(*node.journal, citizens);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].id, record::decode_prelude(entries[i]->record.leaf)->event_id.hex());
        EXPECT_EQ(all[i].key, all[i].id);
        EXPECT_EQ(all[i].source, node.origin + "/1#" + log.founding.hash.hex());
        for (const Bytes* box : {&entries[i]->record.link_box, &entries[i]->record.personal_box}) {
            EXPECT_TRUE(box->empty() || all[i].data.find(*box) == std::string::npos);
        }
    }
    EXPECT_EQ(all[0].type, "chopmark.PartitionOpened");
    EXPECT_EQ(all[1].type, "chopmark.TermOpened");
    EXPECT_EQ(all[2].type, "chopmark.LoginApproved");
    EXPECT_EQ(all[2].content_type, "application/protobuf");
    EXPECT_EQ(node.number("chopmark_publish_lag_records{topic=\"public\",partition=\"1\"} "), 0);
    EXPECT_EQ(node.number("chopmark_publish_errors_total{topic=\"public\"} "), 0);
}

TEST(PublicTopic, GoesOnBehindItsEndAfterARestart) {
    KafkaLog log;
    PublishingNode node(log, log.first);
    SteadyOwner owner(*node.journal, citizens, "record");
    for (const std::size_t count : {1U, 300U, 301U, 900U}) {
        ASSERT_TRUE(node.publish());
        ASSERT_TRUE(owner.write(count, 60s));
        ASSERT_TRUE(node.published(citizens));
        node.publishing.reset();
    }
    EXPECT_EQ(node.read(citizens).size(), node.journal->head(citizens)->next.value());
    expect_is_log(node.read(citizens), *node.journal, citizens);
}

TEST(PublicTopic, LosesNothingWhenOwnersChangeOrAreTwo) {
    KafkaLog log;
    PublishingNode first(log, log.first);
    PublishingNode second(log, log.second, false);
    SteadyOwner owner(*first.journal, citizens, "record");
    ASSERT_TRUE(first.publish());
    ASSERT_TRUE(second.publish());
    for (std::size_t round = 1; round <= 8; ++round) {
        // Every third round both believe to be the owner.
        first.serves = round % 3 != 1;
        second.serves = round % 3 != 2;
        ASSERT_TRUE(owner.write(round * 150, 60s));
    }
    first.serves = false;
    second.serves = true;
    ASSERT_TRUE(second.published(citizens));
    expect_is_log(in_order(second.read(citizens)), *first.journal, citizens);
}

TEST(PublicTopic, ThatIsNotThereIsWaitedForAndFilledOnceItIs) {
    KafkaLog log;
    PublishingNode node(log, log.first, false);
    ASSERT_TRUE(node.publish());
    SteadyOwner owner(*node.journal, citizens, "record");
    ASSERT_TRUE(owner.write(50, 60s));
    ASSERT_TRUE(eventually([&] {
        return node.number("chopmark_publish_errors_total{topic=\"public\"} ") > 0 &&
               node.number("chopmark_publish_lag_records{topic=\"public\",partition=\"1\"} ") > 50;
    }));
    PublishingNode::make(ops::public_topic(node.config, KafkaLog::citizen_partitions));
    ASSERT_TRUE(node.published(citizens));
    expect_is_log(node.read(citizens), *node.journal, citizens);
    // Once for each that had to wait: three partitions of leaves, and alerts.
    EXPECT_GE(node.told("publish.waiting"), 1U);
    EXPECT_LE(node.told("publish.waiting"), 5U);
}

TEST(PublicTopic, ThatLostItsEndIsFilledAgain) {
    KafkaLog log;
    PublishingNode node(log, log.first);
    ASSERT_TRUE(node.publish());
    SteadyOwner owner(*node.journal, citizens, "record");
    ASSERT_TRUE(owner.write(100, 60s));
    ASSERT_TRUE(node.published(citizens));
    const auto admin = kafka::Admin::open(KafkaBroker::here().client(), {});
    ASSERT_TRUE((*admin)->remove(node.config.public_topic, 30s));
    ASSERT_TRUE(eventually([&] { return !(*admin)->describe(node.config.public_topic, 5s); }));
    PublishingNode::make(ops::public_topic(node.config, KafkaLog::citizen_partitions));
    ASSERT_TRUE(owner.write(110, 60s));
    ASSERT_TRUE(node.published(citizens));
    expect_is_log(in_order(node.read(citizens)), *node.journal, citizens);
}

TEST(PublicTopic, ThatCouldLoseOrCompactIsRefusedByName) {
    KafkaLog log;
    PublishingNode node(log, log.first, false);
    const auto admin = kafka::Admin::open(KafkaBroker::here().client(), {});
    const auto refused = [&](std::string& topic, kafka::TopicRules rules, const char* setting,
                             const char* value) {
        auto facts = kafka::wanted_topic(rules);
        facts.settings[setting] = value;
        const std::string ours = std::exchange(topic, topic + '-' + setting);
        EXPECT_TRUE((*admin)->create(topic, facts, 30s));
        EXPECT_TRUE(eventually([&] { return (*admin)->describe(topic, 10s).has_value(); }));
        const auto opened = node.publish();
        EXPECT_FALSE(opened);
        EXPECT_EQ(opened.error(), kafka::topic_unsafe);
        EXPECT_EQ(opened.error().detail.find(topic + ": " + setting + " is " + value), 0U)
            << opened.error().detail;
        topic = ours;
    };
    const auto leaves = ops::public_topic(node.config, KafkaLog::citizen_partitions);
    refused(node.config.public_topic, leaves, "cleanup.policy", "compact");
    refused(node.config.public_topic, leaves, "retention.ms", "604800000");
    refused(node.config.alert_topic, ops::alert_topic(node.config), "retention.bytes", "1000000");
    refused(node.config.alert_state_topic, ops::alert_state_topic(node.config), "cleanup.policy",
            "delete");
}

TEST(PublicTopic, OfAnotherLogIsLeftAlone) {
    KafkaLog log;
    KafkaLog other;
    PublishingNode node(log, log.first);
    ASSERT_TRUE(node.publish());
    ASSERT_TRUE(node.published(citizens));
    PublishingNode stranger(other, other.first, false);
    stranger.config = node.config;
    stranger.origin = "sandbox.example/another";
    ASSERT_TRUE(stranger.publish());
    ASSERT_TRUE(eventually(
        [&] { return stranger.number("chopmark_publish_errors_total{topic=\"public\"} ") > 2; }));
    expect_is_log(node.read(citizens), *node.journal, citizens);
}

/// Writes events of control as its executor would.
class Control {
  public:
    explicit Control(PublishingNode& node) : node_(node) {
        auto opened = node.journal->open_term(control_partition, observer_);
        EXPECT_TRUE(opened) << to_string(opened.error());
        writer_ = *std::move(opened);
    }
    void append(schema::Event event) {
        keys::Sealing sealing;
        sealing.partition = control_partition;
        sealing.stamp.event_id = entropy_.draw<EventId>();
        sealing.stamp.recorded_at = Instant::from_seconds(1'800'000'000 + ++seconds_);
        auto record = node_.vault.seal(event, sealing);
        ASSERT_TRUE(record) << to_string(record.error());
        const std::size_t before = observer_.count();
        ASSERT_TRUE(writer_->append(*std::move(record)));
        ASSERT_TRUE(observer_.wait_for_entries(before + 1));
    }
    void raise(const AlertId& alert, std::uint32_t revision) {
        schema::AlertRaised event;
        event.mutable_leaf()->set_rule("qr_relay");
        event.mutable_leaf()->set_revision(revision);
        event.mutable_leaf()->set_severity(schema::SEVERITY_HIGH);
        event.mutable_link()->set_alert_id(alert.to_bytes());
        event.mutable_personal()->set_explanation("a phone far from its browser");
        append(event);
    }
    void close(const AlertId& alert) {
        schema::AlertClosed event;
        event.mutable_leaf()->set_verdict(schema::VERDICT_BENIGN);
        event.mutable_link()->set_alert_id(alert.to_bytes());
        append(event);
    }

  private:
    PublishingNode& node_;
    RecordingObserver observer_;
    std::unique_ptr<journal::Writer> writer_;
    SharedEntropy entropy_{11};
    std::int64_t seconds_ = 0;
};

TEST(AlertTopics, TellEveryRevisionAndHowEachAlertStands) {
    KafkaLog log;
    PublishingNode node(log, log.first);
    ASSERT_TRUE(node.publish());
    const AlertId one(crypto::sha256("one").array());
    const AlertId two(crypto::sha256("two").array());
    {
        Control control(node);
        control.raise(one, 1);
        control.raise(two, 1);
        control.raise(one, 2);
        control.close(one);
    }
    const auto log_of = [&] { return read_all(node.config.alert_topic, control_partition); };
    const auto states = [&] { return read_all(node.config.alert_state_topic, control_partition); };
    ASSERT_TRUE(eventually([&] { return log_of().size() == 4 && states().size() == 4; }));
    const auto told = log_of();
    EXPECT_EQ(told[0].type, "chopmark.AlertRaised");
    EXPECT_EQ(told[3].type, "chopmark.AlertClosed");
    EXPECT_EQ(told[0].key, one.hex());
    EXPECT_EQ(told[1].key, two.hex());
    EXPECT_EQ(told[2].key, one.hex());
    const auto raised = nlohmann::json::parse(told[2].data);
    EXPECT_EQ(raised["leaf"]["revision"], 2);
    EXPECT_EQ(raised["link"]["alert_id"], one.hex());

    std::map<Bytes, nlohmann::json> newest;  // what compaction leaves
    for (const Seen& state : states()) {
        EXPECT_EQ(state.data.find("far from its browser"), std::string::npos);
        newest[state.key] = nlohmann::json::parse(state.data);
    }
    EXPECT_EQ(newest[one.hex()]["standing"], "closed");
    EXPECT_EQ(newest[one.hex()]["verdict"], "benign");
    EXPECT_EQ(newest[one.hex()]["revision"], 2);
    EXPECT_EQ(newest[two.hex()]["standing"], "open");

    node.publishing.reset();
    ASSERT_TRUE(node.publish());
    Control(node).raise(two, 2);
    ASSERT_TRUE(eventually([&] { return log_of().size() >= 5 && states().size() >= 5; }));
    EXPECT_EQ(log_of().size(), 5U);
    EXPECT_EQ(states().size(), 5U);
    EXPECT_EQ(nlohmann::json::parse(log_of()[4].data)["leaf"]["revision"], 2);
}

}  // namespace
}  // namespace chopmark::test
