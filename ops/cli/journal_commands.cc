#include "ops/cli/journal_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "events/core/clock.h"
#include "events/journal/tails.h"
#include "events/journal/topic_copy.h"
#include "events/tlog/merkle.h"
#include "ops/cli/kafka_commands.h"
#include "ops/cli/offline_log.h"
#include "ops/founding.h"
#include "ops/kafka_cluster.h"

namespace chopmark::cli {
namespace {

namespace kafka = journal::kafka;
using nlohmann::ordered_json;

inline constexpr Reason bad_ends{"copy.bad_ends", Kind::invalid};

constexpr Duration answer_wait = std::chrono::seconds(20);
constexpr const char* cluster = "kafka";

struct Asked {
    std::string from;
    std::string to;
    std::string config_file;
    std::string genesis;
};

struct Moved {
    PartitionId partition;
    journal::Copied counts;
    tlog::TreeHead head;
};

/// What a copy leans on, wherever it is read from.
struct Log {
    keys::Genesis genesis;
    keys::NodeCa ca;
};

Result<Log> log_of(keys::Genesis genesis, const std::string& pinned) {
    const auto known = Digest::from_hex(pinned);
    if (!pinned.empty() && !known) {
        return Error(bad_ends, "--genesis must be 64 hex digits");
    }
    if (known && *known != genesis.hash()) {
        return Error(other_genesis, genesis.hash().hex());
    }
    CHOPMARK_ASSIGN(keys::NodeCa ca,
                    keys::NodeCa::from_certificate(genesis.facts().node_ca_certificate));
    return Log{std::move(genesis), std::move(ca)};
}

Result<keys::Genesis> genesis_in_topic(const kafka::Settings& client, const std::string& topic) {
    CHOPMARK_ASSIGN(const Bytes stored, journal::first_in_topic(client, topic, answer_wait, {}));
    return genesis_in_record(
        stored, {journal::foreign_log, topic + " does not begin with a genesis document"});
}

class Copy {
  public:
    Copy(const Asked& asked, Console& console) : asked_(asked), console_(console) {}

    Result<std::vector<Moved>> run() {
        if ((asked_.from == cluster) == (asked_.to == cluster)) {
            return Error(bad_ends, "one of --from and --to must be kafka, the other a folder");
        }
        CHOPMARK_ASSIGN(const config::Config config, cluster_of(asked_.config_file));
        CHOPMARK_ASSIGN(client_, ops::kafka_client(config.kafka));
        kafka_ = config.kafka;
        return asked_.to == cluster ? to_cluster() : to_folder();
    }

  private:
    [[nodiscard]] journal::CopyPlace place(const Log& log) const {
        return {client_, kafka_.topic, log.genesis.hash(), log.ca, answer_wait};
    }

    Result<void> check_topic(const Log& log) const {
        const auto rules = ops::journal_topic(kafka_, log.genesis.facts().partitions);
        CHOPMARK_ASSIGN(const auto admin, kafka::Admin::open(client_, {}));
        CHOPMARK_ASSIGN(const auto facts, admin->describe(rules.topic, answer_wait));
        return kafka::check_topic(rules, facts);
    }

    Result<std::vector<Moved>> each(const Log& log, const auto& copy) {
        std::vector<Moved> out;
        const SystemClock clock;
        for (std::uint32_t p = 0; p <= log.genesis.facts().partitions; ++p) {
            const PartitionId partition(static_cast<std::uint16_t>(p));
            tlog::RightEdge tree;
            CHOPMARK_ASSIGN(const journal::Copied counts,
                            copy(partition, [&](Sequence at, const Digest& leaf_hash) {
                                // Records are judged twice where they were written and read back.
                                if (at.value() == tree.size()) {
                                    tree.append(leaf_hash,
                                                [](const tlog::NodeAt&, const Digest&) {});
                                }
                                console_.progress(fmt::format("partition {}", p), tree.size(),
                                                  tree.size(), clock.now());
                            }));
            out.push_back({partition, counts, tree.head()});
        }
        console_.clear_progress();
        return out;
    }

    Result<std::vector<Moved>> to_cluster() {
        CHOPMARK_ASSIGN(OfflineLog from, open_offline_log(ops::DataFolder(asked_.from), {}));
        CHOPMARK_ASSIGN(const Log log, log_of(std::move(from.genesis), asked_.genesis));
        CHOPMARK_TRY(check_topic(log));
        return each(log, [&](PartitionId partition, const journal::Accepted& accepted) {
            return journal::copy_to_topic(*from.reader, place(log), partition, accepted);
        });
    }

    Result<std::vector<Moved>> to_folder() {
        CHOPMARK_ASSIGN(keys::Genesis there, genesis_in_topic(client_, kafka_.topic));
        CHOPMARK_ASSIGN(const Log log, log_of(std::move(there), asked_.genesis));
        CHOPMARK_TRY(check_topic(log));
        const ops::DataFolder folder(asked_.to);
        if (ops::is_founded(folder)) {
            CHOPMARK_ASSIGN(const keys::Genesis founded, ops::read_genesis(folder));
            if (founded.hash() != log.genesis.hash()) {
                return Error(journal::foreign_log, asked_.to + " is of another genesis");
            }
        }
        std::error_code failed;
        std::filesystem::create_directories(folder.root(), failed);
        journal::Mirror::Options options;
        options.store.path = folder.journal().string();
        CHOPMARK_ASSIGN(const auto mirror,
                        journal::Mirror::open(options, log.genesis.hash(),
                                              log.genesis.facts().partitions, log.ca));
        auto moved = each(log, [&](PartitionId partition, const journal::Accepted& accepted) {
            return journal::copy_from_topic(place(log), *mirror, partition, accepted);
        });
        mirror->flush();
        return moved;
    }

    const Asked& asked_;
    Console& console_;
    kafka::Settings client_;
    config::KafkaConfig kafka_;
};

void show(Console& console, const Asked& asked, const Result<std::vector<Moved>>& moved) {
    if (!moved) {
        console.clear_progress();
        console.fail(moved.error());
        return;
    }
    ordered_json rows = ordered_json::array();
    for (const Moved& each : *moved) {
        rows.push_back({{"partition", each.partition.value()},
                        {"size", each.head.size},
                        {"root", each.head.root.hex()},
                        {"copied", each.counts.records},
                        {"found", each.counts.found},
                        {"skipped", each.counts.skipped}});
    }
    if (console.json()) {
        console.print({{"from", asked.from}, {"to", asked.to}, {"partitions", std::move(rows)}});
        return;
    }
    console.line(fmt::format("{:>9} {:>13} {:>13} {:>13} {:>9}  {}", "partition", "records",
                             "copied now", "found there", "skipped", "root"));
    for (const Moved& each : *moved) {
        console.line(fmt::format("{:>9} {:>13} {:>13} {:>13} {:>9}  {}", each.partition.value(),
                                 grouped(each.head.size), grouped(each.counts.records),
                                 grouped(each.counts.found), grouped(each.counts.skipped),
                                 each.head.root.hex()));
    }
}

}  // namespace

void add_journal_commands(CLI::App& app, Console& console) {
    auto* group = app.add_subcommand("journal", "Moves a log to another back end");
    group->require_subcommand(1);
    auto asked = std::make_shared<Asked>();
    auto* copy = group->add_subcommand(
        "copy",
        "Copies every record byte for byte between a data folder and the cluster of a\n"
        "configuration, and prints sizes and roots, which `log verify` must say, too. All nodes\n"
        "must be stopped. What is there already must be the beginning of the same log; a copy\n"
        "that was interrupted goes on.");
    copy->footer(
        "  chopmark kafka create --config node-1.toml\n"
        "  chopmark journal copy --from /srv/chopmark --to kafka --config node-1.toml\n"
        "  chopmark journal copy --from kafka --to /srv/copy --config node-1.toml");
    copy->add_option("--from", asked->from, "A data folder, or the word kafka")->required();
    copy->add_option("--to", asked->to, "The word kafka, or a data folder")->required();
    copy->add_option("--config", asked->config_file, "The configuration that names the cluster")
        ->required()
        ->check(CLI::ExistingFile);
    copy->add_option("--genesis", asked->genesis,
                     "Hash of the genesis document, hex, as you know it from elsewhere");
    copy->callback([asked, &console] { show(console, *asked, Copy(*asked, console).run()); });
}

}  // namespace chopmark::cli
