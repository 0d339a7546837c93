#include "ops/figures/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace chopmark::figures {
namespace {

std::string number(double value) {
    return value < 100 ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
}

std::string waits_text(const Percentiles& waits) {
    return fmt::format("p50 {} µs, p99 {} µs", number(waits.p50_us), number(waits.p99_us));
}

}  // namespace

std::optional<double> Row::ratio() const {
    return bare && *bare > 0 ? std::optional(value / *bare) : std::nullopt;
}

std::optional<bool> Row::met() const {
    switch (reach.of) {
        case Reach::Of::nothing:
            return std::nullopt;
        case Reach::Of::ratio_at_least:
            return ratio().value_or(0) >= reach.bound;
        case Reach::Of::at_least:
            return value >= reach.bound;
        case Reach::Of::below:
            return value < reach.bound;
    }
    return std::nullopt;
}

std::string to_string(const Reach& reach) {
    switch (reach.of) {
        case Reach::Of::nothing:
            return "";
        case Reach::Of::ratio_at_least:
            return fmt::format(">= {:.2f} of bare", reach.bound);
        case Reach::Of::at_least:
            return fmt::format(">= {}", reach.bound);
        case Reach::Of::below:
            return fmt::format("< {}", reach.bound);
    }
    return "";
}

void Report::add(Row row) {
    std::string line = fmt::format("{:<8} {:<26} {:>9} {:<10}", row.name, row.variant,
                                   number(row.value), row.unit);
    if (row.bare) {
        line += fmt::format(" bare {:>9}  ratio {:.2f}", number(*row.bare), *row.ratio());
    }
    if (const auto met = row.met()) {
        line += fmt::format("  reach {}: {}", to_string(row.reach), *met ? "met" : "MISSED");
    }
    say(line);
    if (row.waits) {
        say("         " + waits_text(*row.waits) +
            (row.bare_waits ? "; bare " + waits_text(*row.bare_waits) : ""));
    }
    if (!row.note.empty()) {
        say("         " + row.note);
    }
    rows_.push_back(std::move(row));
}

void Report::say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

bool Report::all_met() const {
    return std::all_of(rows_.begin(), rows_.end(),
                       [](const Row& row) { return row.met().value_or(true); });
}

Result<void> Report::write_json(const std::filesystem::path& file) const {
    auto list = nlohmann::ordered_json::array();
    for (const Row& row : rows_) {
        nlohmann::ordered_json one;
        one["name"] = row.name;
        one["variant"] = row.variant;
        one["value"] = row.value;
        one["unit"] = row.unit;
        one["bare"] = row.bare ? nlohmann::ordered_json(*row.bare) : nullptr;
        one["ratio"] = row.ratio() ? nlohmann::ordered_json(*row.ratio()) : nullptr;
        one["reach"] = to_string(row.reach);
        one["met"] = row.met() ? nlohmann::ordered_json(*row.met()) : nullptr;
        if (row.waits) {
            one["p50_us"] = row.waits->p50_us;
            one["p99_us"] = row.waits->p99_us;
        }
        if (row.bare_waits) {
            one["bare_p50_us"] = row.bare_waits->p50_us;
            one["bare_p99_us"] = row.bare_waits->p99_us;
        }
        if (!row.note.empty()) {
            one["note"] = row.note;
        }
        list.push_back(std::move(one));
    }
    std::ofstream out(file);
    out << list.dump(2) << "\n";
    out.close();
    if (!out) {
        return Error(not_written, file.string());
    }
    return {};
}

}  // namespace chopmark::figures
