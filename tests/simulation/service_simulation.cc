// The whole service on memory adapters under simulated time, with seeded faults: many short worlds,
// each from one seed. CHOPMARK_SEED=n replays one world; CHOPMARK_SEEDS=n runs so many;
// CHOPMARK_LONG=1 ten times as many as by default.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/simulation/world.h"

namespace chopmark::test {
namespace {

constexpr std::uint64_t first_seed = 20'260'000;
constexpr std::uint64_t worlds = 360;
constexpr unsigned steps_a_world = 120;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

World::Tally run_world(std::uint64_t seed) {
    unsigned step = 0;
    const auto failed = [&] {
        if (testing::Test::HasFailure()) {
            std::cerr << "replay with CHOPMARK_SEED=" << seed << "; it broke at step " << step
                      << " of " << steps_a_world << "\n";
        }
        return testing::Test::HasFailure();
    };
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
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

TEST(ServiceSimulation, KeepsItsLawsUnderFaults) {
    World::Tally sum;
    if (std::getenv("CHOPMARK_SEED") != nullptr) {
        sum = run_world(number_from("CHOPMARK_SEED", first_seed));
    } else {
        const bool is_long = number_from("CHOPMARK_LONG", 0) != 0;
        const std::uint64_t count = number_from("CHOPMARK_SEEDS", is_long ? 10 * worlds : worlds);
        std::cout << "seeds " << first_seed << " to " << first_seed + count - 1 << "\n";
        for (std::uint64_t seed = first_seed; seed < first_seed + count && !HasFailure(); ++seed) {
            sum += run_world(seed);
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
}

}  // namespace
}  // namespace chopmark::test
