// The journal on Kafka: records of 600 bytes until they were read back, one to 256 in flight on one
// partition, and how fast a node with an empty mirror catches up. Bare is librdkafka on the same
// broker and on a topic of the same settings, every append of which the broker syncs: the journal
// takes no other topic of a single broker. Another row each has acceptance by the delivery report.
#include <fmt/format.h>

#include <cstdlib>
#include <thread>

#include "events/crypto/system_entropy.h"
#include "events/journal/kafka_journal.h"
#include "ops/figures/figure.h"
#include "ops/figures/in_flight.h"
#include "ops/figures/kafka_bare.h"
#include "ops/figures/plain_record.h"
#include "ops/sandbox_founding.h"

namespace chopmark::figures {
namespace {

namespace kafka = journal::kafka;

constexpr double append_wanted = 0.7;
constexpr double catch_up_wanted = 0.5;
constexpr unsigned numbers_in_flight[] = {1, 16, 64, 256};
const PartitionId partition(1);
constexpr Duration admin_wait = std::chrono::seconds(30);
constexpr auto catch_up_wait = std::chrono::minutes(10);
constexpr auto pause = std::chrono::milliseconds(1);
// Java compiles what runs often; nothing before that counts.
constexpr unsigned warm_in_flight = 64;
constexpr std::chrono::milliseconds warm_span{4000};

/// A founded node of one citizen partition, the broker, and topics that nobody else uses.
class Ground {
  public:
    static Result<std::unique_ptr<Ground>> make(Bench& bench) {
        const char* broker = std::getenv("CHOPMARK_KAFKA");
        if (broker == nullptr || *broker == '\0') {
            return Error(not_answered, "CHOPMARK_KAFKA names no broker; ops/bench starts one");
        }
        auto out = std::unique_ptr<Ground>(new Ground(bench, broker));
        CHOPMARK_TRY(ops::found_sandbox(out->folder_, 1, out->clock, out->entropy));
        CHOPMARK_ASSIGN(out->opened_,
                        ops::open_data_folder(out->folder_, "figures:1", out->entropy));
        return out;
    }

    /// A broker that is not ours keeps nothing of this.
    ~Ground() {
        const auto admin = kafka::Admin::open(client, {});
        for (const std::string& topic : topics_) {
            if (const Result<void> gone =
                    admin ? (*admin)->remove(topic, admin_wait) : Result<void>(admin.error());
                !gone) {
                Report::say("topic " + topic + " stays: " + to_string(gone.error()));
            }
        }
    }

    Result<std::string> make_topic(std::string_view name) {
        auto rules = rules_;
        rules.topic = fmt::format("figures-{}-{}", name, entropy.draw<EventId>().hex());
        CHOPMARK_TRY(kafka::create_topic(client, rules, {}, admin_wait));
        topics_.push_back(rules.topic);
        return rules.topic;
    }
    Result<std::unique_ptr<journal::KafkaJournal>> open(const std::string& topic,
                                                        const std::filesystem::path& mirror,
                                                        bool on_delivery) {
        journal::KafkaJournal::Options options;
        options.client = client;
        options.topic = rules_;
        options.topic.topic = topic;
        options.mirror.store.path = mirror.string();
        options.accept_on_delivery = on_delivery;
        return journal::KafkaJournal::open(options, opened_->founding(),
                                           {*opened_->ca, *opened_->node, clock, entropy});
    }

    Bench& bench;
    const kafka::Settings client;
    SystemClock clock;
    crypto::SystemEntropy entropy;

  private:
    Ground(Bench& given, const char* broker)
        : bench(given),
          client{{"bootstrap.servers", broker}},
          folder_(given.make_folder("kafka-node")) {
        rules_.partitions = 1;
        rules_.replication = 1;
        rules_.min_insync = 1;
    }

    kafka::TopicRules rules_;
    std::vector<std::string> topics_;
    ops::DataFolder folder_;
    std::optional<ops::Opened> opened_;
};

/// Our side: a journal on a topic of its own, and one term for each measurement.
class JournalSide {
  public:
    static Result<std::unique_ptr<JournalSide>> open(Ground& ground, bool on_delivery) {
        auto out = std::make_unique<JournalSide>();
        CHOPMARK_ASSIGN(const auto topic, ground.make_topic("journal"));
        CHOPMARK_ASSIGN(out->journal_,
                        ground.open(topic, ground.bench.make_folder("kafka-mirror"), on_delivery));
        return out;
    }

    Result<Clients::Outcome> run(const std::vector<record::Record>& drafts,
                                 std::chrono::milliseconds warm, std::chrono::milliseconds span) {
        InFlight in_flight(static_cast<unsigned>(drafts.size()));
        Told told(in_flight);
        CHOPMARK_ASSIGN(const auto writer, journal_->open_term(partition, told));
        return in_flight.run(
            [&](std::span<const unsigned> slots) -> Result<void> {
                for (const unsigned slot : slots) {
                    CHOPMARK_TRY(writer->append(drafts[slot]));
                }
                return {};
            },
            warm, span);
    }

  private:
    class Told final : public journal::Observer {
      public:
        explicit Told(InFlight& in_flight) : in_flight_(in_flight) {}
        void accepted(std::span<const journal::EntryPtr> entries) override {
            slots_.clear();
            for (const journal::EntryPtr& entry : entries) {
                const auto prelude = record::decode_prelude(entry->record.leaf);
                if (prelude->type != journal::term_opened) {
                    slots_.push_back(client_of(*entry));
                }
            }
            in_flight_.answer(slots_);
        }
        void term_ended(Term, const Error& error) override { in_flight_.fail(error); }

      private:
        InFlight& in_flight_;
        InFlight::Slots slots_;
    };

    std::unique_ptr<journal::KafkaJournal> journal_;
};

/// The other side: the same stored bytes under the same keys.
class BareSide {
  public:
    BareSide(Ground& ground, std::string topic) : ground_(ground), topic_(std::move(topic)) {}

    Result<Clients::Outcome> run(const std::vector<record::Record>& drafts,
                                 std::chrono::milliseconds warm, std::chrono::milliseconds span) {
        std::vector<kafka::Outgoing> stored;
        for (const record::Record& draft : drafts) {
            stored.push_back(
                {record::decode_prelude(draft.leaf)->event_id.to_bytes(), record::encode(draft)});
        }
        InFlight in_flight(static_cast<unsigned>(drafts.size()));
        CHOPMARK_ASSIGN(const auto bare,
                        BareKafka::open(
                            ground_.client, topic_, partition,
                            [&](std::span<const unsigned> slots) { in_flight.answer(slots); },
                            [&](const Error& error) { in_flight.fail(error); }));
        std::vector<const kafka::Outgoing*> burst;
        return in_flight.run(
            [&](std::span<const unsigned> slots) {
                burst.clear();
                for (const unsigned slot : slots) {
                    burst.push_back(&stored[slot]);
                }
                return bare->produce(burst);
            },
            warm, span);
    }

  private:
    Ground& ground_;
    const std::string topic_;
};

struct Rounds {
    void add(const Clients::Outcome& outcome) {
        rates.push_back(outcome.per_second);
        waits.push_back(outcome.waits);
    }
    std::vector<double> rates;
    std::vector<Percentiles> waits;
};

class Appends {
  public:
    static Result<std::unique_ptr<Appends>> make(Ground& ground) {
        CHOPMARK_ASSIGN(const auto topic, ground.make_topic("bare"));
        auto out = std::unique_ptr<Appends>(new Appends(ground, topic));
        CHOPMARK_ASSIGN(out->read_back_, JournalSide::open(ground, false));
        CHOPMARK_ASSIGN(out->delivered_, JournalSide::open(ground, true));
        return out;
    }

    Result<void> warm_up() {
        const auto drafts = make_drafts(warm_in_flight);
        CHOPMARK_TRY(bare_.run(drafts, {}, warm_span));
        CHOPMARK_TRY(read_back_->run(drafts, {}, warm_span));
        return {};
    }

    Result<void> measure(unsigned in_flight) {
        const Settings& settings = ground_.bench.settings;
        const auto drafts = make_drafts(in_flight);
        Rounds bare;
        Rounds read_back;
        Rounds delivered;
        for (unsigned round = 0; round < settings.rounds; ++round) {
            CHOPMARK_ASSIGN(const auto one, bare_.run(drafts, settings.warm, settings.span));
            bare.add(one);
            CHOPMARK_ASSIGN(const auto two, read_back_->run(drafts, settings.warm, settings.span));
            read_back.add(two);
            CHOPMARK_ASSIGN(const auto three,
                            delivered_->run(drafts, settings.warm, settings.span));
            delivered.add(three);
        }
        Row row = make_row(read_back, bare);
        row.variant = fmt::format("600 B, {} in flight", in_flight);
        row.reach = Reach::ratio(append_wanted);
        ground_.bench.report.add(row);
        row = make_row(delivered, bare);
        row.variant = fmt::format("on delivery, {} in flight", in_flight);
        row.note = fmt::format("accepted by the delivery report: {:.2f} of reading back",
                               row.value / median(read_back.rates));
        ground_.bench.report.add(std::move(row));
        return {};
    }

  private:
    Appends(Ground& ground, std::string topic) : ground_(ground), bare_(ground, std::move(topic)) {}

    [[nodiscard]] std::vector<record::Record> make_drafts(unsigned number) const {
        std::vector<record::Record> out;
        for (unsigned slot = 0; slot < number; ++slot) {
            out.push_back(record_of_600_bytes(partition, slot, ground_.clock.now()));
        }
        return out;
    }
    static Row make_row(const Rounds& ours, const Rounds& bare) {
        Row row;
        row.name = "kafka";
        row.value = median(ours.rates);
        row.unit = "records/s";
        row.bare = median(bare.rates);
        row.waits = median(ours.waits);
        row.bare_waits = median(bare.waits);
        return row;
    }

    Ground& ground_;
    BareSide bare_;
    std::unique_ptr<JournalSide> read_back_;
    std::unique_ptr<JournalSide> delivered_;
};

/// Nobody waits for these.
class Deaf final : public journal::Observer {
  public:
    void accepted(std::span<const journal::EntryPtr>) override {}
    void term_ended(Term, const Error&) override {}
};

Result<void> wait_for(const journal::Journal& journal, Sequence next) {
    const auto until = std::chrono::steady_clock::now() + catch_up_wait;
    for (;;) {
        CHOPMARK_ASSIGN(const auto head, journal.head(partition));
        if (head.next >= next) {
            return {};
        }
        if (std::chrono::steady_clock::now() > until) {
            return Error(not_answered,
                         fmt::format("{} of {} records", head.next.value(), next.value()));
        }
        std::this_thread::sleep_for(pause);
    }
}

/// Writes the journal that a cold node reads; returns how many records its partition has.
Result<Sequence> fill(Ground& ground, const std::string& topic) {
    const auto folder = ground.bench.make_folder("kafka-filled");
    CHOPMARK_ASSIGN(auto journal, ground.open(topic, folder, false));
    Deaf deaf;
    CHOPMARK_ASSIGN(auto writer, journal->open_term(partition, deaf));
    CHOPMARK_ASSIGN(const auto head, journal->head(partition));
    const auto draft = record_of_600_bytes(partition, 0, ground.clock.now());
    const Sequence end(head.next.value() + ground.bench.settings.events);
    for (std::uint64_t left = ground.bench.settings.events; left > 0;) {
        const auto taken = writer->append(draft);
        if (taken) {
            --left;
        } else if (taken.error() == journal::busy) {
            std::this_thread::sleep_for(pause);
        } else {
            return taken.error();
        }
    }
    CHOPMARK_TRY(wait_for(*journal, end));
    writer.reset();
    journal.reset();
    Bench::remove(folder);
    return end;
}

/// Seconds from nothing until a node with an empty mirror knows all.
Result<double> catch_up(Ground& ground, const std::string& topic, Sequence end) {
    const auto folder = ground.bench.make_folder("kafka-cold");
    const auto begin = std::chrono::steady_clock::now();
    CHOPMARK_ASSIGN(auto journal, ground.open(topic, folder, false));
    CHOPMARK_TRY(wait_for(*journal, end));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    journal.reset();
    Bench::remove(folder);
    return seconds;
}

Result<void> measure_catch_up(Ground& ground) {
    CHOPMARK_ASSIGN(const auto topic, ground.make_topic("catch-up"));
    CHOPMARK_ASSIGN(const Sequence end, fill(ground, topic));
    const auto records = static_cast<double>(end.value());
    std::vector<double> ours;
    std::vector<double> bare;
    for (unsigned round = 0; round < ground.bench.settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const auto theirs, read_bare(ground.client, topic, partition,
                                                     static_cast<std::int64_t>(end.value())));
        bare.push_back(static_cast<double>(theirs.records) / theirs.seconds);
        CHOPMARK_ASSIGN(const double seconds, catch_up(ground, topic, end));
        ours.push_back(records / seconds);
    }
    Row row;
    row.name = "kafka";
    row.variant = "catch-up, empty mirror";
    row.value = median(ours);
    row.unit = "records/s";
    row.bare = median(bare);
    row.reach = Reach::ratio(catch_up_wanted);
    row.note = fmt::format("{} records of 600 B, last round ours {:.1f} s, bare {:.1f} s",
                           end.value(), records / ours.back(), records / bare.back());
    ground.bench.report.add(std::move(row));
    return {};
}

}  // namespace

Result<void> measure_kafka(Bench& bench) {
    CHOPMARK_ASSIGN(const auto ground, Ground::make(bench));
    {
        CHOPMARK_ASSIGN(const auto appends, Appends::make(*ground));
        CHOPMARK_TRY(appends->warm_up());
        for (const unsigned number : numbers_in_flight) {
            CHOPMARK_TRY(appends->measure(number));
        }
    }
    return measure_catch_up(*ground);
}

}  // namespace chopmark::figures
