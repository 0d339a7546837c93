// Steps 22 to 24: a kill, a flipped bit, and a log from the real world.
#include <fmt/format.h>

#include <algorithm>

#include "ops/sandbox/journey_tools.h"
#include "ops/sandbox/journey_world.h"

namespace chopmark::sandbox {
namespace {

// ---- 22
// ------------------------------------------------------------------------------------------

Result<Json> consistency(World& world, int partition, const Head& older, const Head& newer) {
    return expect_good("a proof of consistency",
                       world.member("auditor").get(
                           world.options.gateways.audit(),
                           fmt::format("/audit/v1/consistency?partition={}&older={}&newer={}",
                                       partition, older.size, newer.size)));
}

Result<std::uint64_t> log_size(World& world) {
    CHOPMARK_ASSIGN(const Json page, expect_good("the citizen's log",
                                                 world.phone("mei").look("/app/v1/log?limit=100")));
    return page.value("items", Json::array()).size();
}

Seen killed(World& world) {
    CHOPMARK_ASSIGN(const std::uint64_t items, log_size(world));
    CHOPMARK_ASSIGN(const Heads before, read_heads(world));
    world.daemon().kill();
    CHOPMARK_TRY(world.daemon().start());
    CHOPMARK_ASSIGN(const Heads after, read_heads(world));
    CHOPMARK_TRY(
        expect(before.size() == after.size(), "as many partitions", std::to_string(after.size())));
    std::uint64_t records = 0;
    for (const auto& [partition, head] : before) {
        const Head& now = after.at(partition);
        CHOPMARK_TRY(
            expect(now.size >= head.size,
                   fmt::format("at least {} records in partition {}", head.size, partition),
                   std::to_string(now.size)));
        if (head.size > 0) {
            CHOPMARK_ASSIGN(const Json proof, consistency(world, partition, head, now));
            CHOPMARK_TRY(expect_equal("root at the old size", head.root,
                                      proof.value("older", Json::object()).value("root", "")));
        }
        records += head.size;
    }
    const auto again =
        wait_for<std::uint64_t>(std::chrono::seconds(20), [&]() -> Result<std::uint64_t> {
            CHOPMARK_ASSIGN(const std::uint64_t now, log_size(world));
            CHOPMARK_TRY(expect(now == items, fmt::format("{} records in the log", items),
                                std::to_string(now)));
            return now;
        });
    CHOPMARK_TRY(again);
    return fmt::format(
        "{} records in {} partitions there again, each partition's root at the old "
        "size as before, {} records in the citizen's log as before",
        records, before.size(), items);
}

// ---- 23
// ------------------------------------------------------------------------------------------

Result<std::string> tamper(World& world, const std::filesystem::path& copy) {
    CHOPMARK_TRY(copy_folder(world.options.data, copy));
    CHOPMARK_ASSIGN(const Json whole, verify_log(world, copy));
    CHOPMARK_TRY(expect(whole.value("good", false), "a good copy", whole.dump()));
    const Bytes event = from_hex(world.login_event).value_or("");
    CHOPMARK_TRY(expect(!event.empty(), "the login of step 5", "none"));
    CHOPMARK_ASSIGN(const std::string where, flip_in_journal(copy, event));
    CHOPMARK_ASSIGN(const Json report, verify_log(world, copy));
    CHOPMARK_TRY(expect(!report.value("good", true), "a bad log", report.dump()));
    for (const Json& fault : report.value("faults", Json::array())) {
        // A damaged block is named by its first record.
        if (fault.value("partition", -1) == world.login_partition &&
            fault.value("sequence", UINT64_MAX) <= world.login_sequence) {
            return fmt::format("{}; named: partition {}, sequence {}: {} {}", where,
                               fault.value("partition", -1),
                               fault.value("sequence", std::uint64_t{0}), fault.value("kind", ""),
                               fault.value("detail", ""));
        }
    }
    return failed_check(fmt::format("a fault in partition {}", world.login_partition),
                        report.value("faults", Json()).dump());
}

Seen flipped(World& world) {
    const std::filesystem::path copy = world.options.data.string() + "-copy";
    world.daemon().stop();
    const auto seen = tamper(world, copy);
    std::error_code ignored;
    std::filesystem::remove_all(copy, ignored);
    CHOPMARK_TRY(world.daemon().start());
    return seen;
}

// ---- 24
// ------------------------------------------------------------------------------------------

struct Attacker {
    std::string address;
    std::uint64_t failures = 0;
};

/// Counts failed sign-ins by address, straight from the lines: what the import must agree with.
std::vector<Attacker> count_attackers(ByteView text) {
    constexpr std::string_view failed = "Failed ";
    constexpr std::string_view from = " from ";
    constexpr std::string_view repeated = "message repeated ";
    std::map<std::string, std::uint64_t> failures;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::size_t begin = line.find(failed);
        const std::size_t port = line.rfind(" port ");
        if (line.find("sshd[") == std::string_view::npos || begin == std::string_view::npos ||
            port == std::string_view::npos || port < begin) {
            continue;
        }
        const std::size_t address = line.rfind(from, port);
        if (address == std::string_view::npos || address < begin) {
            continue;
        }
        std::uint64_t times = 1;
        if (const std::size_t at = line.find(repeated); at != std::string_view::npos) {
            times = std::strtoull(std::string(line.substr(at + repeated.size(), 8)).c_str(),
                                  nullptr, 10);
        }
        failures[std::string(line.substr(address + from.size(), port - address - from.size()))] +=
            times;
    }
    std::vector<Attacker> out;
    for (const auto& [address, count] : failures) {
        out.push_back({address, count});
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Attacker& a, const Attacker& b) { return a.failures > b.failures; });
    return out;
}

Result<Json> import_log(World& world, const std::filesystem::path& into) {
    CHOPMARK_ASSIGN(const Finished done,
                    run_program({world.options.tool.string(), "--json", "log", "import",
                                 world.options.auth_log.string(), "--format", "authlog", "--year",
                                 "2017", "--into", into.string()}));
    Json report = Json::parse(done.output, nullptr, /*allow_exceptions=*/false);
    CHOPMARK_TRY(expect(done.exit_code == 0 && report.is_object(), "a report of log import",
                        fmt::format("exit code {}: {}", done.exit_code, done.output)));
    return report;
}

Seen real_log(World& world) {
    CHOPMARK_ASSIGN(const Bytes text, read_file(world.options.auth_log));
    const auto attackers = count_attackers(text);
    CHOPMARK_TRY(expect(attackers.size() >= 3, "three attackers in the file",
                        std::to_string(attackers.size())));
    const std::filesystem::path into = world.options.data.string() + "-import";
    std::error_code ignored;
    std::filesystem::remove_all(into, ignored);
    CHOPMARK_ASSIGN(const Json report, import_log(world, into));
    const Json worst = report.value("most_failures", Json::array());
    std::string named;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::uint64_t counted =
            i < worst.size() ? worst[i].value("failures", std::uint64_t{0}) : 0;
        CHOPMARK_TRY(
            expect(counted == attackers[i].failures,
                   fmt::format("{} failures of {}", attackers[i].failures, attackers[i].address),
                   std::to_string(counted)));
        named +=
            fmt::format("{}{} ({} failures)", i == 0 ? "" : ", ", attackers[i].address, counted);
    }
    CHOPMARK_ASSIGN(const Json verified, verify_log(world, into));
    CHOPMARK_TRY(expect(verified.value("good", false), "a good scratch log", verified.dump()));
    return fmt::format("{} lines became {} records, log verify good; attackers: {}",
                       report.value("lines", 0), report.value("records", 0), named);
}

}  // namespace

std::vector<Step> proof_steps() {
    return {{22, "SIGKILL and restart", killed},
            {23, "one flipped bit", flipped},
            {24, "a real sign-in log", real_log}};
}

}  // namespace chopmark::sandbox
