// One figure of ops/bench and what it is run with. A figure measures itself beside its bare
// comparator, rounds interleaved, and adds its rows; it leaves nothing on the disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string_view>

#include "ops/figures/report.h"

namespace chopmark::figures {

class History;

struct Settings {
    std::filesystem::path scratch;     // on the disk to be measured; ours alone
    std::uint64_t events = 2'000'000;  // of the journal that is rebuilt from and verified
    std::uint64_t accounts = 1'000'000;
    std::uint32_t connections = 10'000;
    std::chrono::milliseconds warm{300};   // before anything counts
    std::chrono::milliseconds span{2000};  // of one measurement
    unsigned rounds = 3;                   // the median counts
    std::chrono::milliseconds surge{60'000};
};

class Bench {
  public:
    explicit Bench(Settings settings);
    ~Bench();

    /// A fresh folder, gone with the run at the latest.
    [[nodiscard]] std::filesystem::path make_folder(std::string_view name);
    static void remove(const std::filesystem::path& folder);
    /// The long journal, made by whoever needs it first.
    Result<History*> history();

    const Settings settings;
    Report report;

  private:
    unsigned folders_ = 0;
    std::vector<std::filesystem::path> made_;
    std::unique_ptr<History> history_;
};

struct Figure {
    std::string_view name;
    std::string_view what;
    Result<void> (*run)(Bench& bench);
    bool by_default = true;  // else only when it is named
};

Result<void> measure_append(Bench& bench);
Result<void> measure_command(Bench& bench);
Result<void> measure_rebuild(Bench& bench);
Result<void> measure_verify(Bench& bench);
Result<void> measure_login(Bench& bench);
Result<void> measure_rp(Bench& bench);
Result<void> measure_idle(Bench& bench);
Result<void> measure_front(Bench& bench);
Result<void> measure_surge(Bench& bench);
/// Needs a broker: CHOPMARK_KAFKA is its host:port, as for the tests.
Result<void> measure_kafka(Bench& bench);
Result<void> measure_kafka_nodes(Bench& bench);
/// Needs three: CHOPMARK_KAFKA3.
Result<void> measure_kafka_brokers(Bench& bench);

}  // namespace chopmark::figures
