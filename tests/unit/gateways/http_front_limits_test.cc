// What the front refuses and bounds, over real sockets.
#include <gtest/gtest.h>

#include "tests/support/http_front.h"

namespace chopmark::http {
namespace {

using http_test::Client;
using http_test::quick_options;
using http_test::row;
using http_test::Seen;
using http_test::Signal;
using http_test::TestFront;
using http_test::text;
using std::chrono::milliseconds;

constexpr std::string_view get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<Route> plain_routes() {
    std::vector<Route> routes;
    routes.push_back(row("GET", "/hello", "hello", [](const Call&) { return text("hello"); }));
    routes.push_back(
        row("POST", "/echo", "echo", [](const Call& call) { return text(call.request.body); }));
    routes.back().body_limit_bytes = 32;
    routes.push_back(
        row("GET", "/large", "large", [](const Call&) { return text(std::string(8 << 20, 'x')); }));
    return routes;
}

TEST(HttpFrontLimits, ClosesBehindASmuggledRequest) {
    TestFront front(plain_routes(), quick_options());
    const std::string hidden(get);
    for (const std::string& request :
         {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
          "\r\n0\r\n\r\n" +
              hidden,
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: " +
              std::to_string(hidden.size()) + "\r\n\r\n" + hidden,
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" + hidden,
          "POST /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 9\r\n\r\n" + hidden}) {
        Client client(front.port());
        const Seen seen = client.ask(request);
        EXPECT_GE(seen.status, 400) << request;
        EXPECT_EQ(seen.field("connection"), "close");
        EXPECT_TRUE(client.ends()) << request;
    }
    for (const auto& line : front.log.lines(4)) {
        EXPECT_EQ(line.route, "-") << "no handler ran";
        EXPECT_GE(line.status, 400);
    }
}

TEST(HttpFrontLimits, StopsAChunkedBodyAtTheRoutesLimit) {
    TestFront front(plain_routes(), quick_options());
    Client client(front.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    // Sent without an end: the answer must not wait for it.
    client.send("10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\r\n1\r\nx\r\n");
    const Seen seen = client.receive();
    EXPECT_EQ(seen.status, 413);
    EXPECT_EQ(reason_of(seen), "http.body_too_large");
    EXPECT_TRUE(client.ends());
}

TEST(HttpFrontLimits, RefusesALargeBodyBeforeItIsSent) {
    TestFront front(plain_routes(), quick_options());
    Client client(front.port());
    const Seen seen =
        client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\n\r\n");
    EXPECT_EQ(seen.status, 413);
    // The answer survives although the client goes on sending for a while.
    Client stubborn(front.port());
    stubborn.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                  std::string(100'000, 'x'));
    EXPECT_EQ(stubborn.receive().status, 413);
}

TEST(HttpFrontLimits, BoundsTheBodiesInMemory) {
    FrontOptions options = quick_options();
    options.bounds.body_bytes = 40;
    TestFront front(plain_routes(), options);
    const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n";
    const std::string body(30, 'x');
    Client first(front.port());
    first.send(post + "x");
    while (front.front->numbers().body_bytes == 0) {
        std::this_thread::yield();
    }
    Client second(front.port());
    const Seen refused = second.ask(post + body);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(reason_of(refused), "http.overloaded");
    first.send(body.substr(1));
    EXPECT_EQ(first.receive().body, body);
    front.log.lines(2);
    Client third(front.port());
    EXPECT_EQ(third.ask(post + body).body, body);
    first.send(post);
    first.close();
    while (front.front->numbers().connections > 1) {
        std::this_thread::yield();
    }
    EXPECT_EQ(front.front->numbers().body_bytes, 0U) << "given back, however it ended";
}

TEST(HttpFrontLimits, SaysContinueOnlyToABodyItWants) {
    TestFront front(plain_routes(), quick_options());
    Client wanted(front.port());
    wanted.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(wanted.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    wanted.send("ok");
    EXPECT_EQ(wanted.receive().body, "ok");
    Client unwanted(front.port());
    EXPECT_EQ(unwanted
                  .ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n"
                       "Expect: 100-continue\r\n\r\n")
                  .status,
              413);
}

// RFC 9110 10.1.1.
TEST(HttpFrontLimits, SaysContinueOnlyToWhoWaitsForIt) {
    TestFront front(plain_routes(), quick_options());
    Client along(front.port());
    const Seen seen = along.ask(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok");
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.body, "ok");
    Client old(front.port());
    old.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    old.send("ok");
    EXPECT_EQ(old.receive().status, 200);
}

// RFC 9112 9.6: an answer behind which nothing more is read says so.
TEST(HttpFrontLimits, SaysThatItClosesBehindABodyItDoesNotRead) {
    TestFront front(plain_routes(), quick_options());
    for (const std::string line :
         {"POST /none", "POST /hello", "OPTIONS /hello", "GET /%zz", "POST /echo?%zz"}) {
        Client client(front.port());
        const Seen seen = client.ask(
            line + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(get.size()) +
            "\r\n\r\n" + std::string(get).substr(0, 32));
        EXPECT_EQ(seen.field("connection"), "close") << line;
        EXPECT_TRUE(client.ends()) << line;
    }
    Client hostless(front.port());
    EXPECT_EQ(hostless.ask("GET /hello HTTP/1.1\r\n\r\n").field("connection"), "close");
}

TEST(HttpFrontLimits, CutsSlowSenders) {
    FrontOptions options = quick_options();
    options.time.header = milliseconds(100);
    options.time.request = milliseconds(200);
    options.time.idle = milliseconds(100);
    TestFront front(plain_routes(), options);
    Client header(front.port());
    header.send("GET /hello HTTP/1.1\r\nHost:");
    Seen seen = header.receive();
    EXPECT_EQ(seen.status, 408);
    EXPECT_EQ(reason_of(seen), "http.request_too_slow");
    EXPECT_TRUE(header.ends());
    Client body(front.port());
    body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(body.receive().status, 408);
    Client silent(front.port());
    EXPECT_TRUE(silent.ends()) << "nothing was asked, nothing is answered";
    Client between(front.port());
    EXPECT_EQ(between.ask(get).status, 200);
    EXPECT_TRUE(between.ends());
}

TEST(HttpFrontLimits, ATrickleDoesNotBuyTime) {
    FrontOptions options = quick_options();
    options.time.header = milliseconds(150);
    TestFront front(plain_routes(), options);
    Client client(front.port());
    client.send("GET /hello HTTP/1.1\r\n");
    const auto began = std::chrono::steady_clock::now();
    // Each byte arrives well within the limit; together they take for ever.
    while (client.send("X") && std::chrono::steady_clock::now() - began < std::chrono::seconds(5)) {
        if (front.front->numbers().connections == 0) {
            break;
        }
        std::this_thread::yield();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
}

TEST(HttpFrontLimits, CutsAReaderThatDoesNotRead) {
    FrontOptions options = quick_options();
    options.time.write = milliseconds(100);
    options.time.min_write_bytes_per_second = 1ULL << 40;  // else 8 MB may take minutes
    TestFront front(plain_routes(), options);
    Client stuck(front.port());
    stuck.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(front.log.lines(1).size(), 1U) << "noted when it was cut";
    EXPECT_LT(stuck.receive_bytes(std::size_t{8} << 20).size(), std::size_t{8} << 20);
}

TEST(HttpFrontLimits, LimitsTheRequestsOfAPeer) {
    FrontOptions options = quick_options();
    options.peers.exempt_loopback = false;
    options.peers.burst = 3;
    options.peers.requests_per_second = 0.001;
    TestFront front(plain_routes(), options);
    Client client(front.port());
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.ask(get).status, 200);
    }
    const Seen seen = client.ask(get);
    EXPECT_EQ(seen.status, 429);
    EXPECT_EQ(seen.field("retry-after"), "1");
    Client again(front.port());
    EXPECT_EQ(again.ask(get).status, 429) << "another connection is the same peer";
}

TEST(HttpFrontLimits, LimitsTheConnectionsOfAPeer) {
    FrontOptions options = quick_options();
    options.peers.exempt_loopback = false;
    options.peers.connections = 2;
    TestFront front(plain_routes(), options);
    Client one(front.port());
    Client two(front.port());
    EXPECT_EQ(one.ask(get).status, 200);
    EXPECT_EQ(two.ask(get).status, 200);
    Client three(front.port());
    EXPECT_EQ(three.receive().status, 429);
    EXPECT_EQ(one.ask(get).status, 200);
}

TEST(HttpFrontLimits, ClosesTheLongestIdleForANewcomer) {
    FrontOptions options = quick_options();
    options.bounds.connections = 3;
    TestFront front(plain_routes(), options);
    Client a(front.port());
    EXPECT_EQ(a.ask(get).status, 200);
    Client b(front.port());
    EXPECT_EQ(b.ask(get).status, 200);
    Client c(front.port());
    EXPECT_EQ(c.ask(get).status, 200);
    EXPECT_EQ(a.ask(get).status, 200) << "now b is the longest idle";
    Client d(front.port());
    EXPECT_EQ(d.ask(get).status, 200);
    EXPECT_TRUE(b.ends());
    EXPECT_EQ(a.ask(get).status, 200);
    EXPECT_EQ(c.ask(get).status, 200);
    EXPECT_EQ(front.front->numbers().connections_evicted, 1U);
}

TEST(HttpFrontLimits, TurnsNewcomersAwayWhenAllAreBusy) {
    Signal running;
    Signal release;
    std::vector<Route> routes = plain_routes();
    routes.push_back(row("POST", "/slow", "slow", [&](const Call&) {
        running.set();
        EXPECT_TRUE(release.wait());
        return text("done");
    }));
    FrontOptions options = quick_options();
    options.bounds.connections = 1;
    TestFront front(std::move(routes), options);
    Client busy(front.port());
    busy.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(running.wait());
    Client newcomer(front.port());
    const Seen seen = newcomer.receive();
    EXPECT_EQ(seen.status, 503);
    EXPECT_EQ(reason_of(seen), "http.too_many_connections");
    EXPECT_EQ(seen.field("retry-after"), "1");
    release.set();
    EXPECT_EQ(busy.receive().body, "done");
}

TEST(HttpFrontLimits, AnswersQueries503BeforeCommandsWhenWorkersAreShort) {
    Signal running;
    Signal release;
    std::vector<Route> routes = plain_routes();
    routes.push_back(row("POST", "/slow", "slow", [&](const Call&) {
        running.set();
        EXPECT_TRUE(release.wait());
        return text("done");
    }));
    FrontOptions options = quick_options();
    options.workers = 1;
    options.bounds.worker_queue = 1;
    options.bounds.worker_queue_for_queries = 0;
    TestFront front(std::move(routes), options);
    Client busy(front.port());
    busy.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(running.wait());
    Client query(front.port());
    const Seen refused = query.ask(get);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(reason_of(refused), "http.overloaded");
    EXPECT_EQ(refused.field("retry-after"), "1");
    Client queued(front.port());
    queued.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    while (front.front->numbers().worker_queue < 1) {
        std::this_thread::yield();
    }
    Client beyond(front.port());
    EXPECT_EQ(beyond.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status,
              503);
    release.set();
    EXPECT_EQ(busy.receive().body, "done");
    EXPECT_EQ(queued.receive().body, "ok");
}

TEST(HttpFrontLimits, AnswersLateHandlersForThem) {
    Signal release;
    std::vector<Route> routes;
    routes.push_back(row("POST", "/slow", "slow", [&](const Call&) {
        EXPECT_TRUE(release.wait());
        return text("too late");
    }));
    FrontOptions options = quick_options();
    options.time.answer = milliseconds(100);
    TestFront front(std::move(routes), options);
    Client client(front.port());
    const Seen seen = client.ask("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(seen.status, 504);
    EXPECT_EQ(reason_of(seen), "http.answer_late");
    release.set();
}

TEST(HttpFrontLimits, LogsNoPathAndNoQuery) {
    TestFront front(plain_routes(), quick_options());
    Client client(front.port());
    client.ask(
        "GET /hello?hkid=A1234563 HTTP/1.1\r\nHost: a\r\n"
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n");
    client.ask("GET /A1234563 HTTP/1.1\r\nHost: a\r\n\r\n");
    client.ask("A1234563 /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto lines = front.log.lines(3);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].route, "hello");
    EXPECT_EQ(lines[0].method, "GET");
    EXPECT_EQ(lines[0].status, 200);
    EXPECT_EQ(lines[0].trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_GT(lines[0].bytes_out, 5U);
    EXPECT_EQ(lines[1].route, "-");
    EXPECT_EQ(lines[1].reason, "http.not_found");
    EXPECT_EQ(lines[2].method, "-");
    for (const auto& line : lines) {
        for (const std::string& part : {line.method, line.route, line.reason}) {
            EXPECT_EQ(part.find("A123"), std::string::npos);
        }
    }
}

TEST(HttpFrontLimits, CountsByRouteAndClass) {
    TestFront front(plain_routes(), quick_options());
    Client client(front.port());
    for (int i = 0; i < 3; ++i) {
        client.ask(get);
    }
    client.ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    front.log.lines(4);
    const FrontNumbers numbers = front.front->numbers();
    EXPECT_EQ(numbers.routes.front().route, "hello");
    EXPECT_EQ(numbers.routes.front().by_class[2], 3U);
    EXPECT_EQ(numbers.routes.back().route, "-");
    EXPECT_EQ(numbers.routes.back().by_class[4], 1U);
    std::uint64_t timed = 0;
    for (const std::uint64_t bucket : numbers.routes.front().by_latency) {
        timed += bucket;
    }
    EXPECT_EQ(timed, 3U);
    for (const auto& [reason, count] : numbers.refused) {
        EXPECT_EQ(count, reason == "http.not_found" ? 1U : 0U) << reason;
    }
    EXPECT_EQ(numbers.in_flight, 0U);
    EXPECT_EQ(numbers.connections, 1U);
}

}  // namespace
}  // namespace chopmark::http
