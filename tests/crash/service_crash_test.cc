// The whole service under SIGKILL: the real daemon in its sandbox, killed at random moments of its
// work and of its start, while citizens register, log in and consent over HTTP. After every death
// all answers are held against the log and asked for again; at every tenth, and at the end, views
// equal a rebuild, the log verifies, and the alerts raised are those of a fold that was never
// interrupted. CHOPMARK_KILLS says how often (30), CHOPMARK_SEED which run; the moments are the
// machine's all the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/crash/service_node.h"
#include "tests/support/child_process.h"
#include "tests/support/service_customer.h"

namespace chopmark::test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kills_a_run = 8;
#else
constexpr std::uint64_t kills_a_run = 30;
#endif
constexpr std::size_t customers_at_once = 3;
constexpr std::uint64_t longest_work_us = 400'000;
constexpr std::uint64_t longest_start_us = 500'000;
constexpr unsigned tries_to_catch_up = 8;

class ServiceCrash : public ::testing::Test {
  protected:
    void begin() {
        ASSERT_NO_FATAL_FAILURE(start());
        const auto founded = node.found();
        ASSERT_TRUE(founded.has_value()) << to_string(founded.error());
        for (unsigned number = 0; number < customers_at_once; ++number) {
            customers.push_back(std::make_unique<ServiceCustomer>(number, dice(), node.offices(),
                                                                  node.gateways(), record));
        }
    }
    void start() {
        const auto started = node.start();
        ASSERT_TRUE(started.has_value()) << to_string(started.error());
    }

    /// Dies at work, some time after something was acknowledged in this life.
    void live_and_die() {
        std::vector<std::thread> threads;
        for (const auto& customer : customers) {
            threads.emplace_back([&customer] { customer->live(); });
        }
        const std::size_t before = record.acknowledged();
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (record.acknowledged() == before && std::chrono::steady_clock::now() < patience) {
            std::this_thread::sleep_for(milliseconds(1));
        }
        std::this_thread::sleep_for(microseconds(dice() % longest_work_us));
        node.kill();
        for (auto& thread : threads) {
            thread.join();
        }
        record.read_log(node.data());
    }

    /// Up again, now and then after a death on the way there.
    void come_back(std::uint64_t kill) {
        if (kill % 5 == 4) {
            node.kill_at_start(microseconds(dice() % longest_start_us));
            ASSERT_NO_FATAL_FAILURE(record.read_log(node.data()));
        }
        ASSERT_NO_FATAL_FAILURE(start());
        ASSERT_NO_FATAL_FAILURE(record.send_again(node.gateways()));
        for (const auto& customer : customers) {
            ASSERT_NO_FATAL_FAILURE(customer->ask_again());
        }
    }

    /// While it runs and nobody asks for anything; it is running afterwards too.
    void examine() {
        const auto differing = node.differing_views();
        ASSERT_TRUE(differing.has_value()) << to_string(differing.error());
        EXPECT_EQ(*differing, "");
        for (unsigned tries = 0;; ++tries) {
            // Cuts and alerts come every second or so.
            std::this_thread::sleep_for(milliseconds(1500));
            node.kill();
            ASSERT_NO_FATAL_FAILURE(record.read_log(node.data()));
            const auto found = node.found_in_one_go();
            ASSERT_TRUE(found.has_value()) << to_string(found.error());
            EXPECT_TRUE(std::includes(found->begin(), found->end(), record.raised().begin(),
                                      record.raised().end()))
                << "an alert that an uninterrupted fold does not find";
            const bool caught_up = *found == record.raised();
            EXPECT_TRUE(caught_up || tries < tries_to_catch_up)
                << found->size() << " found, " << record.raised().size() << " raised";
            if (caught_up || tries == tries_to_catch_up) {
                break;
            }
            ASSERT_NO_FATAL_FAILURE(start());
        }
        const auto faults = node.bad_log();
        ASSERT_TRUE(faults.has_value()) << to_string(faults.error());
        EXPECT_EQ(*faults, "");
        ASSERT_NO_FATAL_FAILURE(start());
    }

    void say() const { std::printf("%s\n", summary_of(record, customers).c_str()); }

    std::mt19937_64 dice;
    ServiceNode node;
    ServiceRecord record;
    std::vector<std::unique_ptr<ServiceCustomer>> customers;
};

TEST_F(ServiceCrash, NothingAcknowledgedIsLostDoubledOrContradicted) {
    const std::uint64_t kills = number_from_environment("CHOPMARK_KILLS", kills_a_run);
    const std::uint64_t seed = number_from_environment("CHOPMARK_SEED", std::random_device()());
    dice.seed(seed);
    ASSERT_NO_FATAL_FAILURE(begin());
    for (std::uint64_t kill = 0; kill < kills; ++kill) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", kill " + std::to_string(kill));
        ASSERT_NO_FATAL_FAILURE(live_and_die());
        ASSERT_NO_FATAL_FAILURE(come_back(kill));
        if (kill % 10 == 9 || kill + 1 == kills) {
            ASSERT_NO_FATAL_FAILURE(examine());
        }
        if (HasFailure()) {
            break;
        }
    }
    say();
    EXPECT_GT(record.tally().acknowledged, kills);  // it died at work
}

}  // namespace
}  // namespace chopmark::test
