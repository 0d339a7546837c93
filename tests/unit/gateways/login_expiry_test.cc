#include "gateways/service/login_expiry.h"

#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "tests/support/forwarding_commands.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using namespace std::chrono_literals;
using test::GatewayBench;
using test::TestPhone;

/// Executors that are too busy, as long as they are told to be.
class Congestion final : public test::ForwardingCommands {
  public:
    std::optional<Reason> because;
    int turned_away = 0;

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override {
        if (because) {
            ++turned_away;
            answer(Error(*because));
            return;
        }
        ForwardingCommands::submit(account, std::move(command), std::move(head), std::move(answer));
    }
};

struct LoginExpiryTest : testing::Test {
    void SetUp() override {
        const ClientId client = bench.entropy.draw<ClientId>();
        bench.given_service(client, test::library(), {"eidapi_auth"});
        ASSERT_EQ(phone.register_by_photo().status, 200);
        service::LoginDraw draw;
        draw.client = client;
        draw.scopes = {"eidapi_auth"};
        draw.redirect_uri = "https://library.example/back";
        draw.browser.address = Sensitive<std::string>("127.0.4.1");
        draw.life = 120s;
        login = bench.desk->draw(draw).value();
        ASSERT_TRUE(bench.desk->scan({login.handle}, {phone.account, phone.device}));
    }
    CommandHead head(Instant now) {
        CommandHead out;
        out.id = bench.entropy.draw<CommandId>();
        out.digest = Digest(out.id.array());
        out.issued_at = now;
        out.caller = out.actor = {schema::Party::TIMER, {}};
        out.channel = schema::PLATFORM_TIMER;
        return out;
    }
    void tick_for(Duration time) {
        for (Duration passed{}; passed < time; passed += 1s) {
            bench.advance(1s);
            expiry.tick();
            bench.run();
        }
    }
    bool is_recorded() {
        return bench.state_of(phone.account)->logins.declined.contains(login.login);
    }

    Congestion congestion;
    GatewayBench bench{congestion.between()};
    TestPhone phone{bench};
    service::DrawnLogin login;
    service::LoginExpiry expiry{*bench.desk, bench.service(), bench.clock,
                                [this](Instant now) { return head(now); }};
};

TEST_F(LoginExpiryTest, RecordsAScannedLoginThatNobodyDecided) {
    tick_for(119s);
    EXPECT_FALSE(is_recorded());
    tick_for(1s);
    EXPECT_TRUE(is_recorded());
    tick_for(62s);
    EXPECT_EQ(bench.desk->probe().entries, 0U);
}

TEST_F(LoginExpiryTest, TriesAgainUntilTheExecutorsHaveRoom) {
    for (const Reason& because : {runtime::executor_busy, runtime::not_serving}) {
        congestion.because = because;
        tick_for(150s);
    }
    EXPECT_GE(congestion.turned_away, 5);
    EXPECT_LE(congestion.turned_away, 12);
    EXPECT_FALSE(is_recorded());
    congestion.because.reset();
    tick_for(60s);
    EXPECT_TRUE(is_recorded());
    tick_for(1s);
    EXPECT_EQ(bench.desk->probe().entries, 0U);
    EXPECT_EQ(bench.desk->probe().never_recorded, 0U);
}

TEST_F(LoginExpiryTest, GivesUpOnceTheLoginsIdIsForgotten) {
    congestion.because = runtime::not_serving;
    tick_for(120s + limits::login_id_grace + 62s);
    EXPECT_EQ(bench.desk->probe().entries, 0U);
    EXPECT_EQ(bench.desk->probe().never_recorded, 1U);
}

TEST_F(LoginExpiryTest, DoesNotInsistOnWhatIsRefusedForGood) {
    congestion.because = citizen::login_already_decided;
    tick_for(180s);
    EXPECT_EQ(congestion.turned_away, 1);
}

}  // namespace
}  // namespace chopmark
