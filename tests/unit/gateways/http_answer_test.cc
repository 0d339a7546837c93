// What goes out: status lines, header fields, problems, trace ids, dates.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateways/http/answer_text.h"
#include "gateways/http/problem.h"
#include "gateways/http/stream.h"
#include "tests/support/simulated.h"

namespace chopmark::http {
namespace {

AnswerFrame frame() {
    AnswerFrame out;
    out.date = "Sun, 06 Nov 1994 08:49:37 GMT";
    return out;
}

TEST(HttpAnswer, WritesOneSpaceBehindEveryName) {
    httplib::Response response;
    response.set_content("hi", "text/plain");
    response.set_header("Location", "/x");
    const auto text = answer_text(response, frame());
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->starts_with("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    EXPECT_NE(text->find("\r\nLocation: /x\r\n"), std::string::npos);
    EXPECT_NE(text->find("\r\nContent-Length: 2\r\n"), std::string::npos);
    EXPECT_TRUE(text->ends_with("\r\n\r\nhi"));
}

TEST(HttpAnswer, OwnsTheFraming) {
    httplib::Response response;
    response.body = "hi";
    response.headers = {{"content-length", "7"},
                        {"Transfer-Encoding", "chunked"},
                        {"CONNECTION", "keep-alive"},
                        {"Date", "x"}};
    const std::string text = *answer_text(response, frame());
    EXPECT_EQ(text.find("7"), text.find("37 GMT") + 1);
    EXPECT_EQ(text.find("chunked"), std::string::npos);
    EXPECT_EQ(text.find("keep-alive"), std::string::npos);
}

TEST(HttpAnswer, RefusesToBeSplit) {
    for (const auto& [name, value] :
         std::initializer_list<std::pair<std::string, std::string>>{{"X", "a\r\nSet-Cookie: b"},
                                                                    {"X", "a\nb"},
                                                                    {"X", std::string("a\0b", 3)},
                                                                    {"X: y\r\nZ", "a"},
                                                                    {"", "a"},
                                                                    {"X Y", "a"}}) {
        httplib::Response response;
        response.headers.emplace(name, value);
        EXPECT_FALSE(answer_text(response, frame())) << name;
    }
    httplib::Response status;
    status.status = 99;
    EXPECT_FALSE(answer_text(status, frame()));
}

TEST(HttpAnswer, HasNoBodyWhereHttpForbidsOne) {
    httplib::Response response;
    response.status = 204;
    response.body = "x";
    const std::string text = *answer_text(response, frame());
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
    EXPECT_EQ(text.find("Content-Length"), std::string::npos);
}

// RFC 9112 section 7.1.
TEST(HttpAnswer, FramesChunks) {
    EXPECT_EQ(chunk_text("Wikipedia in, chunks"), "14\r\nWikipedia in, chunks\r\n");
    EXPECT_EQ(chunk_text(""), "");
}

// RFC 9110 section 5.6.7.
TEST(HttpAnswer, WritesDatesAsHttpDoes) {
    EXPECT_EQ(http_date(Instant::from_seconds(784111777)), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(Instant::from_seconds(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(Instant::from_seconds(1709164799)), "Wed, 28 Feb 2024 23:59:59 GMT");
}

// https://html.spec.whatwg.org/multipage/server-sent-events.html
TEST(HttpAnswer, WritesServerSentEvents) {
    EXPECT_EQ(server_sent_event("add", "7", "one\ntwo"),
              "event: add\nid: 7\ndata: one\ndata: two\n\n");
    EXPECT_EQ(server_sent_event("", "", ""), "data: \n\n");
    EXPECT_EQ(server_sent_event("", "", "a\revent: b"), "data: a\ndata: event: b\n\n");
}

TEST(HttpProblem, TellsReasonAndTraceAndNoDetailOfOurs) {
    TraceContext trace;
    trace.trace = *TraceId::from_hex("0af7651916cd43dd8448eb211c80319c");
    const auto seen = [&](Kind kind) {
        const httplib::Response response =
            problem(Error(Reason{"a.b", kind}, "HKID A123456(3) \"q\""), trace);
        EXPECT_EQ(response.get_header_value("Content-Type"), "application/problem+json");
        return nlohmann::json::parse(response.body);
    };
    EXPECT_EQ(seen(Kind::refused),
              (nlohmann::json{{"type", "about:blank"},
                              {"title", "Unprocessable Content"},
                              {"status", 422},
                              {"reason", "a.b"},
                              {"trace_id", "0af7651916cd43dd8448eb211c80319c"}}));
    for (const Kind kind :
         {Kind::unauthenticated, Kind::forbidden, Kind::not_found, Kind::conflict, Kind::expired,
          Kind::busy, Kind::unavailable, Kind::unknown, Kind::damaged, Kind::internal}) {
        EXPECT_FALSE(seen(kind).contains("detail"));
    }
    EXPECT_EQ(seen(Kind::invalid).at("detail"), "HKID A123456(3) \"q\"");
}

TEST(HttpProblem, AdvisesToRetryExactlyWhereItMayHelp) {
    for (const Kind kind : {Kind::busy, Kind::unavailable, Kind::unknown}) {
        const auto response = problem(Error(Reason{"a.b", kind}), TraceContext());
        EXPECT_TRUE(response.has_header("Retry-After"));
        EXPECT_GE(response.status, 503);
    }
    for (const Kind kind :
         {Kind::invalid, Kind::unauthenticated, Kind::forbidden, Kind::not_found, Kind::conflict,
          Kind::refused, Kind::expired, Kind::damaged, Kind::internal}) {
        EXPECT_FALSE(problem(Error(Reason{"a.b", kind}), TraceContext()).has_header("Retry-After"));
    }
    EXPECT_TRUE(problem(Error(Reason{"a.b", Kind::unauthenticated}), TraceContext())
                    .has_header("WWW-Authenticate"));
}

// https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
TEST(HttpTrace, ReadsTraceparent) {
    const auto seen = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->trace.hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(seen->span.hex(), "00f067aa0ba902b7");
    EXPECT_TRUE(seen->sampled);
    EXPECT_EQ(to_traceparent(*seen), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    EXPECT_TRUE(parse_traceparent(
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future"));
}

// The same recommendation, section 3.2.2, and its test suite's cases.
TEST(HttpTrace, RefusesWhatIsNoTraceparent) {
    for (const char* bad : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.x",
                            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01"}) {
        EXPECT_FALSE(parse_traceparent(bad)) << bad;
    }
}

TEST(HttpTrace, ContinuesATraceWithASpanOfItsOwn) {
    test::SeededEntropy entropy(1);
    TraceSource source(entropy);
    const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const TraceContext inside = source.begin(parent);
    EXPECT_EQ(inside.trace.hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_NE(inside.span.hex(), "00f067aa0ba902b7");
    std::set<std::string> traces;
    for (int i = 0; i < 1000; ++i) {
        traces.insert(source.begin("").trace.hex());
    }
    EXPECT_EQ(traces.size(), 1000U);
}

}  // namespace
}  // namespace chopmark::http
