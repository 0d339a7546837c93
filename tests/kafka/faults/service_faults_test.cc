// The whole service over a real cluster, hurt in every way of fault_list.h, in an order and with
// timings that the printed seed gives, while citizens register, log in and consent through all of
// its nodes. After every fault the cluster comes back by itself, every partition is served again,
// and what was answered is asked again, of another node: the same is said. Now and then, and at the
// end, examination.h.
//
//   CHOPMARK_FAULTS  how many (20)             CHOPMARK_SEED   which run
//   CHOPMARK_ONLY    names, comma-separated    CHOPMARK_NODES  2 or 3 (3)
//   CHOPMARK_DIR     a folder to work in and to leave behind   CHOPMARK_PORTS  the first of sixty
//   CHOPMARK_PATIENT 1: stopped nodes stay so for 30 s
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "tests/kafka/faults/examination.h"
#include "tests/kafka/faults/fault_list.h"
#include "tests/kafka/faults/watch.h"
#include "tests/support/child_process.h"
#include "tests/support/service_customer.h"

namespace chopmark::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
namespace fs = std::filesystem;

constexpr std::uint64_t usual_faults = 20;
constexpr std::uint64_t faults_between_examinations = 10;
constexpr milliseconds pause_of_customers{20};
constexpr milliseconds look_pause{20};
constexpr seconds whole_patience{120};
constexpr seconds service_patience{60};

std::string text_from_environment(const char* name) {
    const char* const text = std::getenv(name);
    return text != nullptr ? text : "";
}

/// The file system in memory, where it takes what three brokers and their copies write.
fs::path roomy_memory() {
    constexpr std::uintmax_t enough = std::uintmax_t{4} << 30;
    const fs::path memory = "/dev/shm";
    std::error_code missing;
    const auto space = fs::space(memory, missing);
    return !missing && space.available >= enough ? memory : fs::temp_directory_path();
}

class ServiceFaults : public ::testing::Test {
  protected:
    ~ServiceFaults() override {
        cluster.reset();
        std::error_code ignored;
        if (!own.empty() && !HasFailure()) {
            fs::remove_all(own, ignored);
        } else if (HasFailure()) {
            std::printf("what it left lies in %s\n", options.folder.c_str());
        }
    }

    void begin() {
        seed = number_from_environment("CHOPMARK_SEED", std::random_device()());
        dice.seed(seed);
        options.folder = text_from_environment("CHOPMARK_DIR");
        if (options.folder.empty()) {
            own = (roomy_memory() / "chopmark-faults.XXXXXX").string();
            ASSERT_NE(::mkdtemp(own.data()), nullptr);
            options.folder = own;
        }
        fs::create_directories(options.folder);
        // Of this process alone, most likely; a daemon that finds them taken says so.
        options.ports = static_cast<int>(number_from_environment(
            "CHOPMARK_PORTS", 25200 + 60 * (static_cast<std::uint64_t>(::getpid()) % 100)));
        options.nodes = static_cast<unsigned>(
            number_from_environment("CHOPMARK_NODES", FaultCluster::nodes_at_most));
        auto started = FaultCluster::start(options);
        ASSERT_TRUE(started.has_value()) << to_string(started.error());
        cluster = std::move(*started);
        auto posted = Watch::post(*cluster, record);
        ASSERT_TRUE(posted.has_value()) << to_string(posted.error());
        watches = std::move(*posted);
        for (unsigned number = 0; number < cluster->count(); ++number) {
            const unsigned other = (number + 1) % cluster->count();
            customers.push_back(std::make_unique<ServiceCustomer>(
                number, dice(), cluster->offices(),
                sandbox::Gateways{cluster->node(number).gateways().base,
                                  cluster->node(other).gateways().base},
                record));
        }
    }

    /// The faults of this run, all kinds before any kind again.
    std::vector<const Fault*> chosen(std::uint64_t count) {
        std::vector<const Fault*> kinds;
        const std::string only = "," + text_from_environment("CHOPMARK_ONLY") + ",";
        for (const auto list : {process_faults(), link_faults(), storage_faults()}) {
            for (const Fault& fault : list) {
                std::string why = fault.unavailable != nullptr ? fault.unavailable(*cluster) : "";
                if (why.empty() && only == ",,") {
                    why = fault.only_when_named;
                }
                if (only != ",," && only.find(fmt::format(",{},", fault.name)) == only.npos) {
                    continue;
                }
                if (!why.empty()) {
                    std::printf("left out: %s: %s\n", std::string(fault.name).c_str(), why.c_str());
                    continue;
                }
                kinds.push_back(&fault);
            }
        }
        std::vector<const Fault*> out;
        while (!kinds.empty() && out.size() < count) {
            std::shuffle(kinds.begin(), kinds.end(), dice);
            out.insert(out.end(), kinds.begin(), kinds.end());
        }
        out.resize(std::min<std::size_t>(out.size(), count));
        return out;
    }

    /// Under load: strikes, and waits until every partition acknowledges again.
    void strike(const Fault& fault) {
        std::atomic<bool> over{false};
        std::atomic<int> avoid{-1};
        std::vector<std::thread> threads;
        for (const auto& customer : customers) {
            threads.emplace_back([&] { customer->live_through(over, pause_of_customers); });
        }
        for (const auto& watch : watches) {
            threads.emplace_back([&] { watch->live_through(over, avoid); });
        }
        await_acknowledgements();
        Striking with{*cluster, dice, avoid, text_from_environment("CHOPMARK_PATIENT") == "1"};
        with.wait(milliseconds(0), milliseconds(500));
        const auto began = std::chrono::steady_clock::now();
        const auto done = fault.strike(with);
        const auto up = done ? cluster->whole(whole_patience) : Result<void>();
        avoid = -1;
        if (done && up) {
            await_acknowledgements();
        }
        over = true;
        for (auto& thread : threads) {
            thread.join();
        }
        ASSERT_TRUE(done.has_value()) << to_string(done.error());
        ASSERT_TRUE(up.has_value()) << to_string(up.error());
        milliseconds silence{};
        for (const auto& watch : watches) {
            silence = std::max(silence, watch->longest_silence());
        }
        const auto took =
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
        std::printf("%-22s %s; longest silence of a partition %ld ms; %ld ms in all\n",
                    std::string(fault.name).c_str(), done->c_str(), silence.count(), took.count());
        std::fflush(stdout);
    }

    /// Of every watch, one from now on at least.
    void await_acknowledgements() {
        const auto until = std::chrono::steady_clock::now() + service_patience;
        std::vector<std::size_t> before;
        for (const auto& watch : watches) {
            before.push_back(watch->acknowledged());
        }
        for (std::size_t i = 0; i < watches.size(); ++i) {
            while (watches[i]->acknowledged() == before[i]) {
                if (std::chrono::steady_clock::now() > until) {
                    ADD_FAILURE() << "partition " << watches[i]->partition().value()
                                  << " acknowledges nothing";
                    return;
                }
                std::this_thread::sleep_for(look_pause);
            }
        }
    }

    void ask_again() {
        const unsigned node = static_cast<unsigned>(dice() % cluster->count());
        SCOPED_TRACE("asked again of node " + std::to_string(node));
        ASSERT_NO_FATAL_FAILURE(record.send_again(cluster->node(node).gateways()));
        for (const auto& customer : customers) {
            ASSERT_NO_FATAL_FAILURE(customer->ask_again());
        }
    }

    void say() const { std::printf("%s\n", summary_of(record, customers).c_str()); }

    std::uint64_t seed = 0;
    std::mt19937_64 dice;
    FaultCluster::Options options;
    std::string own;
    std::unique_ptr<FaultCluster> cluster;
    ServiceRecord record;
    std::vector<std::unique_ptr<Watch>> watches;
    std::vector<std::unique_ptr<ServiceCustomer>> customers;
};

TEST_F(ServiceFaults, LoseDoubleAndContradictNothing) {
    const std::uint64_t count = number_from_environment("CHOPMARK_FAULTS", usual_faults);
    ASSERT_NO_FATAL_FAILURE(begin());
    const auto faults = chosen(count);
    ASSERT_FALSE(faults.empty());
    for (std::size_t i = 0; i < faults.size(); ++i) {
        SCOPED_TRACE(fmt::format("seed {}, fault {}: {}", seed, i, faults[i]->name));
        ASSERT_NO_FATAL_FAILURE(strike(*faults[i]));
        ASSERT_NO_FATAL_FAILURE(ask_again());
        if (i % faults_between_examinations == faults_between_examinations - 1 ||
            i + 1 == faults.size()) {
            ASSERT_NO_FATAL_FAILURE(examine(*cluster, record));
        }
        if (HasFailure()) {
            break;
        }
    }
    say();
    EXPECT_GT(record.tally().acknowledged, faults.size());  // it was hurt at work
}

}  // namespace
}  // namespace chopmark::test
