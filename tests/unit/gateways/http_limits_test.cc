// Bounds that need no socket: peers, workers, stream queues, listen policy.
#include <gtest/gtest.h>

#include "gateways/http/listen_policy.h"
#include "gateways/http/peer_limiter.h"
#include "gateways/http/stream_queue.h"
#include "gateways/http/worker_pool.h"
#include "tests/support/http_front.h"

namespace chopmark::http {
namespace {

using Time = PeerLimiter::Time;

PeerKey v4(std::uint8_t last, std::uint8_t first = 10) {
    ByteArray<16> bytes{};
    bytes[10] = bytes[11] = 0xFF;
    bytes[12] = first;
    bytes[15] = last;
    return PeerKey::of(bytes);
}

PeerOptions few() {
    PeerOptions options;
    options.connections = 2;
    options.requests_per_second = 10;
    options.burst = 5;
    return options;
}

TEST(HttpPeerLimiter, RefillsTheBucketWithTime) {
    PeerLimiter limiter(few());
    const Time start{std::chrono::seconds(1000)};
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(limiter.request(v4(1), start));
    }
    EXPECT_FALSE(limiter.request(v4(1), start));
    EXPECT_TRUE(limiter.request(v4(2), start)) << "another peer has its own";
    EXPECT_FALSE(limiter.request(v4(1), start + std::chrono::milliseconds(99)));
    EXPECT_TRUE(limiter.request(v4(1), start + std::chrono::milliseconds(201)));
    int taken = 0;
    while (limiter.request(v4(1), start + std::chrono::hours(1))) {
        ++taken;
    }
    EXPECT_EQ(taken, 5) << "no more than the burst, however long the pause";
}

TEST(HttpPeerLimiter, BoundsAllPeersTogether) {
    PeerOptions options = few();
    options.all_requests_per_second = 100;
    options.all_burst = 20;
    PeerLimiter limiter(options);
    const Time start{std::chrono::seconds(1000)};
    int taken = 0;
    for (std::uint8_t peer = 1; peer <= 200; ++peer) {
        taken += limiter.request(v4(peer), start);
    }
    EXPECT_EQ(taken, 15) << "though each has five of its own; a quarter is for the known";
    EXPECT_TRUE(limiter.request(v4(201), start + std::chrono::milliseconds(11)));
    EXPECT_FALSE(limiter.request(v4(202), start + std::chrono::milliseconds(11)));
    // One that is over its own bound takes nothing from the others.
    const Time later = start + std::chrono::hours(1);
    for (int i = 0; i < 1000; ++i) {
        (void)limiter.request(v4(1), later);
    }
    taken = 0;
    for (std::uint8_t peer = 2; peer <= 100; ++peer) {
        taken += limiter.request(v4(peer), later);
    }
    EXPECT_EQ(taken, 10);
}

/// A flood of one second from many addresses, and one of another kind: how many of so many requests
/// of its own pass, spread over the second.
int passed_in_flood(PeerLimiter& limiter, std::uint8_t own, int requests) {
    const PeerLimiter::Time start{std::chrono::seconds(2000)};
    int passed = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto now = start + std::chrono::microseconds(i * 100);
        (void)limiter.request(v4(static_cast<std::uint8_t>(i % 40), 1), now);
        if (i % (10'000 / requests) == 0) {
            passed += limiter.request(v4(own, 2), now);
        }
    }
    return passed;
}

PeerOptions shared_among_all() {
    PeerOptions options;
    options.requests_per_second = 1000;
    options.burst = 1000;
    options.all_requests_per_second = 400;
    options.all_burst = 100;
    return options;
}

TEST(HttpPeerLimiter, LetsThroughThoseWhoAskForLessThanTheirShareOfAFlood) {
    PeerLimiter limiter(shared_among_all());
    // 40 addresses share 400 a second; this one asks for 5.
    EXPECT_EQ(passed_in_flood(limiter, 1, 5), 5);
    PeerLimiter greedy(shared_among_all());
    EXPECT_LT(passed_in_flood(greedy, 1, 100), 50) << "it floods as well";
}

TEST(HttpPeerLimiter, LetsThroughThoseWhoProvedWhoTheyAre) {
    const auto vouched = [](PeerLimiter& limiter, std::chrono::seconds at) {
        (void)limiter.open(v4(1, 2), Time(at));
        limiter.vouch(v4(1, 2), Time(at));
    };
    PeerLimiter limiter(shared_among_all());
    vouched(limiter, std::chrono::seconds(1999));
    EXPECT_EQ(passed_in_flood(limiter, 1, 100), 100);
    PeerLimiter late(shared_among_all());
    vouched(late, std::chrono::seconds(1900));
    EXPECT_LT(passed_in_flood(late, 1, 100), 50) << "a minute is over";
}

TEST(HttpPeerLimiter, CountsConnectionsByPeer) {
    PeerLimiter limiter(few());
    const Time now{std::chrono::seconds(1000)};
    const auto first = limiter.open(v4(1), now);
    EXPECT_TRUE(first && limiter.open(v4(1), now));
    EXPECT_FALSE(limiter.open(v4(1), now));
    limiter.close(*first);
    EXPECT_TRUE(limiter.open(v4(1), now));
}

TEST(HttpPeerLimiter, TakesAnIpv6NetworkForOnePeer) {
    ByteArray<16> a{};
    a[0] = 0x20;
    a[15] = 1;
    ByteArray<16> b = a;
    b[8] = 7;
    EXPECT_EQ(PeerKey::of(a), PeerKey::of(b));
    b[7] = 7;
    EXPECT_NE(PeerKey::of(a), PeerKey::of(b));
}

TEST(HttpPeerLimiter, StaysBoundedUnderAFloodOfAddresses) {
    PeerOptions options = few();
    options.table_entries = 100;
    PeerLimiter limiter(options);
    const Time now{std::chrono::seconds(1000)};
    const auto kept = limiter.open(v4(1), now);
    ASSERT_TRUE(kept);
    int admitted = 0;
    for (int i = 0; i < 10'000; ++i) {
        admitted += limiter.request(
            v4(static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(130 + i / 256)), now);
    }
    EXPECT_LE(limiter.entries(), 101U);
    EXPECT_LE(admitted, 99 + 5) << "those without an entry share one bucket";
    EXPECT_EQ(limiter.open(v4(1), now), kept) << "who was there before is not touched";
    // Those who have gone quiet make room.
    EXPECT_TRUE(limiter.request(v4(9, 99), now + std::chrono::minutes(1)));
    EXPECT_LT(limiter.entries(), 10U);
}

TEST(HttpPeerLimiter, LeavesLoopbackAloneIfTold) {
    PeerOptions options = few();
    PeerLimiter exempting(options);
    options.exempt_loopback = false;
    PeerLimiter strict(options);
    const Time now{std::chrono::seconds(1000)};
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(exempting.request(v4(1, 127), now) && strict.request(v4(1, 127), now));
    }
    EXPECT_TRUE(exempting.request(v4(1, 127), now));
    EXPECT_FALSE(strict.request(v4(1, 127), now));
}

TEST(HttpWorkerPool, RefusesWhatDoesNotFit) {
    WorkerPool pool(1, 4);
    http_test::Signal running;
    http_test::Signal release;
    std::atomic<int> done{0};
    ASSERT_TRUE(pool.try_post([&] {
        running.set();
        EXPECT_TRUE(release.wait());
    }));
    ASSERT_TRUE(running.wait());
    const auto count = [&] { ++done; };
    EXPECT_TRUE(pool.try_post(count, 2));
    EXPECT_TRUE(pool.try_post(count, 2));
    EXPECT_FALSE(pool.try_post(count, 2)) << "queries give way";
    EXPECT_TRUE(pool.try_post(count));
    EXPECT_TRUE(pool.try_post(count));
    EXPECT_FALSE(pool.try_post(count));
    EXPECT_EQ(pool.queued(), 4U);
    http_test::Signal last;
    release.set();
    while (!pool.try_post([&] { last.set(); })) {
    }
    EXPECT_TRUE(last.wait());
    EXPECT_EQ(done, 4);
}

TEST(HttpStreamQueue, RefusesBeyondItsBoundAndTellsWhenThereIsRoom) {
    int woken = 0;
    int room = 0;
    StreamHooks hooks;
    hooks.room = [&] { ++room; };
    StreamQueue queue(10, false, hooks, [&] { ++woken; });
    EXPECT_EQ(queue.send("123456"), Sent::taken);
    EXPECT_EQ(queue.send("1234"), Sent::taken);
    EXPECT_EQ(woken, 1) << "one wake-up until the next take()";
    EXPECT_EQ(queue.send("x"), Sent::full);
    EXPECT_EQ(queue.take().bytes, "1234561234");
    EXPECT_EQ(room, 0) << "what was taken is not sent yet";
    EXPECT_EQ(queue.send("x"), Sent::full);
    EXPECT_EQ(queue.take().bytes, "");
    EXPECT_EQ(room, 1);
    EXPECT_EQ(queue.send(std::string(50, 'x')), Sent::taken) << "one piece always fits";
    EXPECT_EQ(queue.send("x"), Sent::full);
}

TEST(HttpStreamQueue, EndsOnceAndSaysWhy) {
    std::vector<Ended> ends;
    StreamHooks hooks;
    hooks.ended = [&](Ended why) { ends.push_back(why); };
    StreamQueue left(10, true, hooks, [] {});
    left.end(Ended::client_gone);
    left.end(Ended::draining);
    EXPECT_EQ(left.send("x"), Sent::gone);
    EXPECT_EQ(ends, std::vector<Ended>{Ended::client_gone});
    StreamQueue closed(10, true, hooks, [] {});
    EXPECT_EQ(closed.send("hi"), Sent::taken);
    closed.close();
    const auto taken = closed.take();
    EXPECT_EQ(taken.bytes, "2\r\nhi\r\n0\r\n\r\n");
    EXPECT_TRUE(taken.last);
    closed.end(Ended::client_gone);
    EXPECT_EQ(ends.size(), 1U) << "who has closed is not told";
}

TEST(HttpListenPolicy, RefusesClearTextOffLoopback) {
    ListenOptions options;
    EXPECT_TRUE(check_listen(options));
    for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "10.0.0.1"}) {
        options.address = address;
        const auto outcome = check_listen(options);
        EXPECT_TRUE(!outcome && outcome.error() == clear_text_refused) << address;
    }
    options.allow_clear_text_off_loopback = true;
    EXPECT_TRUE(check_listen(options));
    options.allow_clear_text_off_loopback = false;
    options.tls.certificate_file = "c.pem";
    EXPECT_EQ(check_listen(options).error(), tls_incomplete);
    options.tls.key_file = "k.pem";
    EXPECT_TRUE(check_listen(options));
    options.tls.client_certificate = ClientCertificate::required;
    EXPECT_EQ(check_listen(options).error(), tls_incomplete);
}

TEST(HttpListenPolicy, KnowsLoopback) {
    for (const char* address : {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(is_loopback(address)) << address;
    }
    for (const char* address : {"localhost", "128.0.0.1", "::2", "::ffff:10.0.0.1", "", "127.1"}) {
        EXPECT_FALSE(is_loopback(address)) << address;
    }
}

}  // namespace
}  // namespace chopmark::http
