#include "ops/listeners.h"

#include <gtest/gtest.h>

#include "events/crypto/system_entropy.h"
#include "tests/support/http_client.h"
#include "tests/support/scratch_folder.h"

namespace chopmark::ops {
namespace {

struct TwoGateways {
    test::ScratchFolder scratch;
    SystemClock clock;
    crypto::SystemEntropy entropy;
    config::Config config;
    std::unique_ptr<telemetry::Log> log = *telemetry::Log::open(
        {.node = "n1", .file = (scratch.path() / "node.log").string()}, clock);
    telemetry::Metrics metrics;
    std::vector<std::string> reasons;
    Listeners listeners{config, {entropy, clock, *log, metrics, [this] { return reasons; }}};
    config::GatewayConfig address = config::GatewayConfig::at_port(0);

    Result<void> open(const std::string& name) {
        return listeners.open({name, {name, "1", "", {}}, address, {}, nullptr});
    }

    http_test::Seen ready(std::size_t which) const {
        const std::string url = listeners.addresses().at(which).url;
        http_test::Client client(
            static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1))));
        return client.ask("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
};

// Who is sent here by the first listener that answers would find the others closed.
TEST(Listeners, SayReadyOnlyOnceAllListen) {
    TwoGateways node;
    ASSERT_TRUE(node.open("rp"));
    EXPECT_EQ(node.ready(0).status, 503);
    ASSERT_TRUE(node.open("admin"));
    EXPECT_EQ(node.ready(0).body, R"({"ready":false,"reasons":["gateways.closed"]})");
    node.listeners.announce();
    EXPECT_EQ(node.ready(0).status, 200);
    EXPECT_EQ(node.ready(1).status, 200);
    node.reasons = {"journal.not_ready"};
    EXPECT_EQ(node.ready(1).body, R"({"ready":false,"reasons":["journal.not_ready"]})");
}

TEST(Listeners, AnswerWithoutBeingReadyWhileTheNodeLeaves) {
    TwoGateways node;
    ASSERT_TRUE(node.open("rp"));
    node.listeners.announce();
    node.listeners.withdraw();
    EXPECT_EQ(node.ready(0).status, 503);
    EXPECT_TRUE(node.listeners.drain(std::chrono::seconds(5)));
}

}  // namespace
}  // namespace chopmark::ops
