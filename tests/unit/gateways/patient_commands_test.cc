// What a caller of a node among several notices while a partition changes hands.
#include "gateways/node/patient_commands.h"

#include <gtest/gtest.h>

#include <thread>

#include "events/journal/journal.h"
#include "gateways/node/options.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::node {
namespace {

using namespace std::chrono_literals;
using runtime::Receipt;
using test::GatewayBench;
using Told = std::vector<Result<Receipt>>;

/// The service behind: fails with these errors, one a question, and then does what it is asked.
class Changing final : public runtime::CommandService {
  public:
    explicit Changing(GatewayBench& bench) : bench_(bench) {}

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override {
        asked.push_back(head.id);
        if (const auto error = next()) {
            answer(*error);
            return;
        }
        bench_.commands->submit(account, std::move(command), std::move(head), std::move(answer));
    }
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override {
        asked.push_back(head.id);
        if (const auto error = next()) {
            answer(*error);
            return;
        }
        bench_.commands->submit(std::move(command), std::move(head), std::move(answer));
        bench_.run();
    }
    void look(const AccountId& account, Seen seen) override {
        if (const auto error = next()) {
            seen(*error);
            return;
        }
        bench_.commands->look(account, std::move(seen));
        bench_.run();
    }
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override {
        if (const auto error = next()) {
            seen(*error);
            return;
        }
        bench_.commands->look_card(slot, card, std::move(seen));
        bench_.run();
    }

    std::deque<Error> errors;
    std::vector<CommandId> asked;

  private:
    std::optional<Error> next() {
        if (errors.empty()) {
            return std::nullopt;
        }
        const Error error = errors.front();
        if (errors.size() > 1 || !lasting) {
            errors.pop_front();
        }
        return error;
    }

    GatewayBench& bench_;

  public:
    bool lasting = false;  // the last of the errors comes for ever
};

struct Patience : testing::Test {
    static CommandHead head(std::uint8_t number, GatewayBench& bench) {
        CommandHead out;
        out.id = CommandId(ByteArray<32>{number});
        out.digest = Digest(ByteArray<32>{number});
        out.issued_at = bench.clock.now();
        const StaffId staff = control::staff_id_of(bench.first.point().to_bytes());
        out.caller = out.actor = {schema::Party::STAFF_MEMBER, staff.to_bytes()};
        out.channel = schema::STAFF_CONSOLE;
        return out;
    }
    void order(PatientCommands& commands, std::uint8_t number) {
        control::EnrolTerminal enrol;
        enrol.terminal = TerminalId(ByteArray<16>{number});
        enrol.kind = schema::TERMINAL_KIND_COUNTER;
        enrol.public_key = bench.first.point().to_bytes();
        enrol.site = "Wan Chai";
        commands.submit(control::TerminalCommand(enrol), head(number, bench),
                        [this](Result<Receipt> outcome) { told.push_back(std::move(outcome)); });
    }
    static void pass(PatientCommands& commands) {
        std::this_thread::sleep_for(3ms);
        commands.tick();
    }

    GatewayBench bench;
    Changing behind{bench};
    PatientCommands::Options quick{10s, 1ms, 2};
    Told told;
};

TEST_F(Patience, AsksAgainUntilThePartitionIsServed) {
    behind.errors = {Error(runtime::not_serving), Error(runtime::term_lost),
                     Error(runtime::basis_stale), Error(journal::term_ended), Error(unreachable)};
    PatientCommands commands(behind, quick);
    order(commands, 1);
    for (int round = 0; round < 5; ++round) {
        EXPECT_TRUE(told.empty());
        EXPECT_EQ(commands.probe().waiting, 1U);
        pass(commands);
    }
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told.front()) << told.front().error();
    EXPECT_EQ(behind.asked, std::vector(6, CommandId(ByteArray<32>{1}))) << "under one id";
    EXPECT_EQ(commands.probe().asked_again, 5U);
    EXPECT_EQ(commands.probe().waiting, 0U);
}

TEST_F(Patience, AsksNothingBeforeItsPause) {
    behind.errors = {Error(runtime::not_serving)};
    PatientCommands commands(behind, {2h, 1h, 2});
    order(commands, 1);
    pass(commands);
    EXPECT_EQ(behind.asked.size(), 1U);
    EXPECT_EQ(commands.probe().waiting, 1U);
}

TEST_F(Patience, HandsOnAtOnceWhatMayHaveBecomeARecordAndEveryRefusal) {
    for (const Reason& reason :
         {outcome_unknown, runtime::executor_busy, control::terminal_exists, refused}) {
        behind.errors = {Error(reason)};
        told.clear();
        behind.asked.clear();
        PatientCommands commands(behind, quick);
        order(commands, 1);
        ASSERT_EQ(told.size(), 1U) << reason.name;
        EXPECT_EQ(told.front().error(), reason);
        EXPECT_EQ(behind.asked.size(), 1U);
    }
}

TEST_F(Patience, EndsAfterItsTimeWithTheErrorAsItIs) {
    behind.errors = {Error(runtime::not_serving)};
    behind.lasting = true;
    PatientCommands commands(behind, {30ms, 1ms, 2});
    order(commands, 1);
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (told.empty() && std::chrono::steady_clock::now() < until) {
        pass(commands);
    }
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().error(), runtime::not_serving);
    EXPECT_GE(behind.asked.size(), 2U);
    EXPECT_EQ(commands.probe().given_up, 1U);
    EXPECT_EQ(commands.probe().waiting, 0U);
}

TEST_F(Patience, HasRoomForSoMany) {
    behind.errors = {Error(runtime::not_serving)};
    behind.lasting = true;
    PatientCommands commands(behind, quick);
    for (std::uint8_t number = 1; number <= 3; ++number) {
        order(commands, number);
    }
    ASSERT_EQ(told.size(), 1U) << "the third";
    EXPECT_EQ(told.front().error(), runtime::not_serving);
    EXPECT_EQ(commands.probe().waiting, 2U);
    behind.errors.clear();
    pass(commands);
    ASSERT_EQ(told.size(), 3U);
    EXPECT_TRUE(told[1] && told[2]);
}

TEST_F(Patience, LooksAgainToo) {
    behind.errors = {Error(runtime::not_serving)};
    PatientCommands commands(behind, quick);
    std::optional<Result<std::shared_ptr<const citizen::CardHolder>>> seen;
    commands.look_card(Slot(5), citizen::CardToken(), [&](auto holder) { seen = holder; });
    EXPECT_FALSE(seen);
    pass(commands);
    ASSERT_TRUE(seen);
    EXPECT_FALSE(seen->has_value() && **seen != nullptr) << "nobody has that card";
    EXPECT_TRUE(seen->has_value() || !(seen->error() == runtime::not_serving));
}

}  // namespace
}  // namespace chopmark::node
