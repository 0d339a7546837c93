// Which password is in force: the one that the account's state names, whatever is stored beside it,
// refused, on its way, or left by a crash.
#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "tests/support/forwarding_commands.h"
#include "tests/support/test_kiosk.h"

namespace chopmark {
namespace {

using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::TestKiosk;
using test::TestPhone;

const std::string old_password = "correct horse battery staple";
const std::string new_password = "another horse entirely";
const std::string third_password = "no horse at all";

/// Stops the next command of a citizen on its way to the executor.
class Turnstile final : public test::ForwardingCommands {
  public:
    enum class Fate { passed, lost, unheard };

    /// What happens while it stands there, and then to it; once.
    std::function<Fate()> meanwhile;
    CommandId stopped;

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override {
        if (const auto act = std::exchange(meanwhile, nullptr)) {
            stopped = head.id;
            const Fate fate = act();
            if (fate == Fate::lost) {
                return;
            }
            if (fate == Fate::unheard) {
                answer = [](const auto&) {};
            }
        }
        ForwardingCommands::submit(account, std::move(command), std::move(head), std::move(answer));
    }
};

using Fate = Turnstile::Fate;

struct PasswordInForce : testing::Test {
    void SetUp() override {
        ASSERT_EQ(phone.register_by_chip(old_password).status, 200);
        account = phone.account;
    }
    std::optional<Sensitive<std::string>> verifier_of(const CommandId& command) {
        return bench.passwords.get({bench.state_of(account)->account.person, command}).value();
    }
    bool in_force(const std::string& password) {
        const auto named = bench.state_of(account)->account.password_verifier;
        const auto verifier = named ? verifier_of(*named) : std::nullopt;
        return verifier && keys::check_password(*verifier, Sensitive(password)).value();
    }
    /// The one and no other.
    void expect_in_force(const std::string& password) {
        for (const std::string& each : {old_password, new_password, third_password}) {
            EXPECT_EQ(in_force(each), each == password) << each;
        }
    }
    void crash() {
        bench.restart({});
        while (!bench.serve_again()) {
        }
    }

    Turnstile turnstile;
    GatewayBench bench{turnstile.between()};
    TestPhone phone{bench};
    AccountId account;
};

TEST_F(PasswordInForce, IsTheOldOneUntilTheChangeIsDecided) {
    TestKiosk kiosk(bench, phone);
    turnstile.meanwhile = [&] {
        expect_in_force(old_password);
        TestPhone thief(bench);
        EXPECT_EQ(thief.rebind(new_password).reason, "device.password_wrong");
        return Fate::passed;
    };
    const GatewayAnswer set = kiosk.set_password(new_password);
    ASSERT_EQ(set.status, 200) << set.reason;
    expect_in_force(new_password);
    TestPhone other(bench);
    EXPECT_EQ(other.rebind(old_password).reason, "device.password_wrong");
    EXPECT_EQ(other.rebind(new_password).status, 200);
}

TEST_F(PasswordInForce, IsTheOldOneAfterARefusalThatLeavesNothing) {
    TestKiosk kiosk(bench, phone);
    turnstile.meanwhile = [&] {
        phone.act("app.account.suspend", "/app/v1/account/suspend", Json::object());
        return Fate::passed;
    };
    EXPECT_EQ(kiosk.set_password(new_password).reason, "account.suspended");
    expect_in_force(old_password);
    EXPECT_FALSE(verifier_of(turnstile.stopped));
}

TEST_F(PasswordInForce, IsThatOfTheLaterOfTwoSimultaneousChanges) {
    TestKiosk kiosk(bench, phone);
    TestKiosk other(bench, phone);
    turnstile.meanwhile = [&] {
        EXPECT_EQ(other.set_password(third_password).status, 200);
        return Fate::passed;
    };
    EXPECT_EQ(kiosk.set_password(new_password).status, 200);
    expect_in_force(new_password);
}

TEST_F(PasswordInForce, IsThatOfTheOneOfTwoSimultaneousChangesThatWasAccepted) {
    TestKiosk kiosk(bench, phone);
    TestKiosk other(bench, phone);
    turnstile.meanwhile = [&] {
        EXPECT_EQ(other.set_password(third_password).status, 200);
        phone.act("app.account.suspend", "/app/v1/account/suspend", Json::object());
        return Fate::passed;
    };
    EXPECT_EQ(kiosk.set_password(new_password).reason, "account.suspended");
    expect_in_force(third_password);
}

TEST_F(PasswordInForce, IsTheOldOneAfterACrashBeforeTheRecord) {
    {
        TestKiosk kiosk(bench, phone);
        turnstile.meanwhile = [] { return Fate::lost; };
        EXPECT_NE(kiosk.set_password(new_password).status, 200);
    }
    const CommandId lost = turnstile.stopped;
    crash();
    expect_in_force(old_password);
    EXPECT_TRUE(verifier_of(lost));

    // What the crash left goes with a later change.
    bench.advance(std::chrono::hours(3));
    ASSERT_TRUE(bench.serve_again());
    TestPhone citizen(bench);
    citizen.account = account;
    TestKiosk kiosk(bench, citizen);
    EXPECT_EQ(kiosk.set_password(third_password).status, 200);
    expect_in_force(third_password);
    EXPECT_FALSE(verifier_of(lost));
}

TEST_F(PasswordInForce, IsTheNewOneAfterACrashBehindTheRecord) {
    {
        TestKiosk kiosk(bench, phone);
        turnstile.meanwhile = [] { return Fate::unheard; };
        EXPECT_NE(kiosk.set_password(new_password).status, 200);
    }
    crash();
    expect_in_force(new_password);
}

TEST_F(PasswordInForce, StaysWhenItsChangeIsSentAgain) {
    TestKiosk kiosk(bench, phone);
    ASSERT_EQ(kiosk.set_password(new_password).status, 200);
    EXPECT_EQ(kiosk.repeat().status, 200);
    expect_in_force(new_password);
    TestKiosk other(bench, phone);
    ASSERT_EQ(other.set_password(third_password).status, 200);
    EXPECT_EQ(kiosk.repeat().status, 200);
    expect_in_force(third_password);
}

TEST_F(PasswordInForce, IsThatOfTheRegistrationThatWasAccepted) {
    TestPhone first(bench);
    TestPhone second(bench);
    first.card.number = second.card.number = *citizen::HkidNumber::parse("E364912(5)");
    turnstile.meanwhile = [&] {
        EXPECT_EQ(second.register_by_chip(new_password).status, 200);
        return Fate::passed;
    };
    EXPECT_EQ(first.register_by_chip(third_password).reason, "account.card_registered");
    account = second.account;
    expect_in_force(new_password);
}

TEST_F(PasswordInForce, IsThatOfARegistrationAfterClosing) {
    const PersonId person = bench.state_of(account)->account.person;
    ASSERT_EQ(phone.act("app.account.close", "/app/v1/account/close", Json::object()).status, 200);
    TestPhone again(bench);
    ASSERT_EQ(again.register_by_chip(new_password).status, 200);
    account = again.account;
    EXPECT_EQ(bench.state_of(account)->account.person, person);
    expect_in_force(new_password);
    TestPhone other(bench);
    EXPECT_EQ(other.rebind(old_password).reason, "device.password_wrong");
    EXPECT_EQ(other.rebind(new_password).status, 200);
}

TEST_F(PasswordInForce, IsThatOfTheQuickerOfTwoRegistrationsAfterClosing) {
    ASSERT_EQ(phone.act("app.account.close", "/app/v1/account/close", Json::object()).status, 200);
    TestPhone late(bench);
    turnstile.meanwhile = [&] {
        TestPhone quick(bench);
        EXPECT_EQ(quick.register_by_chip(new_password).status, 200);
        account = quick.account;
        return Fate::passed;
    };
    EXPECT_EQ(late.register_by_chip(third_password).reason, "account.card_registered");
    expect_in_force(new_password);
}

}  // namespace
}  // namespace chopmark
