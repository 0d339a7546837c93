// What /metrics says, in Prometheus' text format 0.0.4. Parts of the system keep plain counters;
// wiring adds one probe for each part, and a probe is asked at every scrape, so nothing is counted
// twice and a part knows no library. text() may be called from any thread; probes MUST be safe
// there and outlive this object. Labels must come from closed sets: each combination is a series
// for ever, and none may tell one person from another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chopmark::telemetry {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Where a probe puts its numbers. Names are snake_case and end in their unit; counters in _total.
/// Giving one name two kinds or two meanings is a bug.
class Samples {
  public:
    Samples();
    ~Samples();
    Samples(const Samples&) = delete;
    Samples& operator=(const Samples&) = delete;

    void counter(const std::string& name, const std::string& help, double value,
                 const Labels& labels = {});
    void gauge(const std::string& name, const std::string& help, double value,
               const Labels& labels = {});
    /// `counts` has one more entry than `bounds`, is not cumulative; `sum` is of all values seen.
    void histogram(const std::string& name, const std::string& help, std::span<const double> bounds,
                   std::span<const std::uint64_t> counts, double sum, const Labels& labels = {});

    /// Families by name, series in the order given.
    [[nodiscard]] std::string text() const;

  private:
    struct Families;
    std::unique_ptr<Families> families_;
};

using Probe = std::function<void(Samples&)>;

class Metrics {
  public:
    void add(Probe probe);
    [[nodiscard]] std::string text() const;

  private:
    mutable std::mutex mutex_;
    std::vector<Probe> probes_;
};

inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace chopmark::telemetry
