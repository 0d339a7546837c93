#include "ops/figures/kafka_ground.h"

#include <fmt/format.h>

#include <cstdlib>

#include "ops/figures/plain_record.h"
#include "ops/sandbox_founding.h"

namespace chopmark::figures {
namespace {

namespace kafka = journal::kafka;

constexpr Duration admin_wait = std::chrono::seconds(30);

/// Slots go round the partitions, the citizens' alone.
PartitionId partition_of(unsigned slot, std::size_t partitions) {
    return PartitionId(static_cast<std::uint16_t>(1 + slot % partitions));
}

/// Slots that are asked for at once, by partition: one burst each.
class BySlot {
  public:
    explicit BySlot(std::size_t partitions) : of_(partitions) {}

    template <typename Send>
    Result<void> send(std::span<const unsigned> slots, const Send& each) {
        for (auto& some : of_) {
            some.clear();
        }
        for (const unsigned slot : slots) {
            of_[slot % of_.size()].push_back(slot);
        }
        for (std::size_t i = 0; i < of_.size(); ++i) {
            if (!of_[i].empty()) {
                CHOPMARK_TRY(each(i, of_[i]));
            }
        }
        return {};
    }

  private:
    std::vector<InFlight::Slots> of_;
};

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

}  // namespace

ScratchTopics::~ScratchTopics() {
    const auto admin = kafka::Admin::open(client_, {});
    for (const std::string& topic : topics_) {
        if (const Result<void> gone =
                admin ? (*admin)->remove(topic, admin_wait) : Result<void>(admin.error());
            !gone) {
            Report::say("topic " + topic + " stays: " + to_string(gone.error()));
        }
    }
}

KafkaGround::KafkaGround(Bench& given, const ClusterShape& shape, const char* brokers)
    : bench(given),
      client{{"bootstrap.servers", brokers}},
      topics_(client),
      folder_(given.make_folder("kafka-node")) {
    rules_.partitions = shape.partitions;
    rules_.replication = shape.replication;
    rules_.min_insync = shape.min_insync;
}

Result<std::unique_ptr<KafkaGround>> KafkaGround::make(Bench& bench, const ClusterShape& shape) {
    const char* brokers = std::getenv(shape.variable);
    if (brokers == nullptr || *brokers == '\0') {
        return Error(not_answered,
                     std::string(shape.variable) + " names no broker; ops/bench starts one");
    }
    auto out = std::unique_ptr<KafkaGround>(new KafkaGround(bench, shape, brokers));
    CHOPMARK_TRY(ops::found_sandbox(out->folder_, shape.partitions, out->clock, out->entropy));
    CHOPMARK_ASSIGN(out->opened_, ops::open_data_folder(out->folder_, "figures:1", out->entropy));
    return out;
}

Result<std::string> KafkaGround::make_topic(std::string_view name) {
    auto rules = rules_;
    rules.topic = fmt::format("figures-{}-{}", name, entropy.draw<EventId>().hex());
    CHOPMARK_TRY(kafka::create_topic(client, rules, {}, admin_wait));
    topics_.adopt(rules.topic);
    return rules.topic;
}

Result<std::unique_ptr<journal::KafkaJournal>> KafkaGround::open(
    const std::string& topic, const std::filesystem::path& mirror, bool on_delivery) {
    journal::KafkaJournal::Options options;
    options.client = client;
    options.topic = rules_;
    options.topic.topic = topic;
    options.mirror.store.path = mirror.string();
    options.accept_on_delivery = on_delivery;
    return journal::KafkaJournal::open(options, opened_->founding(),
                                       {*opened_->ca, *opened_->node, clock, entropy});
}

std::vector<PartitionId> KafkaGround::partitions() const {
    std::vector<PartitionId> out;
    for (std::uint16_t number = 1; number <= rules_.partitions; ++number) {
        out.emplace_back(number);
    }
    return out;
}

std::vector<record::Record> KafkaGround::make_drafts(unsigned number) const {
    std::vector<record::Record> out;
    for (unsigned slot = 0; slot < number; ++slot) {
        out.push_back(
            record_of_600_bytes(partition_of(slot, rules_.partitions), slot, clock.now()));
    }
    return out;
}

Result<std::unique_ptr<JournalSide>> JournalSide::open(KafkaGround& ground, bool on_delivery) {
    auto out = std::make_unique<JournalSide>();
    out->partitions_ = ground.partitions();
    CHOPMARK_ASSIGN(const auto topic, ground.make_topic("journal"));
    CHOPMARK_ASSIGN(out->journal_,
                    ground.open(topic, ground.bench.make_folder("kafka-mirror"), on_delivery));
    return out;
}

Result<Clients::Outcome> JournalSide::run(const std::vector<record::Record>& drafts,
                                          std::chrono::milliseconds warm,
                                          std::chrono::milliseconds span) {
    InFlight in_flight(static_cast<unsigned>(drafts.size()));
    std::vector<std::unique_ptr<Told>> told;
    std::vector<std::unique_ptr<journal::Writer>> writers;
    for (const PartitionId partition : partitions_) {
        told.push_back(std::make_unique<Told>(in_flight));
        CHOPMARK_ASSIGN(auto writer, journal_->open_term(partition, *told.back()));
        writers.push_back(std::move(writer));
    }
    BySlot bursts(partitions_.size());
    return in_flight.run(
        [&](std::span<const unsigned> slots) {
            return bursts.send(slots,
                               [&](std::size_t at, const InFlight::Slots& some) -> Result<void> {
                                   for (const unsigned slot : some) {
                                       CHOPMARK_TRY(writers[at]->append(drafts[slot]));
                                   }
                                   return {};
                               });
        },
        warm, span);
}

Result<Clients::Outcome> BareSide::run(const std::vector<record::Record>& drafts,
                                       std::chrono::milliseconds warm,
                                       std::chrono::milliseconds span,
                                       const kafka::Settings& with) {
    std::vector<kafka::Outgoing> stored;
    for (const record::Record& draft : drafts) {
        stored.push_back(
            {record::decode_prelude(draft.leaf)->event_id.to_bytes(), record::encode(draft)});
    }
    kafka::Settings settings = with;
    settings.insert(ground_.client.begin(), ground_.client.end());
    const auto partitions = ground_.partitions();
    InFlight in_flight(static_cast<unsigned>(drafts.size()));
    CHOPMARK_ASSIGN(const auto bare,
                    BareKafka::open(
                        settings, topic_, partitions,
                        [&](std::span<const unsigned> slots) { in_flight.answer(slots); },
                        [&](const Error& error) { in_flight.fail(error); }));
    BySlot bursts(partitions.size());
    std::vector<const kafka::Outgoing*> burst;
    return in_flight.run(
        [&](std::span<const unsigned> slots) {
            return bursts.send(slots, [&](std::size_t at, const InFlight::Slots& some) {
                burst.clear();
                for (const unsigned slot : some) {
                    burst.push_back(&stored[slot]);
                }
                return bare->produce(partitions[at], burst);
            });
        },
        warm, span);
}

Row compare(const Rounds& ours, const Rounds& bare) {
    Row row;
    row.value = median(ours.rates);
    row.unit = "records/s";
    row.bare = median(bare.rates);
    row.waits = median(ours.waits);
    row.bare_waits = median(bare.waits);
    return row;
}

}  // namespace chopmark::figures
