#include "ops/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <regex>
#include <sstream>
#include <string>

#include "ops/telemetry/process_probe.h"

namespace chopmark::telemetry {
namespace {

// The examples of "Exposition formats" in Prometheus' own documentation, without time-stamps.
TEST(Samples, WriteCountersAsThePublishedExample) {
    Samples samples;
    const std::string help = "The total number of HTTP requests.";
    samples.counter("http_requests_total", help, 1027, {{"method", "post"}, {"code", "200"}});
    samples.counter("http_requests_total", help, 3, {{"method", "post"}, {"code", "400"}});
    EXPECT_EQ(samples.text(),
              "# HELP http_requests_total The total number of HTTP requests.\n"
              "# TYPE http_requests_total counter\n"
              "http_requests_total{method=\"post\",code=\"200\"} 1027\n"
              "http_requests_total{method=\"post\",code=\"400\"} 3\n");
}

TEST(Samples, WriteHistogramsAsThePublishedExample) {
    Samples samples;
    const std::array bounds{0.05, 0.1, 0.2, 0.5, 1.0};
    const std::array<std::uint64_t, 6> counts{24054,           33444 - 24054,   100392 - 33444,
                                              129389 - 100392, 133988 - 129389, 144320 - 133988};
    samples.histogram("http_request_duration_seconds", "A histogram of the request duration.",
                      bounds, counts, 53423);
    std::istringstream text(samples.text());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    std::vector<std::string> expected{
        "# HELP http_request_duration_seconds A histogram of the request duration.",
        "# TYPE http_request_duration_seconds histogram",
        "http_request_duration_seconds_bucket{le=\"0.05\"} 24054",
        "http_request_duration_seconds_bucket{le=\"0.1\"} 33444",
        "http_request_duration_seconds_bucket{le=\"0.2\"} 100392",
        "http_request_duration_seconds_bucket{le=\"0.5\"} 129389",
        "http_request_duration_seconds_bucket{le=\"1\"} 133988",
        "http_request_duration_seconds_bucket{le=\"+Inf\"} 144320",
        "http_request_duration_seconds_sum 53423",
        "http_request_duration_seconds_count 144320",
    };
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(lines, expected);
}

TEST(Samples, EscapeLabelsAsThePublishedExample) {
    Samples samples;
    samples.gauge("msdos_file_access_time_seconds", "h", 1.458255915e9,
                  {{"path", "C:\\DIR\\FILE.TXT"}, {"error", "Cannot find file:\n\"FILE.TXT\""}});
    EXPECT_NE(samples.text().find(R"({path="C:\\DIR\\FILE.TXT",)"
                                  R"(error="Cannot find file:\n\"FILE.TXT\""} 1458255915)"),
              std::string::npos)
        << samples.text();
}

TEST(SamplesDeathTest, RefuseOneNameWithTwoMeanings) {
    Samples samples;
    samples.counter("a_total", "what", 1);
    EXPECT_DEATH(samples.gauge("a_total", "what", 1), "one meaning");
    EXPECT_DEATH(samples.counter("a_total", "other", 1), "one meaning");
    EXPECT_DEATH(samples.counter("not a name", "what", 1), "name");
}

TEST(Metrics, AskTheProbesAtEveryScrape) {
    Metrics metrics;
    double count = 1;
    metrics.add([&count](Samples& samples) { samples.counter("b_total", "b", count); });
    metrics.add([](Samples& samples) { samples.gauge("a_bytes", "a", 7); });
    EXPECT_NE(metrics.text().find("\nb_total 1\n"), std::string::npos);
    count = 2;
    const std::string text = metrics.text();
    EXPECT_NE(text.find("\nb_total 2\n"), std::string::npos);
    EXPECT_LT(text.find("a_bytes"), text.find("b_total"));
}

TEST(Metrics, CountTheDescriptorsOfTheProcess) {
    const auto open_files = [] {
        Samples samples;
        probe_process(samples);
        std::smatch found;
        const std::string text = samples.text();
        EXPECT_TRUE(std::regex_search(text, found, std::regex("\nprocess_open_fds ([0-9]+)\n")));
        return std::stoi(found[1]);
    };
    const int before = open_files();
    std::FILE* const file = std::tmpfile();
    EXPECT_EQ(open_files(), before + 1);
    std::fclose(file);
    EXPECT_EQ(open_files(), before);
}

TEST(Metrics, TellTheMemoryOfTheProcess) {
    Samples samples;
    probe_process(samples);
    std::smatch found;
    const std::string text = samples.text();
    ASSERT_TRUE(std::regex_search(text, found,
                                  std::regex("\nprocess_resident_memory_bytes ([0-9.e+]+)\n")));
    EXPECT_GT(std::stod(found[1]), 1e6);
    EXPECT_LT(std::stod(found[1]), 1e12);
}

}  // namespace
}  // namespace chopmark::telemetry
