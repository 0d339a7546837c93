#include "gateways/service/refusal_tally.h"

#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::service {
namespace {

using namespace std::chrono_literals;

constexpr Reason wrong_signature{"test.wrong_signature", Kind::unauthenticated};
constexpr Reason unknown_thing{"test.unknown_thing", Kind::not_found};

struct RefusalTallyTest : testing::Test {
    void fail(const std::string& address, const Reason& reason = wrong_signature,
              const std::string& client = {}) {
        http::Call call;
        call.request.remote_addr = address;
        if (!client.empty()) {
            call.request.headers.emplace("clientID", client);
        }
        tally.failed(call, reason);
    }
    /// The minute that has just ended.
    std::optional<control::CountRefusals> next_minute() {
        bench.advance(1min);
        return tally.take();
    }

    test::GatewayBench bench;
    RefusalTally tally{*bench.networks, bench.snapshots, bench.clock};
};

TEST_F(RefusalTallyTest, CountsByReasonAndNetwork) {
    for (int i = 0; i < 3; ++i) {
        fail("198.51.100." + std::to_string(i));  // one /24
    }
    fail("203.0.113.9");
    fail("203.0.113.9", unknown_thing);
    const auto counted = next_minute();
    ASSERT_TRUE(counted.has_value());
    EXPECT_EQ(counted->total, 5U);
    ASSERT_EQ(counted->counts.size(), 3U);
    EXPECT_EQ(counted->counts[0].count, 3U);
    EXPECT_EQ(counted->counts[0].reason, wrong_signature.name);
    EXPECT_TRUE(counted->counts[0].client_id.empty());
    EXPECT_EQ(counted->counts[0].network.current().size(), 16U);
    EXPECT_NE(counted->counts[0].network.current(), counted->counts[1].network.current());
}

TEST_F(RefusalTallyTest, GivesAMinuteOnceAndOnlyWhenItIsOver) {
    EXPECT_FALSE(next_minute().has_value());
    fail("198.51.100.1");
    EXPECT_FALSE(tally.take().has_value());
    EXPECT_TRUE(next_minute().has_value());
    EXPECT_FALSE(tally.take().has_value());
    EXPECT_FALSE(next_minute().has_value());
}

TEST_F(RefusalTallyTest, NeverKeepsAnAddress) {
    const std::string address = "198.51.100.77";
    fail(address);
    const auto counted = next_minute();
    ASSERT_TRUE(counted.has_value());
    const std::string bytes = counted->counts.at(0).network.SerializeAsString();
    EXPECT_EQ(bytes.find("198.51"), std::string::npos);
}

TEST_F(RefusalTallyTest, NamesAClaimedClientOnlyIfControlKnowsIt) {
    const ClientId known{{0x0c, 0x11}};
    control::RelyingPartyFacts facts;
    facts.name_english = "Library";
    facts.organisation = "Library";
    facts.redirect_uris = {"https://library.example/back"};
    facts.callback_uris = {"https://library.example/callback"};
    bench.given_service(known, facts, {"eidapi_auth"});
    fail("198.51.100.1", wrong_signature, known.hex());
    fail("198.51.100.1", wrong_signature, ClientId{{0x0d}}.hex());
    fail("198.51.100.1", wrong_signature, "no client at all");
    const auto counted = next_minute();
    ASSERT_TRUE(counted.has_value());
    ASSERT_EQ(counted->counts.size(), 2U);
    EXPECT_TRUE(counted->counts[0].client_id.empty());
    EXPECT_EQ(counted->counts[0].count, 2U);
    EXPECT_EQ(counted->counts[1].client_id, known.to_bytes());
}

TEST_F(RefusalTallyTest, IsBoundedAndCountsTheRestInTheTotal) {
    const std::size_t networks = service::refusal_keys + 100;
    for (std::size_t i = 0; i < networks; ++i) {
        fail("10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1");
    }
    fail("10.0.7.1");
    const auto counted = next_minute();
    ASSERT_TRUE(counted.has_value());
    EXPECT_EQ(counted->total, networks + 1);
    ASSERT_EQ(counted->counts.size(), service::refusals_recorded);
    EXPECT_EQ(counted->counts[0].count, 2U);  // the largest first
}

TEST_F(RefusalTallyTest, KeepsSoManyMinutesAndNoFailureIsLost) {
    const std::size_t minutes = service::refusal_minutes + 5;
    for (std::size_t i = 0; i < minutes; ++i) {
        fail("198.51.100.1");
        bench.advance(1min);
    }
    std::uint64_t total = 0;
    std::size_t taken = 0;
    while (const auto counted = tally.take()) {
        total += counted->total;
        ++taken;
    }
    EXPECT_EQ(taken, service::refusal_minutes);
    EXPECT_EQ(total, minutes);
}

}  // namespace
}  // namespace chopmark::service
