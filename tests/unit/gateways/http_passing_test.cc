// Failures that pass by themselves: a handler that is run again, over real sockets.
#include <gtest/gtest.h>

#include <thread>

#include "aggregates/runtime/event_finder.h"
#include "tests/support/http_front.h"

namespace chopmark::http {
namespace {

using http_test::async_row;
using http_test::Client;
using http_test::quick_options;
using http_test::row;
using http_test::Seen;
using http_test::TestFront;
using http_test::text;
using std::chrono::milliseconds;

constexpr std::string_view post_to_pool =
    "POST /pool HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view post_to_loop =
    "POST /loop HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

/// A handler that finds what it needs at the n-th call.
struct Unread {
    int found_at = 0;
    std::atomic<int> calls{0};
    std::atomic<int> again{0};

    std::vector<Route> routes() {
        std::vector<Route> out;
        const auto look = [this](const Call& call) -> Result<httplib::Response> {
            again += call.again ? 1 : 0;
            if (++calls < found_at) {
                return runtime::event_unread;
            }
            return text("found");
        };
        out.push_back(row("POST", "/pool", "pool", look));
        out.push_back(row("POST", "/loop", "loop", look));
        out.back().run = Run::on_loop;
        out.push_back(
            async_row(RouteKind::park, "GET", "/wait", "wait",
                      [](const CallPtr&, Reply reply) { reply.fail(runtime::event_unread); }));
        return out;
    }
};

TEST(HttpPassing, RunsAHandlerAgainUntilWhatItNeedsIsRead) {
    Unread unread;
    TestFront front(unread.routes(), quick_options());
    Client client(front.port());
    for (const std::string_view request : {post_to_pool, post_to_loop}) {
        unread.found_at = unread.calls + 4;
        const Seen seen = client.ask(request);
        EXPECT_EQ(seen.status, 200) << request;
        EXPECT_EQ(seen.body, "found");
    }
    EXPECT_EQ(unread.calls, 8);
    EXPECT_EQ(unread.again, 6);
    EXPECT_TRUE(front.front->drain(std::chrono::seconds(10))) << "nothing is in flight";
}

TEST(HttpPassing, IsOverInTimeAndNotForThoseWhoPark) {
    Unread unread;
    unread.found_at = 1'000'000;
    FrontOptions options = quick_options();
    options.time.passing = milliseconds(60);
    TestFront front(unread.routes(), options);
    Client client(front.port());
    const Seen over = client.ask(post_to_pool);
    EXPECT_EQ(over.status, 503);
    EXPECT_EQ(reason_of(over), "event.unread");
    EXPECT_GT(unread.calls, 1);
    const Seen parked = client.ask("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(reason_of(parked), "event.unread");
}

/// Nothing more is done for nobody, and the front can go.
TEST(HttpPassing, EndsWithItsFront) {
    Unread unread;
    unread.found_at = 1'000'000;
    {
        TestFront front(unread.routes(), quick_options());
        Client client(front.port());
        client.send(post_to_pool);
        while (unread.calls < 3) {
            std::this_thread::sleep_for(milliseconds(1));
        }
        EXPECT_FALSE(front.front->drain(milliseconds(50)));
    }
    const int calls = unread.calls;
    std::this_thread::sleep_for(milliseconds(30));
    EXPECT_EQ(unread.calls, calls);
}

}  // namespace
}  // namespace chopmark::http
