// The whole service under simulated time, with seeded faults: many short worlds, each from one
// seed; on memory adapters, and as three nodes on the Kafka journal over a modelled cluster.
// CHOPMARK_SEED=n replays one world (with --gtest_filter, of one kind); CHOPMARK_SEEDS=n runs so
// many; CHOPMARK_LONG=1 ten times as many as by default.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/simulation/world.h"

namespace chopmark::test {
namespace {

constexpr std::uint64_t first_seed = 20'260'000;
constexpr std::uint64_t worlds = 360;
constexpr std::uint64_t shared_worlds = 80;
constexpr unsigned steps_a_world = 120;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

World::Tally run_world(std::uint64_t seed, World::Ground ground) {
    unsigned step = 0;
    const auto failed = [&] {
        if (testing::Test::HasFailure()) {
            std::cerr << "replay with CHOPMARK_SEED=" << seed << "; it broke at step " << step
                      << " of " << steps_a_world << "\n";
        }
        return testing::Test::HasFailure();
    };
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, ground);
    while (!failed() && step < steps_a_world) {
        ++step;
        SCOPED_TRACE("step " + std::to_string(step));
        world.step();
    }
    if (!testing::Test::HasFailure()) {
        SCOPED_TRACE("at rest");
        world.come_to_rest();
        static_cast<void>(failed());
    }
    return world.tally();
}

World::Tally run_worlds(std::uint64_t worlds_of_kind, World::Ground ground) {
    World::Tally sum;
    if (std::getenv("CHOPMARK_SEED") != nullptr) {
        sum = run_world(number_from("CHOPMARK_SEED", first_seed), ground);
    } else {
        const bool is_long = number_from("CHOPMARK_LONG", 0) != 0;
        const std::uint64_t count =
            number_from("CHOPMARK_SEEDS", is_long ? 10 * worlds_of_kind : worlds_of_kind);
        std::cout << "seeds " << first_seed << " to " << first_seed + count - 1 << "\n";
        for (std::uint64_t seed = first_seed;
             seed < first_seed + count && !testing::Test::HasFailure(); ++seed) {
            sum += run_world(seed, ground);
        }
    }
    std::cout << sum.commands << " commands, " << sum.acknowledged << " acknowledged, "
              << sum.records << " records, " << sum.kills << " kills, " << sum.fights << " fights, "
              << sum.faults << " faults\n";
    for (const auto* counts : {&sum.types, &sum.refusals}) {
        for (const auto& [name, count] : *counts) {
            std::cout << name << " " << count << "; ";
        }
        std::cout << "\n";
    }
    EXPECT_GT(sum.acknowledged, 0U);
    return sum;
}

TEST(ServiceSimulation, KeepsItsLawsUnderFaults) { run_worlds(worlds, World::Ground::memory); }

/// What the worlds are about has to have happened in them, seed by seed or not.
TEST(ServiceSimulation, KeepsItsLawsOnASharedCluster) {
    const World::Tally sum = run_worlds(shared_worlds, World::Ground::modelled_cluster);
    const Deployment::Counts& counts = sum.deployment;
    const ModelledCluster::Counts& cluster = counts.cluster;
    const std::vector<std::pair<const char*, std::uint64_t>> happened{
        {"requests lost", cluster.failed},
        {"written though failed", cluster.written},
        {"written in part", cluster.in_part},
        {"late, of dead producers", cluster.late},
        {"doubled", cluster.doubled},
        {"unanswered", cluster.unanswered},
        {"fetches short", cluster.lags},
        {"old leaders asked", cluster.old_leaders},
        {"tails cut", cluster.cuts},
        {"records cut", cluster.cut_records},
        {"moves", counts.moves},
        {"two owners", counts.duels},
        {"takeovers", counts.takeovers},
        {"nodes killed", counts.kills},
        {"power cuts", counts.power_cuts},
        {"records skipped", counts.skipped},
        {"relocations", counts.relocations},
        {"worlds that accept on delivery", counts.on_delivery}};
    const bool replayed = std::getenv("CHOPMARK_SEED") != nullptr;
    for (const auto& [name, count] : happened) {
        std::cout << name << " " << count << "; ";
        EXPECT_TRUE(count > 0 || replayed || HasFailure()) << name << ": never";
    }
    std::cout << "\n";
}

}  // namespace
}  // namespace chopmark::test
