// Whole commands: decided, sealed, appended durably, folded into state, answered – logins of
// citizens who registered before, an approval and its redemption in turn, while every view follows.
// Bare is the same number of records of the same sizes through the bare committer.
#include <fmt/format.h>

#include <thread>

#include "events/fold/event_index.h"
#include "ops/figures/bare_log.h"
#include "ops/figures/figure.h"
#include "ops/figures/login_callers.h"

namespace chopmark::figures {
namespace {

constexpr double ratio_wanted = 0.4;
constexpr unsigned client_numbers[] = {64, 256};
constexpr std::uint64_t citizens = 10'000;
constexpr auto catching_up_at_most = std::chrono::seconds(120);

/// Seconds until no view lags; negative when they did not come so far.
double catch_up(NodeHome& node) {
    using SteadyClock = std::chrono::steady_clock;
    const auto begin = SteadyClock::now();
    while (node.views_lag() > 0) {
        if (SteadyClock::now() - begin > catching_up_at_most) {
            return -1;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

Result<std::vector<Bytes>> stored_login(NodeHome& node, const LoginCallers::Place& place) {
    std::vector<Bytes> out;
    for (const fold::Place& at : {place.approved, place.redeemed}) {
        CHOPMARK_ASSIGN(const auto entry, journal::read_one(node.backbone().storage().journal(),
                                                            at.partition, at.sequence));
        out.push_back(record::encode(entry->record));
    }
    return out;
}

struct World {
    NodeHome& node;
    People& people;
    const Service& service;
    const std::vector<Person>& persons;
};

Result<void> measure(Bench& bench, const World& world, unsigned clients) {
    LoginCallers callers(world.node.backbone().commands(), world.people, world.service,
                         world.persons, clients);
    // A first stretch warms up and leaves records to take the sizes from.
    Settings first = bench.settings;
    first.span = first.warm;
    static_cast<void>(callers.run(first));
    CHOPMARK_ASSIGN(const auto stored, stored_login(world.node, callers.last_of(0)));

    const auto folder = bench.make_folder("command-bare");
    Clients bare_clients(clients);
    CHOPMARK_ASSIGN(auto bare, BareLog::open(folder, [&bare_clients](unsigned client) {
                        bare_clients.answer(client);
                    }));
    std::vector<std::size_t> turns(clients);
    const auto ask_bare = [&](unsigned client) {
        return bare->append(client, stored[turns[client]++ % stored.size()]);
    };
    std::vector<double> ours;
    std::vector<double> theirs;
    std::vector<Percentiles> our_waits;
    std::vector<Percentiles> their_waits;
    std::uint64_t lag = 0;
    double behind_s = 0;
    for (unsigned round = 0; round < bench.settings.rounds; ++round) {
        const auto plain = bare_clients.run(ask_bare, bench.settings.warm, bench.settings.span);
        theirs.push_back(plain.per_second);
        their_waits.push_back(plain.waits);
        const auto whole = callers.run(bench.settings);
        lag = std::max(lag, world.node.views_lag());
        behind_s = std::max(behind_s, catch_up(world.node));
        ours.push_back(whole.per_second);
        our_waits.push_back(whole.waits);
    }
    bare.reset();
    Bench::remove(folder);
    CHOPMARK_TRY(callers.check());
    Row row;
    row.name = "command";
    row.variant = fmt::format("login, {} clients", clients);
    row.value = median(ours);
    row.unit = "commands/s";
    row.bare = median(theirs);
    row.reach = Reach::ratio(ratio_wanted);
    row.waits = median(our_waits);
    row.bare_waits = median(their_waits);
    row.note =
        fmt::format("stored bytes {} {}; views at most {} records behind, level {:.2f} s later",
                    stored[0].size(), stored[1].size(), lag, behind_s);
    bench.report.add(std::move(row));
    return {};
}

}  // namespace

Result<void> measure_command(Bench& bench) {
    const auto folder = bench.make_folder("command");
    CHOPMARK_ASSIGN(const auto node, NodeHome::without_listeners(folder));
    People people(*node);
    CHOPMARK_ASSIGN(const Service service, people.open_service(Bytes(294, 'k')));
    const auto begin = std::chrono::steady_clock::now();
    CHOPMARK_ASSIGN(
        const auto persons,
        people.register_citizens(
            citizens, [](std::uint64_t) { return "\x04" + Bytes(64, 'x'); }, [](std::uint64_t) {}));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    Report::say(fmt::format("         {} citizens registered in {:.1f} s", citizens, seconds));
    node->settle();
    for (const unsigned clients : client_numbers) {
        CHOPMARK_TRY(measure(bench, {*node, people, service, persons}, clients));
    }
    return {};
}

}  // namespace chopmark::figures
