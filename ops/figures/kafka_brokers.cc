// Three brokers with replication 3: 256 records in flight spread over 4 and over 16 partitions,
// each of a genesis of its own. Bare is one librdkafka client over the same partitions, under the
// journal's own settings and under the two that were best here once (lingering 1 and 5 ms); the
// best of the three counts.
#include <fmt/format.h>

#include <algorithm>

#include "ops/figures/kafka_ground.h"

namespace chopmark::figures {
namespace {

constexpr double ratio_wanted = 0.7;
constexpr unsigned in_flight = 256;
constexpr std::uint16_t partition_numbers[] = {4, 16};
constexpr std::chrono::milliseconds warm_span{4000};

struct BareClient {
    const char* name;
    journal::kafka::Settings with;
    Rounds rounds;
};

Result<void> measure(Bench& bench, std::uint16_t partitions) {
    const ClusterShape three{"CHOPMARK_KAFKA3", partitions, 3, 2};
    CHOPMARK_ASSIGN(const auto ground, KafkaGround::make(bench, three));
    CHOPMARK_ASSIGN(const auto topic, ground->make_topic("bare"));
    BareSide bare(*ground, topic);
    CHOPMARK_ASSIGN(const auto ours, JournalSide::open(*ground, false));
    const auto drafts = ground->make_drafts(in_flight);
    BareClient clients[] = {{"linger 0", {}, {}},
                            {"linger 1", {{"linger.ms", "1"}}, {}},
                            {"linger 5", {{"linger.ms", "5"}}, {}}};
    // Java compiles what runs often; nothing before that counts.
    CHOPMARK_TRY(bare.run(drafts, {}, warm_span));
    CHOPMARK_TRY(ours->run(drafts, {}, warm_span));
    Rounds journal;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        for (BareClient& client : clients) {
            CHOPMARK_ASSIGN(const auto one, bare.run(drafts, bench.settings.warm,
                                                     bench.settings.span, client.with));
            client.rounds.add(one);
        }
        CHOPMARK_ASSIGN(const auto one,
                        ours->run(drafts, bench.settings.warm, bench.settings.span));
        journal.add(one);
    }
    std::string seen;
    for (const BareClient& client : clients) {
        seen += fmt::format(" {} {:.0f}/s", client.name, median(client.rounds.rates));
    }
    const auto* best = std::ranges::max_element(
        clients, {}, [](const BareClient& client) { return median(client.rounds.rates); });
    Row row = compare(journal, best->rounds);
    row.name = "kafka-brokers";
    row.variant = fmt::format("{} partitions, {} in flight", partitions, in_flight);
    row.reach = Reach::ratio(ratio_wanted);
    row.note = "bare:" + seen;
    bench.report.add(std::move(row));
    return {};
}

}  // namespace

Result<void> measure_kafka_brokers(Bench& bench) {
    for (const std::uint16_t partitions : partition_numbers) {
        CHOPMARK_TRY(measure(bench, partitions));
    }
    return {};
}

}  // namespace chopmark::figures
