#include "ops/telemetry/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>

#include "events/core/ensure.h"

namespace chopmark::telemetry {

struct Samples::Families {
    std::map<std::string, prometheus::MetricFamily> by_name;

    prometheus::ClientMetric& add(const std::string& name, const std::string& help,
                                  prometheus::MetricType type, const Labels& labels) {
        ensure(prometheus::CheckMetricName(name), "a metric's name");
        auto [family, is_new] = by_name.try_emplace(name);
        if (is_new) {
            family->second.name = name;
            family->second.help = help;
            family->second.type = type;
        }
        ensure(family->second.type == type && family->second.help == help,
               "one meaning for a metric's name");
        auto& metric = family->second.metric.emplace_back();
        for (const auto& [label, value] : labels) {
            ensure(prometheus::CheckLabelName(label), "a label's name");
            metric.label.push_back({label, value});
        }
        return metric;
    }
};

Samples::Samples() : families_(std::make_unique<Families>()) {}
Samples::~Samples() = default;

void Samples::counter(const std::string& name, const std::string& help, double value,
                      const Labels& labels) {
    families_->add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void Samples::gauge(const std::string& name, const std::string& help, double value,
                    const Labels& labels) {
    families_->add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void Samples::histogram(const std::string& name, const std::string& help,
                        std::span<const double> bounds, std::span<const std::uint64_t> counts,
                        double sum, const Labels& labels) {
    ensure(counts.size() == bounds.size() + 1, "one count more than bounds");
    auto& out = families_->add(name, help, prometheus::MetricType::Histogram, labels).histogram;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        so_far += counts[i];
        auto& bucket = out.bucket.emplace_back();
        bucket.upper_bound = bounds[i];
        bucket.cumulative_count = so_far;
    }
    out.sample_count = so_far + counts.back();
    out.sample_sum = sum;
}

std::string Samples::text() const {
    std::vector<prometheus::MetricFamily> families;
    families.reserve(families_->by_name.size());
    for (const auto& [name, family] : families_->by_name) {
        families.push_back(family);
    }
    return prometheus::TextSerializer().Serialize(families);
}

void Metrics::add(Probe probe) {
    const std::scoped_lock lock(mutex_);
    probes_.push_back(std::move(probe));
}

std::string Metrics::text() const {
    Samples samples;
    {
        const std::scoped_lock lock(mutex_);
        for (const Probe& probe : probes_) {
            probe(samples);
        }
    }
    return samples.text();
}

}  // namespace chopmark::telemetry
