// Two nodes over real mutual TLS on loopback: one is called, the other owns the partitions and
// decides on its executors, journal and keys.
#include <gtest/gtest.h>

#include <set>

#include "events/crypto/digest.h"
#include "gateways/node/bundle.h"
#include "gateways/node/routed_commands.h"
#include "gateways/node/software.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/node_world.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using namespace std::chrono_literals;
using runtime::Receipt;
using test::Awaited;
using test::EnrolledNode;
using test::GatewayBench;
using test::NodeDeployment;
using test::NodeListener;
using test::SetRoutes;
using StatePtr = std::shared_ptr<const citizen::State>;

/// The owner's own service: a bench is stepped by one thread, so callers take turns. It can decide
/// and then keep its answer to itself, as a node does that dies in between.
class SteppedCommands final : public runtime::CommandService {
  public:
    explicit SteppedCommands(GatewayBench& bench) : bench_(bench) {}

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override {
        const std::lock_guard lock(mutex_);
        bench_.commands->submit(account, std::move(command), std::move(head), kept(answer));
        bench_.run();
    }
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override {
        const std::lock_guard lock(mutex_);
        bench_.commands->submit(std::move(command), std::move(head), kept(answer));
        bench_.run();
    }
    void look(const AccountId& account, Seen seen) override {
        const std::lock_guard lock(mutex_);
        bench_.commands->look(account, std::move(seen));
        bench_.run();
    }
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override {
        const std::lock_guard lock(mutex_);
        bench_.commands->look_card(slot, card, std::move(seen));
        bench_.run();
    }

    std::atomic<bool> silent{false};
    std::atomic<int> decided{0};
    void forget_unsaid() {
        const std::lock_guard lock(mutex_);
        unsaid_.clear();
    }

  private:
    runtime::Answer kept(runtime::Answer answer) {
        return [this, answer = std::move(answer)](Result<Receipt> outcome) {
            ++decided;
            if (silent) {
                unsaid_.push_back(answer);
            } else {
                answer(std::move(outcome));
            }
        };
    }

    GatewayBench& bench_;
    std::mutex mutex_;
    std::vector<runtime::Answer> unsaid_;
};

struct NodeRouting : testing::Test {
    void SetUp() override { routes.set_all(listener->peer()); }
    ~NodeRouting() override { owner.forget_unsaid(); }

    static node::ClientOptions client_options(const http::NodeFiles& files) {
        node::ClientOptions options;
        options.files = files;
        options.deadline = 5s;
        return options;
    }
    CommandHead head(std::string_view name) {
        CommandHead out;
        out.id = CommandId(crypto::sha256(name).array());
        out.digest = crypto::sha256("content of " + std::string(name));
        out.issued_at = bench.clock.now();
        const StaffId staff = control::staff_id_of(bench.first.point().to_bytes());
        out.caller = out.actor = {schema::Party::STAFF_MEMBER, staff.to_bytes()};
        out.channel = schema::STAFF_CONSOLE;
        return out;
    }
    control::Command terminal(std::uint8_t number) {
        control::EnrolTerminal enrol;
        enrol.terminal = TerminalId(ByteArray<16>{number});
        enrol.kind = schema::TERMINAL_KIND_COUNTER;
        enrol.public_key = bench.first.point().to_bytes();
        enrol.site = "Wan Chai";
        return control::TerminalCommand(enrol);
    }
    Result<Receipt> order(const control::Command& command, const CommandHead& by) {
        Awaited<Receipt> outcome;
        commands.submit(command, by, outcome.callback());
        return outcome.get();
    }
    Result<StatePtr> look(const AccountId& account) {
        Awaited<StatePtr> seen;
        commands.look(account, seen.callback());
        return seen.get();
    }

    GatewayBench bench;
    test::TestPhone phone{bench};
    SteppedCommands owner{bench};
    NodeDeployment deployment{"Chopmark test nodes"};
    EnrolledNode called = deployment.enrol("called");
    EnrolledNode owning = deployment.enrol("owning");
    SetRoutes owners_routes{GatewayBench::partitions};
    node::NodeAuthorizer authorizer{deployment.authority(), bench.snapshots};
    std::unique_ptr<NodeListener> listener = std::make_unique<NodeListener>(
        owning, node::NodePorts{owner, owners_routes, *bench.desk, bench.snapshots}, authorizer);
    SetRoutes routes{GatewayBench::partitions};
    node::NodeClient client{client_options(called.files)};
    // Of the called node: it owns nothing, and its own service must never be asked.
    struct Untouched final : runtime::CommandService {
        void submit(const AccountId&, citizen::Command, CommandHead, runtime::Answer) override {
            ADD_FAILURE() << "asked the wrong node";
        }
        void submit(control::Command, CommandHead, runtime::Answer) override {
            ADD_FAILURE() << "asked the wrong node";
        }
        void look(const AccountId&, Seen) override { ADD_FAILURE() << "asked the wrong node"; }
        void look_card(Slot, const citizen::CardToken&, HolderSeen) override {
            ADD_FAILURE() << "asked the wrong node";
        }
    } untouched;
    node::RoutedCommands commands{untouched, routes, client, *bench.finder, bench.snapshots};
};

TEST_F(NodeRouting, ForwardsACommandToItsOwner) {
    const auto receipt = order(terminal(1), head("one"));
    ASSERT_TRUE(receipt) << receipt.error();
    EXPECT_EQ(receipt->partition, control_partition);
    EXPECT_FALSE(receipt->replayed);
    ASSERT_NE(std::get_if<schema::TerminalEnrolled>(receipt->event.get()), nullptr);
    EXPECT_NE(control::find_terminal(*bench.snapshots.latest()->state, TerminalId({1})), nullptr);
    EXPECT_TRUE(bench.finder->find(receipt->event_id)) << "who was called knows the event";
    EXPECT_EQ(commands.probe().forwarded, 1U);
}

/// What a caller was told here counts wherever the next command is decided.
TEST_F(NodeRouting, IsDecidedByWhoKnowsControlAsFarAsWhoAsked) {
    ASSERT_TRUE(order(terminal(1), head("one")));
    control::Snapshots behind;
    NodeListener late(owning, {owner, owners_routes, *bench.desk, behind}, authorizer);
    routes.set_all(late.peer());
    node::ClientOptions telling = client_options(called.files);
    telling.control_basis = [this] { return bench.snapshots.latest()->basis; };
    node::NodeClient knowing(telling);
    node::RoutedCommands service(untouched, routes, knowing, *bench.finder, bench.snapshots);
    Awaited<Receipt> refused;
    service.submit(terminal(2), head("two"), refused.callback());
    EXPECT_EQ(refused.get().error(), runtime::executor_busy) << "certainly not decided";
    Awaited<Receipt> decided;
    service.submit(terminal(2), head("two"), decided.callback());
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(owner.decided, 1);
    behind.publish(bench.snapshots.latest());
    EXPECT_TRUE(decided.get());
    EXPECT_EQ(owner.decided, 2);
}

/// Whoever was told that control obeyed comes back to the same node in the next millisecond, and is
/// answered by what that node knows.
TEST_F(NodeRouting, TellsOfAnOrderOnceItIsKnownHere) {
    control::Snapshots known;
    known.publish(bench.snapshots.latest());
    node::RoutedCommands service(untouched, routes, client, *bench.finder, known);
    std::promise<Result<Receipt>> told;
    auto outcome = told.get_future();
    service.submit(terminal(1), head("one"),
                   [&told](Result<Receipt> answer) { told.set_value(std::move(answer)); });
    while (owner.decided == 0) {
        std::this_thread::sleep_for(1ms);
    }
    service.tick();
    EXPECT_EQ(outcome.wait_for(200ms), std::future_status::timeout)
        << "recorded, and not read here";
    known.publish(bench.snapshots.latest());
    service.tick();
    ASSERT_EQ(outcome.wait_for(5s), std::future_status::ready);
    const auto receipt = outcome.get();
    ASSERT_TRUE(receipt) << receipt.error();
    EXPECT_LT(receipt->sequence, known.latest()->basis);
    EXPECT_EQ(service.probe().unseen, 0U);
}

/// A node that lags for long must not make a record look as if it had failed.
TEST_F(NodeRouting, TellsOfAnOrderAtLastThoughItIsNotKnownHere) {
    control::Snapshots known;
    node::SeenOrders orders(known, {.patience = 50ms, .waiting = 1});
    std::vector<Sequence> told;
    const auto tell = [&told](const Result<Receipt>& receipt) {
        told.push_back(receipt->sequence);
    };
    Receipt receipt;
    receipt.sequence = Sequence(7);
    orders.answer_when_seen(receipt, tell);
    orders.tick();
    EXPECT_TRUE(told.empty());
    receipt.sequence = Sequence(8);
    orders.answer_when_seen(receipt, tell);
    EXPECT_EQ(told, std::vector{Sequence(8)}) << "no room to wait";
    std::this_thread::sleep_for(60ms);
    orders.tick();
    EXPECT_EQ(told, (std::vector{Sequence(8), Sequence(7)}));
    EXPECT_EQ(orders.probe().unseen, 2U);
    EXPECT_EQ(orders.probe().waiting, 0U);
}

TEST_F(NodeRouting, HasOneOutcomeForOneId) {
    const auto first = order(terminal(1), head("one"));
    const auto again = order(terminal(1), head("one"));
    ASSERT_TRUE(first && again);
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->event_id, first->event_id);
    EXPECT_EQ(again->recorded_at, first->recorded_at);
}

TEST_F(NodeRouting, BringsRefusalsBack) {
    ASSERT_TRUE(order(terminal(1), head("one")));
    const auto twice = order(terminal(1), head("two"));
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error(), control::terminal_exists);
}

TEST_F(NodeRouting, LooksAtTheOwnersState) {
    ASSERT_EQ(phone.register_by_photo().status, 200);
    owners_routes.set_all(node::ThisNode());
    const auto seen = look(phone.account);
    ASSERT_TRUE(seen) << seen.error();
    ASSERT_NE(*seen, nullptr);
    EXPECT_EQ((*seen)->account.id, phone.account);
    EXPECT_EQ(**seen, *bench.state_of(phone.account));
    Awaited<std::shared_ptr<const citizen::CardHolder>> holder;
    commands.look_card(slot_of(phone.account), citizen::CardToken(), holder.callback());
    const auto nobody = holder.get();
    ASSERT_TRUE(nobody) << nobody.error();
    EXPECT_EQ(*nobody, nullptr);
}

/// A node that only follows the partition has a state, but not the current one.
TEST_F(NodeRouting, ShowsNoStateOfAPartitionThatItDoesNotOwn) {
    owners_routes.set_all(node::Peer{called.id, "127.0.0.1:1"});
    const auto seen = look(AccountId());
    ASSERT_FALSE(seen);
    EXPECT_EQ(seen.error(), runtime::not_serving) << "and is not asked on";
}

TEST_F(NodeRouting, RefusesWhatNobodyOwns) {
    routes.set_all(node::NoOwner());
    const auto nobody = order(terminal(1), head("one"));
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error(), runtime::not_serving);
    EXPECT_EQ(nobody.error().kind(), Kind::unavailable);
    EXPECT_EQ(commands.probe().unowned, 1U);
}

TEST_F(NodeRouting, TellsAnUnknownOutcomeAndFindsItByTheSameId) {
    owner.silent = true;
    node::ClientOptions hasty = client_options(called.files);
    hasty.deadline = 700ms;
    node::NodeClient impatient(hasty);
    node::RoutedCommands hurried(untouched, routes, impatient, *bench.finder, bench.snapshots);
    Awaited<Receipt> first;
    hurried.submit(terminal(1), head("one"), first.callback());
    const auto unknown = first.get();
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error(), node::outcome_unknown);
    EXPECT_EQ(unknown.error().kind(), Kind::unknown);
    EXPECT_EQ(owner.decided, 1) << "it was decided all the same";
    owner.silent = false;
    const auto again = order(terminal(1), head("one"));
    ASSERT_TRUE(again) << again.error();
    EXPECT_TRUE(again->replayed);
}

TEST_F(NodeRouting, TellsAnUnknownOutcomeWhenThePeerDies) {
    owner.silent = true;
    Awaited<Receipt> outcome;
    commands.submit(terminal(1), head("one"), outcome.callback());
    while (owner.decided == 0) {
        std::this_thread::sleep_for(1ms);
    }
    listener->front.front->drain(0s);
    const auto unknown = outcome.get();
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error(), node::outcome_unknown);
    const auto gone = order(terminal(2), head("two"));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error(), node::unreachable) << "nothing listens any more";
}

TEST_F(NodeRouting, ComesBackToAPeerThatWasRestarted) {
    ASSERT_TRUE(order(terminal(1), head("one")));
    listener.reset();
    listener = std::make_unique<NodeListener>(
        owning, node::NodePorts{owner, owners_routes, *bench.desk, bench.snapshots}, authorizer);
    routes.set_all(listener->peer());
    EXPECT_TRUE(order(terminal(2), head("two")));
}

TEST_F(NodeRouting, KeepsItsConnections) {
    for (std::uint8_t number = 1; number < 20; ++number) {
        ASSERT_TRUE(order(terminal(number), head(std::to_string(number))));
    }
    // One may still be on its way back when the next is wanted.
    EXPECT_LT(client.probe().connections, 10U);
}

TEST_F(NodeRouting, BelievesNoStrangersListener) {
    NodeDeployment strangers("Strangers");
    const EnrolledNode impostor = strangers.enrol("impostor");
    NodeListener strange(impostor, {owner, owners_routes, *bench.desk, bench.snapshots},
                         authorizer);
    routes.set_all(strange.peer());
    const auto refused = order(terminal(1), head("one"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), node::unreachable);
    EXPECT_EQ(owner.decided, 0);
}

/// Another node of the same deployment, at the endpoint of the one that was meant.
TEST_F(NodeRouting, BelievesOnlyTheNodeThatWasMeant) {
    routes.set_all(node::Peer{called.id, listener->peer().endpoint});
    const auto refused = order(terminal(1), head("one"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), node::unreachable);
    EXPECT_EQ(owner.decided, 0);
}

TEST_F(NodeRouting, ServesNoStranger) {
    NodeDeployment strangers("Strangers");
    http::NodeFiles files = strangers.enrol("stranger").files;
    files.authority = called.files.authority;
    node::NodeClient strange(client_options(files));
    node::RoutedCommands service(untouched, routes, strange, *bench.finder, bench.snapshots);
    Awaited<Receipt> outcome;
    service.submit(terminal(1), head("one"), outcome.callback());
    EXPECT_FALSE(outcome.get());
    EXPECT_EQ(owner.decided, 0);
}

TEST_F(NodeRouting, ServesNoNodeThatControlHasWithdrawn) {
    control::EnrolNode enrol;
    enrol.node = called.id;
    enrol.endpoint = "127.0.0.1:1";
    enrol.certificate = called.certificate;
    ASSERT_TRUE(bench.order(control::NodeCommand(enrol)));
    ASSERT_TRUE(order(terminal(1), head("one")));
    control::WithdrawNode withdraw;
    withdraw.node = called.id;
    ASSERT_TRUE(bench.order(control::NodeCommand(withdraw)));
    const auto refused = order(terminal(2), head("two"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), node::refused);
    EXPECT_EQ(owner.decided, 1);
}

TEST_F(NodeRouting, SurveysTheSoftwareOfEveryActiveNode) {
    const auto admit = [this](const EnrolledNode& node, const std::string& endpoint) {
        const control::EnrolNode enrol{node.id, endpoint, node.certificate};
        ASSERT_TRUE(bench.order(control::NodeCommand(enrol)));
    };
    const node::SoftwareSurvey survey(bench.snapshots, called.id, &client);
    const auto ask = [&survey](const std::vector<std::uint32_t>& types) {
        Awaited<std::vector<control::NodeVersion>> surveyed;
        survey.ask(types, surveyed.callback());
        return surveyed.get();
    };
    admit(called, "127.0.0.1:1");
    admit(owning, listener->peer().endpoint);
    const auto all = ask({4, 5});
    ASSERT_TRUE(all) << all.error();
    EXPECT_EQ(all->size(), 2U);
    EXPECT_EQ(all->front().version, node::software_version);
    const auto unknown = ask({4, 0xffff});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error(), control::types_not_everywhere);
    const EnrolledNode third = deployment.enrol("third");
    admit(third, "127.0.0.1:1");
    const auto silent = ask({4});
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error(), node::unreachable);
    EXPECT_EQ(silent.error().detail, third.id.hex());
}

TEST(NodeSoftware, IsReadAsItIsTold) {
    const node::Software own = node::own_software();
    EXPECT_TRUE(own.types.contains(4));
    const auto read = node::decode_software(node::encode_software(own));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->types, own.types);
    for (const char* bad :
         {"", "{}", "[1]", R"({"version":1,"types":[]})", R"({"version":"1","types":4})",
          R"({"version":"1","types":[-1]})", R"({"version":"1","types":[4294967296]})"}) {
        EXPECT_FALSE(node::decode_software(bad)) << bad;
    }
    EXPECT_TRUE(node::decode_software(R"({"version":"9","types":[1],"more":true})"));
}

TEST_F(NodeRouting, SendsTogetherWhatWaitsForAConnection) {
    ASSERT_EQ(phone.register_by_photo().status, 200);
    owners_routes.set_all(node::ThisNode());
    owner.decided = 0;
    node::ClientOptions narrow = client_options(called.files);
    narrow.connections_per_peer = 1;
    node::NodeClient one(narrow);
    node::RoutedCommands service(untouched, routes, one, *bench.finder, bench.snapshots);
    std::vector<Awaited<Receipt>> outcomes(3 * node::bundle_messages);
    std::vector<Awaited<StatePtr>> seen(2);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        // The second half repeats the first: each has its own answer, and the same.
        const auto number = static_cast<std::uint8_t>(i % (outcomes.size() / 2));
        service.submit(terminal(number), head(std::to_string(number)), outcomes[i].callback());
        if (i < seen.size()) {
            service.look(phone.account, seen[i].callback());
        }
    }
    std::vector<EventId> recorded;
    for (auto& outcome : outcomes) {
        const auto told = outcome.get();
        ASSERT_TRUE(told) << told.error();
        recorded.push_back(told->event_id);
    }
    const std::size_t half = outcomes.size() / 2;
    EXPECT_EQ(std::set(recorded.begin(), recorded.end()).size(), half);
    EXPECT_TRUE(std::equal(recorded.begin(), recorded.begin() + static_cast<std::ptrdiff_t>(half),
                           recorded.begin() + static_cast<std::ptrdiff_t>(half)));
    for (auto& one_seen : seen) {
        EXPECT_TRUE(one_seen.get());
    }
    EXPECT_EQ(one.probe().asked, outcomes.size() + seen.size());
    EXPECT_LT(one.probe().exchanges, outcomes.size() / 4) << "a bundle holds 64";
}

TEST(NodeBundle, IsReadAsItWasMade) {
    const std::vector<Bytes> messages{"first", "", std::string(300, 'x')};
    const Bytes made = node::bundle(messages);
    EXPECT_EQ(made.substr(0, 9), Bytes("\0\0\0\5first", 9));
    const auto read = node::unbundle(made);
    ASSERT_TRUE(read);
    EXPECT_EQ(std::vector<Bytes>(read->begin(), read->end()), messages);
    for (std::size_t cut = 0; cut < made.size(); ++cut) {
        if (cut != 9 && cut != 13) {  // where a message ends
            EXPECT_FALSE(node::unbundle(made.substr(0, cut))) << cut;
        }
    }
    const std::vector<Bytes> many(node::bundle_messages + 1, "m");
    EXPECT_FALSE(node::unbundle(node::bundle(many)));
    EXPECT_FALSE(node::unbundle(Bytes("\xff\xff\xff\xff", 4)));
}

TEST_F(NodeRouting, IsBusyBeyondItsQueue) {
    owner.silent = true;
    node::ClientOptions narrow = client_options(called.files);
    narrow.connections_per_peer = 1;
    narrow.queue_per_peer = 1;
    narrow.deadline = 500ms;
    node::NodeClient one(narrow);
    node::RoutedCommands service(untouched, routes, one, *bench.finder, bench.snapshots);
    std::vector<Awaited<Receipt>> outcomes(6);
    for (std::uint8_t number = 0; number < outcomes.size(); ++number) {
        service.submit(terminal(number), head(std::to_string(number)), outcomes[number].callback());
    }
    std::size_t busy = 0;
    for (auto& outcome : outcomes) {
        const auto told = outcome.get();
        ASSERT_FALSE(told);
        busy += told.error() == runtime::executor_busy ? 1 : 0;
    }
    EXPECT_GE(busy, 4U);
}

}  // namespace
}  // namespace chopmark
