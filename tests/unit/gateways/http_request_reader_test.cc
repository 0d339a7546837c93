#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "gateways/http/request_reader.h"

namespace chopmark::http {
namespace {

using Stage = RequestReader::Stage;

struct Read {
    Stage stage = Stage::header;
    std::string reason;  // when refused
    int status = 0;
    std::string method, target, body, rest;
    std::size_t used = 0;  // of the bytes, when complete
    httplib::Headers headers;
};

/// Feeds `bytes` in pieces of `piece`, as a connection does.
Read read(std::string_view bytes, std::size_t piece = 1 << 20, std::size_t body_limit = 1000,
          const RequestLimits& limits = {}) {
    RequestReader reader(limits);
    std::string held;
    std::size_t at = 0;
    while (at < bytes.size() && reader.stage() != Stage::complete &&
           reader.stage() != Stage::refused) {
        held.append(bytes.substr(at, piece));
        at = std::min(at + piece, bytes.size());
        held.erase(0, reader.feed(held));
        if (reader.stage() == Stage::header_done) {
            reader.allow_body(body_limit);
            held.erase(0, reader.feed(held));
        }
    }
    Read out;
    out.stage = reader.stage();
    if (out.stage == Stage::refused) {
        out.reason = reader.refusal().reason.name;
        out.status = reader.refusal().status;
        return out;
    }
    out.method = reader.request().method;
    out.target = reader.request().target;
    out.body = reader.request().body;
    out.headers = reader.request().headers;
    out.rest = held;
    out.used = at - held.size();
    return out;
}

TEST(HttpRequestReader, ReadsARequestHoweverItIsCut) {
    const std::string request =
        "POST /a?b=c HTTP/1.1\r\nHost: example.org\r\nclientID:abc\r\nX:  y \r\n"
        "Content-Length: 5\r\n\r\nhello";
    for (std::size_t piece = 1; piece <= request.size(); ++piece) {
        const Read seen = read(request, piece);
        ASSERT_EQ(seen.stage, Stage::complete) << piece << seen.reason;
        EXPECT_EQ(seen.method, "POST");
        EXPECT_EQ(seen.target, "/a?b=c");
        EXPECT_EQ(seen.body, "hello");
        EXPECT_EQ(seen.headers.find("ClientId")->second, "abc");
        EXPECT_EQ(seen.headers.find("x")->second, "y");
    }
}

TEST(HttpRequestReader, ReadsChunksHoweverTheyAreCut) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& body :
         {std::string("3\r\nabc\r\nA;n=v;q=\"x\"\r\n0123456789\r\n0\r\n\r\n"),
          std::string("0003\r\nabc\r\na\r\n0123456789\r\n00\r\nclientID: evil\r\n\r\n")}) {
        for (std::size_t piece = 1; piece <= body.size() + 4; ++piece) {
            const Read seen = read(head + body + "GET", piece);
            ASSERT_EQ(seen.stage, Stage::complete) << piece << seen.reason;
            EXPECT_EQ(seen.body, "abc0123456789");
            EXPECT_EQ(seen.headers.count("clientID"), 0U) << "a trailer is no header field";
        }
    }
    for (std::size_t piece = 1; piece < 8; ++piece) {
        EXPECT_EQ(read(head + "0\r\n\r\n", piece).stage, Stage::complete) << piece;
    }
}

TEST(HttpRequestReader, LeavesTheNextRequest) {
    const std::string next = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(read("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok" + next).rest, next);
    EXPECT_EQ(read("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + next).rest, next);
    EXPECT_EQ(read("\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n").stage, Stage::complete);
}

// RFC 9112 sections 2.2, 3.2, 5.1, 5.2, 6.1, 6.3, 7.1, 11.2.
TEST(HttpRequestReader, RefusesWhatSmugglesOrIsAmbiguous) {
    const std::string line = "POST / HTTP/1.1\r\n";
    const std::string host = line + "Host: a\r\n";
    struct Case {
        std::string bytes;
        const char* reason;
    };
    const std::vector<Case> cases = {
        {host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "http.bad_framing"},
        {host + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "http.bad_framing"},
        {host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "http.bad_framing"},
        {host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", "http.bad_framing"},
        {host + "Content-Length: 1, 1\r\n\r\nx", "http.bad_framing"},
        {host + "Content-Length: +1\r\n\r\nx", "http.bad_framing"},
        {host + "Content-Length: -1\r\n\r\nx", "http.bad_framing"},
        {host + "Content-Length: 0x1\r\n\r\nx", "http.bad_framing"},
        {host + "Content-Length: 1 1\r\n\r\nx", "http.bad_framing"},
        {host + "Content-Length:\r\n\r\nx", "http.bad_framing"},
        {host + "Content-Length: 99999999999999999999\r\n\r\nx", "http.bad_framing"},
        {host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "http.bad_framing"},
        {host + "Transfer-Encoding: chunked, chunked\r\n\r\n", "http.bad_transfer_coding"},
        {host + "Transfer-Encoding: gzip, chunked\r\n\r\n", "http.bad_transfer_coding"},
        {host + "Transfer-Encoding: identity\r\n\r\n", "http.bad_transfer_coding"},
        {host + "Transfer-Encoding: xchunked\r\n\r\n", "http.bad_transfer_coding"},
        {host + "Transfer-Encoding:\x0b"
                "chunked\r\n\r\n",
         "http.bad_header"},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http.bad_framing"},
        {host + "Content-Length : 1\r\n\r\nx", "http.bad_header"},
        {host + " Content-Length: 1\r\n\r\nx", "http.bad_header"},
        {host + "X: a\r\n b\r\n\r\n", "http.bad_header"},
        {host + "X: a\r\n\tb\r\n\r\n", "http.bad_header"},
        {line + " Host: a\r\n\r\n", "http.bad_header"},
        {host + "X: a\n\r\n", "http.bad_header"},
        {host + "X: a\nY: b\r\n\r\n", "http.bad_header"},
        {host + "X: a\rY: b\r\n\r\n", "http.bad_header"},
        {host + "X: a\r\r\n\r\n", "http.bad_header"},
        {host + std::string("X: a\0b\r\n\r\n", 10), "http.bad_header"},
        {host + std::string("X\0: a\r\n\r\n", 9), "http.bad_header"},
        {host + "X(): a\r\n\r\n", "http.bad_header"},
        {host + ": a\r\n\r\n", "http.bad_header"},
        {host + "Xa\r\n\r\n", "http.bad_header"},
        {"GET / HTTP/1.1\nHost: a\n\n", "http.bad_request_line"},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_request_line"},
        {"GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_request_line"},
        {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "http.bad_request_line"},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "http.bad_version"},
        {"GET /\r\n\r\n", "http.bad_request_line"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http.bad_version"},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "http.bad_version"},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", "http.bad_version"},
        {line + "\r\n", "http.bad_host"},
        {host + "Host: b\r\n\r\n", "http.bad_host"},
        {host + "Host: a\r\n\r\n", "http.bad_host"},
        {line + "Host: a b\r\n\r\n", "http.bad_host"},
        {line + "Host: a/b\r\n\r\n", "http.bad_host"},
        {line + "Host: u@a\r\n\r\n", "http.bad_host"},
        {line + "Host: a:b\r\n\r\n", "http.bad_host"},
        {line + "Host: a:80:80\r\n\r\n", "http.bad_host"},
        {line + "Host: a:65536\r\n\r\n", "http.bad_host"},
        {line + "Host: [::1\r\n\r\n", "http.bad_host"},
        {line + "Host: [::1]a\r\n\r\n", "http.bad_host"},
        {line + "Host: ::1\r\n\r\n", "http.bad_host"},
        {host + "Expect: 200-ok\r\n\r\n", "http.bad_expectation"},
        {std::string{22, 3, 1, 2, 0, 1, 0, 1, '\xfc', 3, 3, '\n'}, "http.bad_request_line"},
    };
    for (const Case& one : cases) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, one.bytes.size()}) {
            const Read seen = read(one.bytes, piece);
            EXPECT_EQ(seen.stage, Stage::refused) << one.bytes;
            EXPECT_EQ(seen.reason, one.reason) << one.bytes;
        }
    }
}

TEST(HttpRequestReader, RefusesBrokenChunks) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& body :
         {std::string("x\r\nabc\r\n0\r\n\r\n"), std::string("3\nabc\r\n0\r\n\r\n"),
          std::string("3\r\nabcd\r\n0\r\n\r\n"), std::string("-3\r\nabc\r\n0\r\n\r\n"),
          std::string("0x3\r\nabc\r\n0\r\n\r\n"), std::string("3 \nabc\r\n0\r\n\r\n"),
          std::string("FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"), std::string("\r\nabc\r\n0\r\n\r\n"),
          std::string("3;=\r\nabc\r\n0\r\n\r\n"), std::string("0\r\nX: y\n\r\n\r\n"),
          // A line's end inside an extension, and one inside its quotes (TERM.EXT).
          std::string("3;\nabc\r\n0\r\n\r\n"), std::string("3;a=\"\n\"\r\nabc\r\n0\r\n\r\n"),
          std::string("3;a=\"\0\"\r\nabc\r\n0\r\n\r\n", 19),
          std::string("3;a=\"\x7f\"\r\nabc\r\n0\r\n\r\n"),
          // A size of any length, and a folded trailer.
          std::string(100, '0') + "3\r\nabc\r\n0\r\n\r\n", std::string("0\r\nX: y\r\n z\r\n\r\n"),
          std::string("0\r\n X: y\r\n\r\n"), "0\r\nX: " + std::string(5000, 'y') + "\r\n\r\n"}) {
        const Read seen = read(head + body);
        EXPECT_EQ(seen.stage, Stage::refused) << body;
        EXPECT_GE(seen.status, 400) << body;
    }
}

TEST(HttpRequestReader, BoundsChunkExtensions) {
    std::string flood = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; ++i) {
        flood += "1;" + std::string(100, 'x') + "\r\na\r\n";
    }
    EXPECT_EQ(read(flood).reason, "http.bad_framing");
    const std::string endless =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
        std::string(10'000, 'x');
    EXPECT_EQ(read(endless, 100).reason, "http.bad_framing");
}

TEST(HttpRequestReader, BoundsTheBodyBeforeItIsThere) {
    const std::string host = "POST / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(read(host + "Content-Length: 1001\r\n\r\n").status, 413);
    EXPECT_EQ(read(host + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x')).stage,
              Stage::complete);
    EXPECT_EQ(read(host + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n").status, 413);
    std::string chunks = host + "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 11; ++i) {
        chunks += "64\r\n" + std::string(100, 'x') + "\r\n";
    }
    EXPECT_EQ(read(chunks, 64).status, 413);
    EXPECT_EQ(read(chunks).status, 413);
}

/// One to four faults: a byte changed, cut out, doubled, or something sharp put in.
std::string spoilt(std::string bytes, std::mt19937_64& chance) {
    static const std::vector<std::string> sharp = {"\r",
                                                   "\n",
                                                   "\r\n",
                                                   std::string(1, '\0'),
                                                   " ",
                                                   "\t",
                                                   ":",
                                                   ";",
                                                   "\"",
                                                   "0",
                                                   "\xff",
                                                   "chunked",
                                                   "Content-Length: 5\r\n",
                                                   "Transfer-Encoding: chunked\r\n",
                                                   "Host: a\r\n",
                                                   "HTTP/1.0"};
    const auto below = [&](std::size_t bound) { return chance() % bound; };
    for (std::size_t left = 1 + below(4); left > 0; --left) {
        const std::size_t at = below(bytes.size());
        switch (below(4)) {
            case 0:
                bytes[at] = static_cast<char>(below(256));
                break;
            case 1:
                bytes.erase(at, 1 + below(8));
                break;
            case 2:
                bytes.insert(at, bytes.substr(at, 1 + below(8)));
                break;
            default:
                bytes.insert(at, sharp[below(sharp.size())]);
                break;
        }
        if (bytes.empty()) {
            return "\n";
        }
    }
    return bytes;
}

// Were it otherwise, what a request says would depend on how the network cut it. CHOPMARK_LONG=1
// tries ten million.
TEST(HttpRequestReader, ReadsSpoiltRequestsTheSameHoweverTheyAreCut) {
    const std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string host = "POST /a HTTP/1.1\r\nHost: a:80\r\n";
    const std::vector<std::string> seeds = {
        "GET http://a/b?c=d HTTP/1.1\r\nHost: [::1]:80\r\nX:  y \r\n\r\n" + next,
        host + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello" + next,
        host + "Transfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n02;c\r\nde\r\n0\r\n\r\n" +
            next,
        host + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n000;z=y\r\nX: y\r\nZ:\r\n\r\n" + next,
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + next};
    const char* const wants_long = std::getenv("CHOPMARK_LONG");
    const int number = wants_long != nullptr && *wants_long == '1' ? 10'000'000 : 60'000;
    std::mt19937_64 chance(9112);
    for (int i = 0; i < number; ++i) {
        const std::string bytes = spoilt(seeds[chance() % seeds.size()], chance);
        const Read whole = read(bytes);
        const Read cut = read(bytes, 1 + chance() % 7);
        // A refusal may wait for a byte more in one than in the other; a request may not.
        if (whole.stage == Stage::complete || cut.stage == Stage::complete) {
            ASSERT_EQ(whole.stage, cut.stage) << bytes << "\n" << whole.reason << cut.reason;
            ASSERT_EQ(whole.used, cut.used) << bytes;
            ASSERT_EQ(whole.method + whole.target + "\n" + whole.body,
                      cut.method + cut.target + "\n" + cut.body);
            ASSERT_TRUE(whole.headers == cut.headers) << bytes;
        }
    }
}

TEST(HttpRequestReader, BoundsTheHeader) {
    RequestLimits limits;
    limits.header_bytes = 200;
    limits.header_fields = 3;
    limits.target_bytes = 50;
    const auto refused = [&](const std::string& bytes) {
        const Read whole = read(bytes, 1 << 20, 1000, limits);
        EXPECT_EQ(whole.reason, read(bytes, 1, 1000, limits).reason);
        return whole.status;
    };
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(refused(start + "A: 1\r\nB: 2\r\n\r\n"), 0);
    EXPECT_EQ(refused(start + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n"), 431);
    EXPECT_EQ(refused(start + "A: " + std::string(200, 'a') + "\r\n\r\n"), 431);
    EXPECT_EQ(refused("GET /" + std::string(50, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    EXPECT_EQ(refused("GET /" + std::string(500, 'a')), 414);
}

TEST(HttpRequestReader, ToleratesWhatClientsInTheFieldSend) {
    EXPECT_EQ(
        read("POST /a HTTP/1.1\r\nHost: api.iamsmart.gov.hk\r\nContent-Length: 0\r\n\r\n").stage,
        Stage::complete);
    // The JDK's client on clear text.
    const Read upgrade = read(
        "POST /a HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 2\r\n"
        "Host: localhost:8080\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
        "Upgrade: h2c\r\nUser-Agent: Java-http-client/17\r\n\r\n{}");
    EXPECT_EQ(upgrade.stage, Stage::complete) << upgrade.reason;
    EXPECT_EQ(upgrade.body, "{}");
    EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n").stage, Stage::complete);
    EXPECT_EQ(read("GET / HTTP/1.1\r\nHost:\r\n\r\n").stage, Stage::complete);
    EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a:\r\n\r\n").stage, Stage::complete);
    EXPECT_EQ(read("GET / HTTP/1.0\r\n\r\n").stage, Stage::complete);
    EXPECT_EQ(read("GET / HTTP/1.1\r\nhOST: a\r\nX: \xe4\xb8\xad\r\n\r\n").stage, Stage::complete);
}

}  // namespace
}  // namespace chopmark::http
