// The journal on Kafka: records of 600 bytes until they were read back, one to 256 in flight on one
// partition, and how fast a node with an empty mirror catches up. Bare is librdkafka on the same
// broker and on a topic of the same settings, every append of which the broker syncs: the journal
// takes no other topic of a single broker. Another row each has acceptance by the delivery report.
// Who catches up keeps what he read; so does bare, and another row says what reading alone costs.
#include <fmt/format.h>

#include <thread>

#include "ops/figures/kafka_ground.h"
#include "ops/figures/plain_record.h"

namespace chopmark::figures {
namespace {

constexpr ClusterShape one_broker{.variable = "CHOPMARK_KAFKA"};
constexpr double append_wanted = 0.7;
constexpr double catch_up_wanted = 0.5;
constexpr unsigned numbers_in_flight[] = {1, 16, 64, 256};
const PartitionId partition(1);
constexpr auto catch_up_wait = std::chrono::minutes(10);
constexpr auto pause = std::chrono::milliseconds(1);
// Java compiles what runs often; nothing before that counts.
constexpr unsigned warm_in_flight = 64;
constexpr std::chrono::milliseconds warm_span{4000};

class Appends {
  public:
    static Result<std::unique_ptr<Appends>> make(KafkaGround& ground) {
        CHOPMARK_ASSIGN(const auto topic, ground.make_topic("bare"));
        auto out = std::unique_ptr<Appends>(new Appends(ground, topic));
        CHOPMARK_ASSIGN(out->read_back_, JournalSide::open(ground, false));
        CHOPMARK_ASSIGN(out->delivered_, JournalSide::open(ground, true));
        return out;
    }

    Result<void> warm_up() {
        const auto drafts = ground_.make_drafts(warm_in_flight);
        CHOPMARK_TRY(bare_.run(drafts, {}, warm_span));
        CHOPMARK_TRY(read_back_->run(drafts, {}, warm_span));
        return {};
    }

    Result<void> measure(unsigned in_flight) {
        const Settings& settings = ground_.bench.settings;
        const auto drafts = ground_.make_drafts(in_flight);
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
    Appends(KafkaGround& ground, std::string topic)
        : ground_(ground), bare_(ground, std::move(topic)) {}

    static Row make_row(const Rounds& ours, const Rounds& bare) {
        Row row = compare(ours, bare);
        row.name = "kafka";
        return row;
    }

    KafkaGround& ground_;
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
Result<Sequence> fill(KafkaGround& ground, const std::string& topic) {
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
Result<double> catch_up(KafkaGround& ground, const std::string& topic, Sequence end) {
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

/// Records a second of the bare consumer, which keeps them or does not.
Result<double> read_bare_once(KafkaGround& ground, const std::string& topic, Sequence end,
                              bool keeps) {
    const auto folder = ground.bench.make_folder("kafka-kept");
    std::unique_ptr<BareKeep> keep;
    if (keeps) {
        CHOPMARK_ASSIGN(keep, BareKeep::open(folder));
    }
    CHOPMARK_ASSIGN(const auto read, read_bare(ground.client, topic, partition,
                                               static_cast<std::int64_t>(end.value()), keep.get()));
    keep.reset();
    Bench::remove(folder);
    return static_cast<double>(read.records) / read.seconds;
}

Result<void> measure_catch_up(KafkaGround& ground) {
    CHOPMARK_ASSIGN(const auto topic, ground.make_topic("catch-up"));
    CHOPMARK_ASSIGN(const Sequence end, fill(ground, topic));
    const auto records = static_cast<double>(end.value());
    std::vector<double> ours;
    std::vector<double> bare;
    std::vector<double> keeping;
    for (unsigned round = 0; round < ground.bench.settings.rounds; ++round) {
        CHOPMARK_ASSIGN(const double alone, read_bare_once(ground, topic, end, false));
        bare.push_back(alone);
        CHOPMARK_ASSIGN(const double kept, read_bare_once(ground, topic, end, true));
        keeping.push_back(kept);
        CHOPMARK_ASSIGN(const double seconds, catch_up(ground, topic, end));
        ours.push_back(records / seconds);
    }
    Row row;
    row.name = "kafka";
    row.variant = "catch-up, empty mirror";
    row.value = median(ours);
    row.unit = "records/s";
    row.bare = median(keeping);
    row.reach = Reach::ratio(catch_up_wanted);
    row.note = fmt::format("{} records of 600 B; bare keeps the bytes in a bare RocksDB, too",
                           end.value());
    ground.bench.report.add(row);
    row.variant = "catch-up, of reading alone";
    row.bare = median(bare);
    row.reach = {};
    row.note = "bare keeps nothing";
    ground.bench.report.add(std::move(row));
    return {};
}

}  // namespace

Result<void> measure_kafka(Bench& bench) {
    CHOPMARK_ASSIGN(const auto ground, KafkaGround::make(bench, one_broker));
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
