// Step 25: the owner of half the partitions dies in the middle, and comes back.
#include <fmt/format.h>

#include <sstream>

#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

using Seconds = std::chrono::duration<double>;

/// Far above a session.
constexpr std::chrono::seconds takeover_patience{30};

/// A consent of mei is asked for: a command in her slot, given to the node that lives.
Result<Json> ask(World& world) {
    return expect_envelope(
        "a request for a form",
        world.tax->ask_form(world.token, business_id(world), {}, {"mobileNumber"}));
}

/// Of how many partitions node-2 is the owner, by its metrics.
Result<std::size_t> owned_by_second(World& world) {
    const Caller second(Gateways{world.options.gateways.services}.admin(), "127.0.0.1", "chopmark");
    CHOPMARK_ASSIGN(const Answer metrics, second.get("/metrics"));
    std::size_t owned = 0;
    std::istringstream lines(metrics.body);
    for (std::string line; std::getline(lines, line);) {
        owned += line.starts_with("chopmark_partition_served{") && line.ends_with(" 1") ? 1 : 0;
    }
    return owned;
}

/// A citizen's command and one of control, both given to the node that lives: between them, and
/// with the owners counted, no partition of the dead one is left out.
Result<void> work_goes_on(World& world) {
    // What was on its way to the dead node may have become a record: that is said, and asked anew.
    CHOPMARK_TRY(wait_for<Json>(takeover_patience, [&]() -> Result<Json> { return ask(world); }));
    CHOPMARK_TRY(wait_for<Json>(takeover_patience, [&]() -> Result<Json> {
        return expect_good("an auditor's question",
                           world.member("auditor").post(
                               world.options.gateways.audit(), "/audit/v1/queries/verify",
                               {{"purpose", "an owner died"}, {"event", world.login_event}}));
    }));
    return {};
}

Seen owner_died(World& world) {
    CHOPMARK_ASSIGN(const Heads before, read_heads(world));
    CHOPMARK_ASSIGN(const std::size_t had, owned_by_second(world));
    CHOPMARK_TRY(expect(had > 0 && had < before.size(), "partitions shared by two nodes",
                        fmt::format("{} of {} at node-2", had, before.size())));
    world.cluster->first().kill();
    const auto begin = std::chrono::steady_clock::now();
    CHOPMARK_TRY(work_goes_on(world));
    const auto owned = wait_for<std::size_t>(takeover_patience, [&]() -> Result<std::size_t> {
        CHOPMARK_ASSIGN(const std::size_t now, owned_by_second(world));
        CHOPMARK_TRY(expect(now == before.size(), "every partition owned by node-2",
                            fmt::format("{} of {}", now, before.size())));
        return now;
    });
    CHOPMARK_TRY(owned);
    const double took = Seconds(std::chrono::steady_clock::now() - begin).count();
    CHOPMARK_ASSIGN(Heads after, read_heads(world));
    for (const auto& [partition, head] : before) {
        CHOPMARK_TRY(expect(
            after[partition].size >= head.size, "no record lost",
            fmt::format("partition {}: {} of {}", partition, after[partition].size, head.size)));
    }
    CHOPMARK_TRY(world.cluster->keep_up());
    return fmt::format(
        "node-1 killed, and {} of {} partitions with it; {:.1f} s later node-2 owns all and has "
        "recorded a citizen's request and an auditor's; nothing lost; node-1 is back",
        before.size() - had, before.size(), took);
}

}  // namespace

std::vector<Step> cluster_steps() { return {{25, "an owner dies", owner_died}}; }

}  // namespace chopmark::sandbox
