// Answers that come later, streams, drain, authorisation, over real sockets.
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/http_front.h"

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
using std::chrono::milliseconds;

/// Keeps what a handler was given, for the test to use.
template <class T>
class Held {
  public:
    void put(T value) {
        const std::lock_guard lock(mutex_);
        values_.push_back(std::move(value));
        changed_.notify_all();
    }
    T take() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(
            changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !values_.empty(); }));
        T value = std::move(values_.front());
        values_.erase(values_.begin());
        return value;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<T> values_;
};

constexpr std::string_view wait_request = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";

struct Parking {
    Held<Reply> replies;
    Held<Ended> ends;
    Duration wait = std::chrono::seconds(20);
    httplib::Response when_over;

    std::vector<Route> routes() {
        std::vector<Route> out;
        out.push_back(
            async_row(RouteKind::park, "GET", "/wait", "wait", [this](const CallPtr&, Reply reply) {
                Park park;
                park.wait = wait;
                park.when_over = when_over;
                park.ended = [this](Ended why) { ends.put(why); };
                reply.park(std::move(park));
                replies.put(std::move(reply));
            }));
        out.push_back(row("GET", "/hello", "hello", [](const Call&) { return text("hello"); }));
        return out;
    }
};

TEST(HttpWaiting, AnswersAParkedRequestFromAnotherThread) {
    Parking parking;
    TestFront front(parking.routes(), quick_options());
    Client client(front.port());
    client.send(std::string(wait_request) + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    Reply reply = parking.replies.take();
    EXPECT_TRUE(reply.is_open());
    EXPECT_EQ(front.front->numbers().parked, 1U);
    std::thread([&] { reply.send(text("at last")); }).join();
    EXPECT_EQ(client.receive().body, "at last");
    EXPECT_EQ(client.receive().body, "hello") << "the pipeline went on";
    front.log.lines(2);
    EXPECT_EQ(front.front->numbers().parked, 0U);
}

TEST(HttpWaiting, HoldsNoThreadWhileParked) {
    Parking parking;
    FrontOptions options = quick_options();
    options.workers = 1;
    TestFront front(parking.routes(), options);
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<Reply> replies;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<Client>(front.port()));
        clients.back()->send(wait_request);
        replies.push_back(parking.replies.take());
    }
    Client other(front.port());
    EXPECT_EQ(other.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").body, "hello");
    for (std::size_t i = 0; i < replies.size(); ++i) {
        replies[i].send(text(std::to_string(i)));
        EXPECT_EQ(clients[i]->receive().body, std::to_string(i));
    }
}

TEST(HttpWaiting, NoticesThatTheClientLeft) {
    Parking parking;
    TestFront front(parking.routes(), quick_options());
    Client client(front.port());
    client.send(wait_request);
    Reply reply = parking.replies.take();
    client.close();
    EXPECT_EQ(parking.ends.take(), Ended::client_gone);
    EXPECT_FALSE(reply.is_open());
    reply.send(text("nobody hears it"));
    const auto lines = front.log.lines(1);
    EXPECT_EQ(lines.at(0).status, 0);
    EXPECT_EQ(front.front->numbers().parked, 0U);
}

TEST(HttpWaiting, EndsAWaitWithWhatTheHandlerChose) {
    Parking parking;
    parking.wait = milliseconds(50);
    parking.when_over.status = 204;
    TestFront front(parking.routes(), quick_options());
    Client client(front.port());
    client.send(wait_request);
    const Reply reply = parking.replies.take();
    EXPECT_EQ(client.receive().status, 204);
    EXPECT_EQ(parking.ends.take(), Ended::time_over);
    EXPECT_FALSE(reply.is_open());
    EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").body, "hello");
}

TEST(HttpWaiting, EndsAWaitWith503IfTheHandlerChoseNothing) {
    Parking parking;
    auto routes = parking.routes();
    routes.front().wait = milliseconds(50);  // the row bounds what the handler asks for
    TestFront front(std::move(routes), quick_options());
    Client client(front.port());
    client.send(wait_request);
    const Reply reply = parking.replies.take();
    const Seen seen = client.receive();
    EXPECT_EQ(seen.status, 503);
    EXPECT_EQ(reason_of(seen), "http.wait_over");
    EXPECT_EQ(seen.field("retry-after"), "1");
}

TEST(HttpWaiting, BoundsTheNumberOfWaiters) {
    Parking parking;
    FrontOptions options = quick_options();
    options.bounds.parked = 1;
    TestFront front(parking.routes(), options);
    Client first(front.port());
    first.send(wait_request);
    Reply reply = parking.replies.take();
    Client second(front.port());
    const Seen refused = second.ask(wait_request);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(reason_of(refused), "http.too_many_waiting");
    reply.send(text("one"));
    EXPECT_EQ(first.receive().body, "one");
    front.log.lines(2);
    second.send(wait_request);
    parking.replies.take().send(text("two"));
    EXPECT_EQ(second.receive().body, "two");
}

TEST(HttpWaiting, AnswersADroppedReplyWith500) {
    std::vector<Route> routes;
    routes.push_back(
        async_row(RouteKind::command, "GET", "/drop", "drop", [](const CallPtr&, Reply) {}));
    routes.push_back(row("GET", "/throw", "throw", [](const Call&) -> Result<httplib::Response> {
        throw std::runtime_error("A1234563");
    }));
    routes.push_back(row("GET", "/split", "split", [](const Call&) {
        httplib::Response out = text("x");
        out.headers.emplace("X", "a\r\nSet-Cookie: b");
        return out;
    }));
    TestFront front(std::move(routes), quick_options());
    Client client(front.port());
    for (const auto& [path, reason] :
         {std::pair<std::string, std::string>{"/drop", "http.reply_dropped"},
          {"/throw", "http.handler_threw"},
          {"/split", "http.bad_answer"}}) {
        const Seen seen = client.ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(seen.status, 500);
        EXPECT_EQ(reason_of(seen), reason);
        EXPECT_EQ(seen.head.find("Set-Cookie"), std::string::npos);
        EXPECT_EQ(seen.body.find("A1234563"), std::string::npos);
    }
}

// ---- streams ----

constexpr std::string_view stream_request = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

struct Streaming {
    Held<Stream> streams;
    Held<Ended> ends;
    Signal room;

    std::vector<Route> routes() {
        std::vector<Route> out;
        out.push_back(async_row(RouteKind::stream, "GET", "/events", "events",
                                [this](const CallPtr&, Reply reply) {
                                    httplib::Response head;
                                    head.set_header("Content-Type", "text/event-stream");
                                    StreamHooks hooks;
                                    hooks.ended = [this](Ended why) { ends.put(why); };
                                    hooks.room = [this] { room.set(); };
                                    streams.put(reply.stream(head, hooks));
                                }));
        return out;
    }
};

TEST(HttpStream, SendsEventsAsTheyCome) {
    Streaming streaming;
    TestFront front(streaming.routes(), quick_options());
    Client client(front.port());
    client.send(stream_request);
    Stream stream = streaming.streams.take();
    const std::string head = client.receive_until("\r\n\r\n");
    EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
    EXPECT_NE(head.find("Transfer-Encoding: chunked"), std::string::npos);
    EXPECT_EQ(stream.send(server_sent_event("alert", "1", "{}")), Sent::taken);
    EXPECT_EQ(client.receive_until("\n\n\r\n"), "1d\r\nevent: alert\nid: 1\ndata: {}\n\n\r\n");
    EXPECT_EQ(front.front->numbers().streams, 1U);
    stream.send("x");
    stream.close();
    EXPECT_EQ(client.receive_until("0\r\n\r\n"), "1\r\nx\r\n0\r\n\r\n");
    front.log.lines(1);
    EXPECT_EQ(front.front->numbers().streams, 0U);
    client.send(stream_request);
    Stream again = streaming.streams.take();
    EXPECT_EQ(again.send("y"), Sent::taken) << "the connection was kept";
    EXPECT_TRUE(client.receive_until("1\r\ny\r\n").ends_with("1\r\ny\r\n"));
}

TEST(HttpStream, PushesBackAgainstASlowReader) {
    Streaming streaming;
    FrontOptions options = quick_options();
    options.bounds.stream_queue_bytes = 64 * 1024;
    TestFront front(streaming.routes(), options);
    Client client(front.port());
    client.send(stream_request);
    Stream stream = streaming.streams.take();
    const std::string piece(8 * 1024, 'x');
    std::size_t taken = 0;
    while (stream.send(piece) == Sent::taken) {
        ++taken;
        ASSERT_LT(taken, 10'000U) << "the queue must fill up";
    }
    client.receive_until("\r\n\r\n");
    std::string read;
    while (read.size() < taken * piece.size()) {
        read += client.receive_bytes(piece.size());
    }
    EXPECT_TRUE(streaming.room.wait()) << "told when there is room again";
    EXPECT_EQ(stream.send(piece), Sent::taken);
}

TEST(HttpStream, TellsTheWriterThatTheReaderLeft) {
    Streaming streaming;
    TestFront front(streaming.routes(), quick_options());
    Client client(front.port());
    client.send(stream_request);
    Stream stream = streaming.streams.take();
    client.receive_until("\r\n\r\n");
    client.close();
    EXPECT_EQ(streaming.ends.take(), Ended::client_gone);
    EXPECT_EQ(stream.send("x"), Sent::gone);
}

TEST(HttpStream, KeepsASilentStreamAliveAndEndsItInTime) {
    Streaming streaming;
    FrontOptions options = quick_options();
    options.time.heartbeat = milliseconds(40);
    auto routes = streaming.routes();
    routes.front().wait = milliseconds(300);
    TestFront front(std::move(routes), options);
    Client client(front.port());
    client.send(stream_request);
    Stream stream = streaming.streams.take();
    client.receive_until("\r\n\r\n");
    EXPECT_EQ(client.receive_until(":\n\n\r\n"), "3\r\n:\n\n\r\n");
    EXPECT_TRUE(client.receive_until("0\r\n\r\n").ends_with("0\r\n\r\n"));
    EXPECT_EQ(streaming.ends.take(), Ended::time_over);
    EXPECT_TRUE(client.ends());
    EXPECT_EQ(stream.send("x"), Sent::gone);
}

TEST(HttpStream, EndsByClosingForHttp10) {
    Streaming streaming;
    TestFront front(streaming.routes(), quick_options());
    Client client(front.port());
    client.send("GET /events HTTP/1.0\r\n\r\n");
    Stream stream = streaming.streams.take();
    EXPECT_EQ(client.receive_until("\r\n\r\n").find("chunked"), std::string::npos);
    stream.send("plain");
    stream.close();
    EXPECT_EQ(client.receive_bytes(100), "plain");
}

// ---- drain ----

TEST(HttpDrain, FinishesWhatIsInFlightAndRefusesTheRest) {
    Parking parking;
    Streaming streaming;
    Signal running;
    Signal release;
    auto routes = parking.routes();
    routes.push_back(std::move(streaming.routes().front()));
    routes.push_back(row("POST", "/slow", "slow", [&](const Call&) {
        running.set();
        EXPECT_TRUE(release.wait());
        return text("done");
    }));
    TestFront front(std::move(routes), quick_options());
    Client idle(front.port());
    EXPECT_EQ(idle.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    Client parked(front.port());
    parked.send(wait_request);
    const Reply reply = parking.replies.take();
    Client streamed(front.port());
    streamed.send(stream_request);
    Stream stream = streaming.streams.take();
    streamed.receive_until("\r\n\r\n");
    Client busy(front.port());
    busy.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(running.wait());
    Client sending(front.port());
    sending.send("GET /hello HTT");
    while (front.front->numbers().connections < 5) {
        std::this_thread::yield();
    }

    bool clean = false;
    std::thread drain([&] { clean = front.front->drain(std::chrono::seconds(10)); });
    EXPECT_TRUE(idle.ends());
    const Seen refused = parked.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(reason_of(refused), "http.draining");
    EXPECT_EQ(refused.field("retry-after"), "5");
    EXPECT_EQ(refused.field("connection"), "close");
    EXPECT_EQ(parking.ends.take(), Ended::draining);
    EXPECT_EQ(streamed.receive_until("0\r\n\r\n"), "0\r\n\r\n");
    EXPECT_EQ(streaming.ends.take(), Ended::draining);
    sending.send("P/1.1\r\nHost: a\r\n\r\n");
    const Seen last = sending.receive();
    EXPECT_EQ(last.body, "hello");
    EXPECT_EQ(last.field("connection"), "close");
    release.set();
    EXPECT_EQ(busy.receive().body, "done");
    drain.join();
    EXPECT_TRUE(clean);
    const Client late(front.port());
    EXPECT_FALSE(late.is_connected());
}

TEST(HttpDrain, CutsAfterItsDeadline) {
    Signal running;
    Signal release;
    std::vector<Route> routes;
    routes.push_back(row("POST", "/slow", "slow", [&](const Call&) {
        running.set();
        EXPECT_TRUE(release.wait());
        return text("done");
    }));
    TestFront front(std::move(routes), quick_options());
    Client busy(front.port());
    busy.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(running.wait());
    EXPECT_FALSE(front.front->drain(milliseconds(50)));
    EXPECT_TRUE(busy.ends());
    release.set();
}

TEST(HttpDrain, LeavesALateReplyHarmless) {
    Held<Reply> replies;
    std::vector<Route> routes;
    routes.push_back(
        async_row(RouteKind::command, "GET", "/late", "late",
                  [&](const CallPtr&, Reply reply) { replies.put(std::move(reply)); }));
    auto front = std::make_unique<TestFront>(std::move(routes), quick_options());
    Client client(front->port());
    client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    Reply reply = replies.take();
    front->front.reset();
    EXPECT_FALSE(reply.is_open());
    reply.send(text("too late"));
}

// ---- who may ----

class Doorkeeper final : public Authorizer {
  public:
    Result<Principal> authorize(const Call& call, std::string_view permission) override {
        const std::string token = call.request.get_header_value("Authorization");
        if (token.empty()) {
            return Reason{"staff.no_token", Kind::unauthenticated};
        }
        if (token != permission) {
            return Reason{"staff.not_permitted", Kind::forbidden};
        }
        Principal out;
        out.who = *StaffId::from_hex("000102030405060708090a0b0c0d0e0f");
        out.roles = {"auditor"};
        return out;
    }
};

TEST(HttpAuthorizer, StandsBeforeEveryRouteWithAPermission) {
    Doorkeeper doorkeeper;
    std::vector<Route> routes;
    routes.push_back(row("GET", "/log", "log", [](const Call& call) {
        const StaffId* staff = call.principal.as<StaffId>();
        return text(staff == nullptr ? "nobody" : staff->hex() + call.principal.roles.at(0));
    }));
    routes.back().permission = "audit.read";
    routes.push_back(row("GET", "/open", "open", [](const Call& call) {
        return text(call.principal.as<StaffId>() == nullptr ? "anybody" : "somebody");
    }));
    routes.push_back(routes.front());
    routes.back().path = "/rp";
    routes.back().name = "rp";
    routes.back().render_error = [](const Error& error, const Call&) {
        return text("D20006 " + std::string(error.reason.name));
    };
    TestFront front(std::move(routes), quick_options(), &doorkeeper);
    Client client(front.port());
    const Seen unknown = client.ask("GET /log HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(reason_of(unknown), "staff.no_token");
    EXPECT_EQ(unknown.field("www-authenticate"), "Bearer");
    EXPECT_EQ(client.ask("GET /log HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n\r\n").status, 403);
    EXPECT_EQ(client.ask("GET /log HTTP/1.1\r\nHost: a\r\nAuthorization: audit.read\r\n\r\n").body,
              "000102030405060708090a0b0c0d0e0fauditor");
    EXPECT_EQ(client.ask("GET /open HTTP/1.1\r\nHost: a\r\n\r\n").body, "anybody");
    const Seen rendered = client.ask("GET /rp HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(rendered.status, 200);
    EXPECT_EQ(rendered.body, "D20006 staff.no_token");
}

TEST(HttpAuthorizer, IsNotForgotten) {
    std::vector<Route> routes;
    routes.push_back(row("GET", "/log", "log", [](const Call&) { return text(""); }));
    routes.back().permission = "audit.read";
    auto table = RouteTable::build(std::move(routes));
    crypto::SystemEntropy entropy;
    SystemClock clock;
    const auto outcome = Front::start(*std::move(table), {}, {entropy, clock, nullptr, nullptr});
    EXPECT_TRUE(!outcome && outcome.error() == authorizer_missing);
}

}  // namespace
}  // namespace chopmark::http
