#include "ops/telemetry/front_telemetry.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace chopmark::telemetry {
namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(FrontTelemetry, ShowsWhatTheFrontCounted) {
    http::FrontCounters counters({});
    counters.connections_accepted = 3;
    counters.connections = 2;
    counters.answered(http::FrontCounters::no_route, 404, std::chrono::milliseconds(3), 10, 200);
    counters.answered(http::FrontCounters::no_route, 503, std::chrono::seconds(20), 0, 100);
    Samples samples;
    probe_front(samples, "rp", counters.numbers());
    probe_front(samples, "app", counters.numbers());
    const std::string text = samples.text();
    for (const char* line : {
             R"(http_connections{gateway="rp"} 2)",
             R"(http_connections{gateway="app"} 2)",
             R"(http_connections_accepted_total{gateway="rp"} 3)",
             R"(http_requests_total{gateway="rp",route="-",class="4xx"} 1)",
             R"(http_requests_total{gateway="rp",route="-",class="5xx"} 1)",
             R"(http_requests_total{gateway="rp",route="-",class="2xx"} 0)",
             R"(http_request_seconds_bucket{gateway="rp",route="-",le="0.0025"} 0)",
             R"(http_request_seconds_bucket{gateway="rp",route="-",le="0.005"} 1)",
             R"(http_request_seconds_bucket{gateway="rp",route="-",le="10"} 1)",
             R"(http_request_seconds_bucket{gateway="rp",route="-",le="+Inf"} 2)",
             R"(http_request_seconds_count{gateway="rp",route="-"} 2)",
             R"(http_request_body_bytes_total{gateway="rp",route="-"} 10)",
             R"(http_answer_bytes_total{gateway="rp",route="-"} 300)",
         }) {
        EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
    }
}

TEST(RequestLines, SayLouderWhatIsOurFault) {
    const std::filesystem::path folder =
        ::testing::TempDir() + "chopmark_lines." + std::to_string(getpid());
    std::filesystem::create_directories(folder);
    const std::string file = (folder / "node.log").string();
    const SystemClock clock{};
    {
        auto log = Log::open({.node = "n1", .level = Level::debug, .file = file}, clock);
        ASSERT_TRUE(log.has_value());
        RequestLines lines(**log, "rp");
        http::RequestLine line;
        line.method = "GET";
        line.route = "health.live";
        line.status = 200;
        line.took = std::chrono::milliseconds(2);
        line.trace.trace = http::TraceId(ByteArray<16>{0xAB});
        lines.note(line);
        line.status = 404;
        line.reason = "http.not_found";
        lines.note(line);
        line.status = 503;
        lines.note(line);
    }
    std::ifstream in(file);
    std::vector<nlohmann::json> found;
    for (std::string text; std::getline(in, text);) {
        found.push_back(nlohmann::json::parse(text));
    }
    std::filesystem::remove_all(folder);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0]["level"], "debug");
    EXPECT_EQ(found[0]["event"], "http.request");
    EXPECT_EQ(found[0]["route"], "health.live");
    EXPECT_EQ(found[0]["took_us"], 2000);
    EXPECT_EQ(found[0]["trace"], "ab000000000000000000000000000000");
    EXPECT_EQ(found[1]["level"], "info");
    EXPECT_EQ(found[1]["reason"], "http.not_found");
    EXPECT_EQ(found[2]["level"], "warn");
}

}  // namespace
}  // namespace chopmark::telemetry
