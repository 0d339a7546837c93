// The program behind ops/bench: measures the figures asked for and says of each whether it reaches
// what is asked of it. Exit codes: 0 measured, 1 measured and something asked was missed, 2 usage,
// 3 could not measure.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <span>

#include "ops/figures/figure.h"
#include "ops/figures/history.h"
#include "ops/figures/machine.h"

namespace chopmark::figures {
namespace {

constexpr int exit_missed = 1;
constexpr int exit_usage = 2;
constexpr int exit_unavailable = 3;

constexpr Figure figures[] = {
    {"append", "durable appends beside a bare RocksDB committer", measure_append},
    {"command", "whole commands beside the same committer", measure_command},
    {"rebuild", "all views from a journal beside bare ingestion of the same rows", measure_rebuild},
    {"verify", "log verify on one core beside bare SHA-256", measure_verify},
    {"login", "whole QR logins over loopback, the generator on the same cores", measure_login},
    {"rp", "tokens, form filling and hash signing, each alone, the generator on the same cores",
     measure_rp},
    {"idle", "memory with every account, and idle connections while logins go on", measure_idle},
    {"front", "the HTTP front with an empty handler beside bare Beast, and idle connections",
     measure_front},
    {"surge", "citizens log in while strangers flood the node, with idle connections",
     measure_surge, false},
    {"kafka", "the Kafka journal beside bare librdkafka on the same broker", measure_kafka, false},
    {"kafka-nodes",
     "whole commands on Kafka beside the embedded journal, and three nodes beside one",
     measure_kafka_nodes, false},
    {"kafka-brokers", "the journal on three brokers beside the best bare client",
     measure_kafka_brokers, false},
};

const Figure* find(std::string_view name) {
    const auto* at = std::find_if(std::begin(figures), std::end(figures),
                                  [&](const Figure& one) { return one.name == name; });
    return at == std::end(figures) ? nullptr : at;
}

int complain(const Error& error) {
    std::fprintf(stderr, "chopmark-figures: %s\n", to_string(error).c_str());
    return exit_unavailable;
}

int measure(const std::vector<std::string>& names, Settings settings, const std::string& json) {
    const auto syncs = syncs_per_second(settings.scratch);
    if (!syncs) {
        return complain(syncs.error());
    }
    Bench bench(std::move(settings));
    Report::say("cpu      " + processor());
    Row disk;
    disk.name = "disk";
    disk.variant = "4 KiB, fdatasync";
    disk.value = *syncs;
    disk.unit = "syncs/s";
    disk.note = "cpu: " + processor();
    bench.report.add(std::move(disk));
    for (const Figure& figure : figures) {
        const bool named = std::find(names.begin(), names.end(), figure.name) != names.end();
        if (!named && !(names.empty() && figure.by_default)) {
            continue;
        }
        Report::say(std::string(figure.name) + ": " + std::string(figure.what));
        if (const auto done = figure.run(bench); !done) {
            return complain(done.error());
        }
    }
    if (!json.empty()) {
        if (const auto written = bench.report.write_json(json); !written) {
            return complain(written.error());
        }
    }
    return bench.report.all_met() ? 0 : exit_missed;
}

}  // namespace

Bench::Bench(Settings given) : settings(std::move(given)) {}

Bench::~Bench() {
    history_.reset();
    for (const auto& folder : made_) {
        remove(folder);
    }
}

std::filesystem::path Bench::make_folder(std::string_view name) {
    auto out = settings.scratch / (std::string(name) + "-" + std::to_string(++folders_));
    std::filesystem::create_directories(out);
    made_.push_back(out);
    return out;
}

void Bench::remove(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

Result<History*> Bench::history() {
    if (!history_) {
        CHOPMARK_ASSIGN(history_, History::make(make_folder("history"), settings.events));
    }
    return history_.get();
}

}  // namespace chopmark::figures

int main(int argc, char** argv) {
    using namespace chopmark::figures;
    std::vector<std::string> names;
    std::string json;
    Settings settings;
    std::int64_t span_ms = settings.span.count();
    CLI::App app{"Measures Chopmark's figures, each beside its bare comparator in the same run."};
    std::string known = "figures to measure; all but those on Kafka by default:";
    for (const Figure& figure : figures) {
        known += "\n  " + std::string(figure.name) + ": " + std::string(figure.what);
    }
    app.add_option("NAME", names, known);
    app.add_option("--json", json, "write the rows there, too");
    app.add_option("--scratch", settings.scratch, "an empty folder on the disk to be measured")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--events", settings.events, "records of the journal rebuilt and verified")
        ->check(CLI::Range(1'000, 100'000'000));
    app.add_option("--accounts", settings.accounts, "accounts of figure idle")
        ->check(CLI::Range(100, 10'000'000));
    app.add_option("--connections", settings.connections, "connections that idle and front hold")
        ->check(CLI::Range(1, 50'000));
    app.add_option("--span", span_ms, "milliseconds of one measurement")
        ->check(CLI::Range(100, 600'000));
    app.add_option("--rounds", settings.rounds, "measurements of each; the median counts")
        ->check(CLI::Range(1, 99));
    CLI11_PARSE(app, argc, argv);
    settings.span = std::chrono::milliseconds(span_ms);
    for (const std::string& name : names) {
        if (find(name) == nullptr) {
            std::fprintf(stderr, "chopmark-figures: no figure %s\n", name.c_str());
            return exit_usage;
        }
    }
    std::signal(SIGPIPE, SIG_IGN);
    return measure(names, std::move(settings), json);
}
