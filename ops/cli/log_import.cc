#include "ops/cli/log_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "events/core/clock.h"
#include "ops/cli/console.h"
#include "ops/import/importer.h"

namespace chopmark::cli {
namespace {

using import::ImportReport;
using import::SourceCounts;
using nlohmann::ordered_json;

inline constexpr Reason no_such_format{"import.no_such_format", Kind::invalid};
inline constexpr Reason cannot_read{"import.cannot_read", Kind::not_found};
inline constexpr Reason bad_year{"import.bad_year", Kind::invalid};

constexpr std::size_t sources_shown = 10;

using Source = std::pair<std::string, SourceCounts>;

std::vector<Source> worst_sources(const ImportReport& report) {
    std::vector<Source> out(report.sources.begin(), report.sources.end());
    std::erase_if(out, [](const Source& each) { return each.second.failures == 0; });
    std::stable_sort(out.begin(), out.end(), [](const Source& a, const Source& b) {
        return a.second.failures > b.second.failures;
    });
    out.resize(std::min(out.size(), sources_shown));
    return out;
}

ordered_json to_json(const ImportReport& report, const ImportOptions& options) {
    ordered_json out{{"lines", report.lines},
                     {"other_lines", report.other_lines},
                     {"malformed_lines", report.malformed_lines},
                     {"records", report.records},
                     {"repeated_lines", report.repeated},
                     {"attempts", report.accepted + report.failed},
                     {"accepted", report.accepted},
                     {"failed", report.failed},
                     {"reordered", report.reordered},
                     {"zone", options.zone},
                     {"first_year", report.first_year},
                     {"last_year", report.last_year},
                     {"first_at", report.first.millis()},
                     {"last_at", report.last.millis()},
                     {"sources", report.sources.size()},
                     {"most_failures", ordered_json::array()}};
    for (const auto& [token, counts] : worst_sources(report)) {
        out["most_failures"].push_back({{"source", token},
                                        {"attempts", counts.attempts},
                                        {"failures", counts.failures},
                                        {"users", counts.users}});
    }
    return out;
}

void print(const ImportReport& report, const ImportOptions& options, Console& console) {
    console.line(fmt::format("{} lines: {} sign-ins, {} others, {} malformed",
                             grouped(report.lines), grouped(report.records),
                             grouped(report.other_lines), grouped(report.malformed_lines)));
    console.line(fmt::format("{} attempts, {} accepted, {} failed; {} lines stood for several",
                             grouped(report.accepted + report.failed), grouped(report.accepted),
                             grouped(report.failed), grouped(report.repeated)));
    console.line(fmt::format("from {} to {}", to_string(report.first), to_string(report.last)));
    if (report.reordered > 0) {
        console.line(fmt::format("{} lines lay before the one before them; recorded with its time",
                                 grouped(report.reordered)));
    }
    console.line("");
    console.line(fmt::format("{} sources; most failures:", grouped(report.sources.size())));
    console.line(
        fmt::format("{:<32} {:>9} {:>9} {:>6}", "source (token)", "attempts", "failures", "users"));
    for (const auto& [token, counts] : worst_sources(report)) {
        console.line(fmt::format("{:<32} {:>9} {:>9} {:>6}", token, grouped(counts.attempts),
                                 grouped(counts.failures), grouped(counts.users)));
    }
    console.line("");
    console.line("Verify it:  chopmark log verify --readable --data " + options.into);
}

Result<ImportReport> run(const ImportOptions& options, Console& console) {
    if (options.format != "authlog") {
        return Error(no_such_format, options.format + "; there is authlog");
    }
    if (options.year != 0 && (options.year < 1970 || options.year > 2200)) {
        return Error(bad_year, std::to_string(options.year));
    }
    CHOPMARK_ASSIGN(const auto zone, import::zone_offset(options.zone));
    std::ifstream file(options.file, std::ios::binary);
    std::error_code failed;
    const std::uint64_t total = std::filesystem::file_size(options.file, failed);
    if (!file || failed) {
        return Error(cannot_read, options.file);
    }
    const SystemClock clock;
    int year = options.year;
    if (year == 0) {
        CHOPMARK_ASSIGN(year, import::newest_possible_year(file, zone, clock.now()));
    }
    console.note(fmt::format(
        "The file's first line is taken to be of the year {} ({}), its times "
        "to be {} ({}).",
        year, options.year == 0 ? "guessed; --year says it" : "--year", options.zone, "--zone"));
    const std::string source = options.source.empty()
                                   ? std::filesystem::path(options.file).filename().string()
                                   : options.source;
    import::ImportRequest request{ops::DataFolder(options.into), source, year, zone, {}, {}};
    request.progress = [&](std::uint64_t bytes) {
        console.progress("importing, bytes", bytes, total, clock.now());
    };
    auto report = import::import_auth_log(file, request);
    console.clear_progress();
    return report;
}

}  // namespace

void import_log(const ImportOptions& options, Console& console) {
    const auto report = run(options, console);
    if (!report) {
        console.fail(report.error());
    } else if (console.json()) {
        console.print(to_json(*report, options));
    } else {
        print(*report, options, console);
    }
}

}  // namespace chopmark::cli
