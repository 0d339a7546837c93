// What a run has measured: rows of one table, printed as they come, and a JSON list at the end. A
// row is a value and, where there is one, the same quantity of its bare comparator measured in the
// same run; what is asked of it is a ratio, since machines differ. Not safe from several threads.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "events/core/result.h"
#include "ops/figures/samples.h"

namespace chopmark::figures {

inline constexpr Reason not_written{"figures.not_written", Kind::unavailable};

/// What is asked of a row.
struct Reach {
    enum class Of : std::uint8_t { nothing, ratio_at_least, at_least, below };
    Of of = Of::nothing;
    double bound = 0;

    static Reach ratio(double bound) { return {Of::ratio_at_least, bound}; }
    static Reach at_least(double bound) { return {Of::at_least, bound}; }
    static Reach below(double bound) { return {Of::below, bound}; }
};

struct Row {
    std::string name;
    std::string variant;
    double value = 0;
    std::string unit;
    std::optional<double> bare;
    Reach reach;
    /// Of what one caller waited for, ours and the bare one's, microseconds.
    std::optional<Percentiles> waits;
    std::optional<Percentiles> bare_waits;
    std::string note;

    [[nodiscard]] std::optional<double> ratio() const;
    /// Nothing when nothing is asked.
    [[nodiscard]] std::optional<bool> met() const;
};

/// ">= 0.70 of bare", ">= 1500", "< 1000", or empty.
std::string to_string(const Reach& reach);

class Report {
  public:
    void add(Row row);
    /// A line beneath the figure that is being measured.
    static void say(const std::string& line);
    [[nodiscard]] bool all_met() const;
    Result<void> write_json(const std::filesystem::path& file) const;

  private:
    std::vector<Row> rows_;
};

}  // namespace chopmark::figures
