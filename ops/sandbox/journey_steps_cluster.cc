// Step 25: the owner of half the partitions dies in the middle, and comes back.
#include <fmt/format.h>

#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

using Seconds = std::chrono::duration<double>;

/// A consent of mei is asked for: a command in her slot, given to the node that lives.
Result<Json> ask(World& world) {
    return expect_envelope(
        "a request for a form",
        world.tax->ask_form(world.token, business_id(world), {}, {"mobileNumber"}));
}

/// Half of all citizens were the dead node's, so maybe mei; control was one of the two's as well.
Seen owner_died(World& world) {
    CHOPMARK_ASSIGN(const Heads before, read_heads(world));
    world.cluster->first().kill();
    const auto begin = std::chrono::steady_clock::now();
    // What was on its way to the dead node may have become a record: that is said, and asked anew.
    const auto asked =
        wait_for<Json>(std::chrono::seconds(30), [&]() -> Result<Json> { return ask(world); });
    CHOPMARK_TRY(asked);
    const double citizen = Seconds(std::chrono::steady_clock::now() - begin).count();
    const auto recorded = wait_for<Heads>(std::chrono::seconds(30), [&]() -> Result<Heads> {
        CHOPMARK_ASSIGN(Heads now, read_heads(world));
        for (const auto& [partition, head] : before) {
            // Every partition has a new owner's term at least, where the dead one had it.
            CHOPMARK_TRY(expect(
                now[partition].size >= head.size, "no record lost",
                fmt::format("partition {}: {} of {}", partition, now[partition].size, head.size)));
        }
        return now;
    });
    CHOPMARK_TRY(recorded);
    CHOPMARK_TRY(world.cluster->keep_up());
    return fmt::format(
        "node-1 killed; {:.1f} s later node-2 has recorded a citizen's request; nothing lost in "
        "{} partitions; node-1 is back",
        citizen, before.size());
}

}  // namespace

std::vector<Step> cluster_steps() { return {{25, "an owner dies", owner_died}}; }

}  // namespace chopmark::sandbox
