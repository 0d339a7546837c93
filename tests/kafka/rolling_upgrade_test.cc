// Two real nodes, renewed one after the other by a build that knows one more type of events
// (AccountSuspended), while people ask both of them all the time.
#include <deque>
#include <set>

#include "tests/kafka/two_nodes.h"

namespace chopmark::test {
namespace {

using sandbox::Json;

constexpr int account_suspended = 0x0104;
const std::string later = CHOPMARK_BINARY_DIR "/chopmarkd_later";

/// So many that every partition has some.
constexpr std::uint32_t accounts = 12;

struct RollingUpgrade : TwoNodes {
    RollingUpgrade() : TwoNodes("chopmarkd_earlier") {}

    void register_accounts() {
        for (std::uint32_t number = 0; number < accounts; ++number) {
            const bool even = number % 2 == 0;
            phones.emplace_back(*sandbox::persona("mei", 900'000 + number, clock.now()),
                                even ? sandbox::Gateways{first_base, second_base}
                                     : sandbox::Gateways{second_base, first_base},
                                entropy_);
            const auto answer = phones.back().register_by_app();
            ASSERT_TRUE(answer && answer->good()) << (answer ? answer->summary() : "");
        }
    }
    /// What became of a command that only the later release may record, by account.
    std::multiset<std::string> suspend_all() {
        std::multiset<std::string> out;
        for (auto& phone : phones) {
            const auto answer = phone.suspend();
            out.insert(!answer          ? to_string(answer.error())
                       : answer->good() ? "recorded"
                                        : answer->reason());
        }
        return out;
    }
    static std::multiset<std::string> all(const std::string& outcome) {
        std::multiset<std::string> out;
        for (std::uint32_t i = 0; i < accounts; ++i) {
            out.insert(outcome);
        }
        return out;
    }
    /// While people ask the other one.
    void renew(sandbox::Daemon& node, unsigned crowd, sandbox::Gateways other) {
        std::vector<std::unique_ptr<Crowd>> crowds;
        for (unsigned number = crowd; number < crowd + 2; ++number) {
            crowds.push_back(std::make_unique<Crowd>(number, other));
        }
        ASSERT_TRUE(grow(crowds, 2));
        ASSERT_EQ(node.stop(), 0) << "drained";
        node.renew(later);
        const auto started = node.start();
        ASSERT_TRUE(started) << started.error();
        EXPECT_TRUE(soon([&] { return served_by(*first_) > 0 && served_by(*second_) > 0; }));
        EXPECT_TRUE(grow(crowds, 2));
        expect_no_failure(crowds);
    }
    auto activate() {
        return second_->admin_post("/admin/v1/types/activate", {{"types", {account_suspended}}});
    }

    SystemClock clock;
    std::deque<sandbox::SimulatedPhone> phones;
};

TEST_F(RollingUpgrade, WritesATypeOnlyOnceEveryNodeKnowsIt) {
    ASSERT_TRUE(soon([&] { return served_by(*first_) > 0 && served_by(*second_) > 0; }));
    ASSERT_NO_FATAL_FAILURE(register_accounts());

    ASSERT_NO_FATAL_FAILURE(renew(cluster_->second(), 31, {first_base, second_base}));
    EXPECT_EQ(suspend_all(), all("executor.type_inactive")) << "whoever owns the partition";
    const auto early = activate();
    ASSERT_TRUE(early) << early.error();
    EXPECT_EQ(early->reason(), "types.not_everywhere") << early->summary();

    ASSERT_NO_FATAL_FAILURE(renew(cluster_->first(), 33, {second_base, first_base}));
    EXPECT_EQ(suspend_all(), all("executor.type_inactive")) << "nobody has activated it yet";
    const auto activated = activate();
    ASSERT_TRUE(activated) << activated.error();
    ASSERT_TRUE(activated->good()) << activated->summary();
    EXPECT_EQ(suspend_all(), all("recorded"));
}

}  // namespace
}  // namespace chopmark::test
