// The front over real sockets, with the bytes as clients send them.
#include "tests/support/http_front.h"

#include <gtest/gtest.h>

namespace chopmark::http {
namespace {

using http_test::async_row;
using http_test::Client;
using http_test::quick_options;
using http_test::row;
using http_test::Seen;
using http_test::Signal;
using http_test::TestFront;
using http_test::text;

std::vector<Route> plain_routes() {
    std::vector<Route> routes;
    routes.push_back(row("GET", "/hello", "hello", [](const Call&) { return text("hello"); }));
    routes.push_back(
        row("POST", "/echo", "echo", [](const Call& call) { return text(call.request.body); }));
    routes.back().body_limit_bytes = 32;
    routes.push_back(row("GET", "/v1/items/{item}", "item", [](const Call& call) {
        return text(std::string(call.path_param("item")) + "|" + call.request.get_param_value("q"));
    }));
    return routes;
}

TEST(HttpFront, AnswersAndKeepsTheConnection) {
    TestFront front(plain_routes());
    Client client(front.port());
    for (int i = 0; i < 3; ++i) {
        const Seen seen = client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(seen.status, 200);
        EXPECT_EQ(seen.body, "hello");
        EXPECT_EQ(seen.field("content-type"), "text/plain");
        EXPECT_EQ(seen.field("cache-control"), "no-store");
        EXPECT_EQ(seen.field("connection"), "");
        EXPECT_EQ(seen.field("date").size(), std::string("Sun, 06 Nov 1994 08:49:37 GMT").size());
    }
}

TEST(HttpFront, AnswersAPipelineInOrder) {
    TestFront front(plain_routes());
    Client client(front.port());
    std::string requests;
    for (int i = 0; i < 200; ++i) {
        const std::string body = "n" + std::to_string(i);
        requests +=
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
    }
    client.send(requests);
    for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(client.receive().body, "n" + std::to_string(i));
    }
}

TEST(HttpFront, TakesARequestByteByByte) {
    TestFront front(plain_routes());
    Client client(front.port());
    const std::string request =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n";
    for (const char byte : request) {
        client.send(std::string_view(&byte, 1));
    }
    EXPECT_EQ(client.receive().body, "abcde");
    EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").body, "hello");
}

TEST(HttpFront, GivesParametersDecoded) {
    TestFront front(plain_routes());
    Client client(front.port());
    EXPECT_EQ(client.ask("GET /v1/items/a%2Fb?q=x+y%20z HTTP/1.1\r\nHost: a\r\n\r\n").body,
              "a/b|x y z");
    EXPECT_EQ(
        client.ask("GET http://other.example/v1/items/7?q=1 HTTP/1.1\r\nHost: a\r\n\r\n").body,
        "7|1");
}

TEST(HttpFront, AnswersHeadWithTheLengthAndNoBody) {
    TestFront front(plain_routes());
    Client client(front.port());
    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const Seen head = client.receive(true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.field("content-length"), "5");
    EXPECT_EQ(client.receive().body, "hello");
}

TEST(HttpFront, NamesTheMethodsOfAPath) {
    TestFront front(plain_routes());
    Client client(front.port());
    const Seen wrong = client.ask("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.field("allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(reason_of(wrong), "http.method_not_allowed");
    const Seen options = client.ask("OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.field("allow"), "OPTIONS, POST");
    EXPECT_EQ(client.ask("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
    EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

}  // namespace
}  // namespace chopmark::http
