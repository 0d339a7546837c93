// A QR drawn on one node, scanned and decided on another; and who owns what, from the log.
#include <gtest/gtest.h>

#include "gateways/app/login_routes.h"
#include "gateways/node/desk_follower.h"
#include "gateways/node/remote_desks.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/journal_observer.h"
#include "tests/support/node_world.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using service::Json;
using test::EnrolledNode;
using test::GatewayAnswer;
using test::GatewayBench;
using test::NodeDeployment;
using test::NodeListener;
using test::SetRoutes;
using test::TestPhone;

/// The bench answers a call before it returns, so whoever scans elsewhere is waited for.
class WaitedDesks final : public service::OtherDesks {
  public:
    explicit WaitedDesks(service::OtherDesks& desks) : desks_(desks) {}
    void scan(std::uint16_t node, service::Scan scan, const http::AppCaller& phone,
              Scanned scanned) override {
        test::Awaited<service::ClaimedLogin> claimed;
        desks_.scan(node, std::move(scan), phone, claimed.callback());
        scanned(claimed.get());
    }

  private:
    service::OtherDesks& desks_;
};

/// The phone is at the bench, whose node decides; the page is at another node's desk.
struct NodeDesk : testing::Test {
    NodeDesk() {
        service::LoginDesk::Options here;
        here.node = node::number_of(called.id);
        here.others = &waited;
        bench.desk =
            std::make_unique<service::LoginDesk>(here, *bench.secrets, bench.clock, bench.entropy);
        service::LoginDesk::Options there;
        there.node = node::number_of(drawing.id);
        pages =
            std::make_unique<service::LoginDesk>(there, *bench.secrets, bench.clock, bench.entropy);
        listener = std::make_unique<NodeListener>(
            drawing, node::NodePorts{*bench.commands, routes, *pages, bench.snapshots}, authorizer);
        routes.add_desk(listener->peer());
        follower = std::make_unique<node::DeskFollower>(bench.journal(), *bench.vault,
                                                        *bench.secrets, *pages);
        phone = std::make_unique<TestPhone>(bench);
    }
    void SetUp() override {
        control::RelyingPartyFacts facts;
        facts.name_english = "Library";
        facts.organisation = "Library";
        facts.redirect_uris = {"https://library.example/back"};
        facts.callback_uris = {"https://library.example/callback"};
        bench.given_service(client_id, facts, {"eidapi_auth", "eidapi_formFilling"});
        ASSERT_EQ(phone->register_by_photo().status, 200);
        ASSERT_EQ(phone->open_session().status, 200);
    }
    static node::ClientOptions options(const EnrolledNode& node) {
        node::ClientOptions out;
        out.files = node.files;
        return out;
    }
    service::DrawnLogin draw() { return draw(*pages); }
    service::DrawnLogin draw(service::LoginDesk& desk) {
        service::LoginDraw wish;
        wish.client = client_id;
        wish.scopes = {"eidapi_auth"};
        wish.redirect_uri = "https://library.example/back";
        wish.browser.address = Sensitive<std::string>("127.0.4.1");
        wish.life = std::chrono::seconds(120);
        return desk.draw(wish).value();
    }
    GatewayAnswer scan(const service::DrawnLogin& login) {
        return phone->post("/app/v1/scans", {{"handle", login.handle}});
    }
    GatewayAnswer decide(const std::string& what, Json body, const service::DrawnLogin& login) {
        body["client"] = client_id.hex();
        body["text_digest"] = app::login_text_digest(client_id, {"eidapi_auth"}, login.login).hex();
        return phone->act("app.login." + what, "/app/v1/logins/" + what, body);
    }
    /// What the page has been told last; nothing is nullopt.
    std::optional<service::LoginNews> page(const service::DrawnLogin& login, bool seen_scanned) {
        std::optional<service::LoginNews> out;
        EXPECT_TRUE(pages->wait(login.handle, login.browser_secret, seen_scanned,
                                [&](const service::LoginNews& news) { out = news; }));
        pages->leave(login.handle);
        return out;
    }

    GatewayBench bench;
    NodeDeployment deployment{"Chopmark test nodes"};
    EnrolledNode called = deployment.enrol("called");
    EnrolledNode drawing = deployment.enrol("drawing");
    SetRoutes routes{GatewayBench::partitions};
    node::NodeAuthorizer authorizer{deployment.authority(), bench.snapshots};
    node::NodeClient client{options(called)};
    node::RemoteDesks remote{routes, client};
    WaitedDesks waited{remote};
    std::unique_ptr<service::LoginDesk> pages;
    std::unique_ptr<NodeListener> listener;
    std::unique_ptr<node::DeskFollower> follower;
    std::unique_ptr<TestPhone> phone;
    ClientId client_id = bench.entropy.draw<ClientId>();
};

TEST_F(NodeDesk, IsScannedAndApprovedFromAnotherNode) {
    const auto login = draw();
    const GatewayAnswer scanned = scan(login);
    ASSERT_EQ(scanned.status, 200) << scanned.reason;
    EXPECT_EQ(scanned.body["login"], login.login.hex());
    EXPECT_EQ(scanned.body["number"], login.number);
    EXPECT_EQ(scanned.body["browser"]["city"], "London");
    const auto seen = page(login, false);
    ASSERT_TRUE(seen && std::holds_alternative<service::LoginScanned>(*seen));
    ASSERT_EQ(decide("approve", {{"claim", scanned.body["claim"]}}, login).status, 200);
    EXPECT_FALSE(page(login, true)) << "nobody has told the other desk yet";
    follower->read();
    const auto told = page(login, true);
    ASSERT_TRUE(told && std::holds_alternative<service::LoginSettled>(*told));
    const auto code = bench.secrets->bearer.parse(
        keys::BearerKind::code, std::get<service::LoginSettled>(*told).code, bench.clock.now());
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(code->slot, slot_of(phone->account));
    const auto& logins = bench.state_of(phone->account)->logins.logins;
    ASSERT_EQ(logins.size(), 1U);
    EXPECT_TRUE(keys::names(code->event, logins.begin()->second.approved));
}

TEST_F(NodeDesk, LearnsOfARefusal) {
    const auto login = draw();
    const GatewayAnswer scanned = scan(login);
    ASSERT_EQ(scanned.status, 200) << scanned.reason;
    ASSERT_EQ(
        decide("refuse", {{"claim", scanned.body["claim"]}, {"why", "declined"}}, login).status,
        200);
    follower->read();
    const auto told = page(login, true);
    ASSERT_TRUE(told && std::holds_alternative<service::LoginSettled>(*told));
    EXPECT_EQ(std::get<service::LoginSettled>(*told).error, "refused");
}

TEST_F(NodeDesk, IsSettledOnceHoweverOftenItIsTold) {
    const auto login = draw();
    const GatewayAnswer scanned = scan(login);
    ASSERT_EQ(decide("approve", {{"claim", scanned.body["claim"]}}, login).status, 200);
    pages->settle(login.login, "the first", "");
    follower->read();
    follower->read();
    EXPECT_EQ(follower->settled(), 1U);
    const auto told = page(login, true);
    ASSERT_TRUE(told && std::holds_alternative<service::LoginSettled>(*told));
    EXPECT_EQ(std::get<service::LoginSettled>(*told).code, "the first");
}

/// An anonymous request lives in the log: only its page is another node's.
TEST_F(NodeDesk, LearnsHowARequestWasAnswered) {
    const RequestId request = bench.entropy.draw<RequestId>();
    citizen::FormFillingContent form;
    form.field_names = {"enName"};
    form.delivery.set_business_id("B1");
    form.delivery.set_text("what the phone shows");
    using Content = std::variant<citizen::FormFillingContent, citizen::SigningContent>;
    citizen::OpenRequest open{request, client_id, bench.entropy.draw<citizen::BusinessIdToken>(),
                              Sensitive<Content>(form)};
    CommandHead head;
    head.id = bench.entropy.draw<CommandId>();
    head.digest = Digest(head.id.array());
    head.issued_at = bench.clock.now();
    head.caller = head.actor = {schema::Party::CLIENT, client_id.to_bytes()};
    head.channel = schema::RELYING_PARTY;
    const auto opened =
        bench.send(AccountId(request.array()), citizen::AnonymousCommand(open), head).value();

    service::LoginDraw wish;
    wish.client = client_id;
    wish.redirect_uri = "https://library.example/back";
    wish.browser.address = Sensitive<std::string>("127.0.4.1");
    wish.life = std::chrono::seconds(120);
    wish.request = service::PageRequest{request, opened.event_id, schema::REQUEST_KIND_FORM_FILLING,
                                        bench.clock.now() + std::chrono::minutes(12), "B1"};
    const auto drawn = pages->draw(wish).value();
    const GatewayAnswer scanned = scan(drawn);
    ASSERT_EQ(scanned.status, 200) << scanned.reason;
    EXPECT_EQ(scanned.body["request"], request.hex());
    follower->read();
    EXPECT_FALSE(page(drawn, true)) << "claimed is not answered";
    const GatewayAnswer refused =
        phone->act("app.consent.refuse", "/app/v1/consents/refuse",
                   {{"request", request.hex()},
                    {"client", client_id.hex()},
                    {"text_digest", crypto::sha256("what the phone shows").hex()}});
    ASSERT_EQ(refused.status, 200) << refused.reason;
    follower->read();
    const auto told = page(drawn, true);
    ASSERT_TRUE(told && std::holds_alternative<service::LoginSettled>(*told));
    const auto& settled = std::get<service::LoginSettled>(*told);
    EXPECT_EQ(settled.error, "refused");
    ASSERT_TRUE(settled.request.has_value());
    EXPECT_EQ(settled.request->business_id, "B1");
}

TEST_F(NodeDesk, ReadsNothingWhileNobodyWaits) {
    service::LoginDesk nobody(service::LoginDesk::Options(), *bench.secrets, bench.clock,
                              bench.entropy);
    node::DeskFollower idle(bench.journal(), *bench.vault, *bench.secrets, nobody);
    const auto login = draw();
    const GatewayAnswer scanned = scan(login);
    ASSERT_EQ(decide("approve", {{"claim", scanned.body["claim"]}}, login).status, 200);
    idle.read();
    EXPECT_EQ(idle.settled(), 0U);
}

TEST_F(NodeDesk, IsClaimedByOnePhoneOnly) {
    const auto login = draw();
    ASSERT_EQ(scan(login).status, 200);
    ASSERT_EQ(scan(login).status, 200) << "the same phone may scan again";
    test::Awaited<service::ClaimedLogin> other;
    remote.scan(node::number_of(drawing.id), {login.handle},
                {bench.entropy.draw<AccountId>(), bench.entropy.draw<DeviceId>()},
                other.callback());
    EXPECT_EQ(other.get().error(), service::handle_claimed);
}

TEST_F(NodeDesk, DoesNotKnowTheHandlesOfAnEarlierLife) {
    service::LoginDesk::Options same;
    same.node = node::number_of(drawing.id);
    service::LoginDesk earlier(same, *bench.secrets, bench.clock, bench.entropy);
    const auto login = draw(earlier);
    EXPECT_EQ(scan(login).reason, "login.handle_unknown");
}

TEST_F(NodeDesk, SaysSoWhenTheDrawingNodeIsGone) {
    const auto login = draw();
    listener.reset();
    EXPECT_EQ(scan(login).reason, "node.unreachable");
}

// ---- routes from the log
// ---------------------------------------------------------------------------

struct NodeLogRoutes : testing::Test {
    GatewayBench bench;
    test::TestNodeCa ca{"ca"};  // the bench's, for its keys follow from the name
    NodeId node = ca.issue("node").node();
    NodeId rival = ca.issue("rival").node();
};

TEST_F(NodeLogRoutes, KnowNobodyBeforeTheyHaveLooked) {
    const node::LogRoutes routes(bench.journal(), ca, bench.snapshots, node);
    EXPECT_TRUE(std::holds_alternative<node::NoOwner>(routes.owner(PartitionId(1))));
    EXPECT_TRUE(std::holds_alternative<node::NoOwner>(routes.owner(PartitionId(99))));
}

TEST_F(NodeLogRoutes, FindWhoOpenedTheTerm) {
    node::LogRoutes here(bench.journal(), ca, bench.snapshots, node);
    node::LogRoutes there(bench.journal(), ca, bench.snapshots, rival);
    here.refresh();
    there.refresh();
    for (std::uint16_t number = 0; number <= GatewayBench::partitions; ++number) {
        EXPECT_TRUE(here.is_here(PartitionId(number)));
        const node::Owner owner = there.owner(PartitionId(number));
        ASSERT_TRUE(std::holds_alternative<node::Peer>(owner));
        EXPECT_EQ(std::get<node::Peer>(owner), (node::Peer{node, "127.0.0.1:1"}));
    }
}

TEST_F(NodeLogRoutes, FollowATakeover) {
    node::LogRoutes routes(bench.journal(), ca, bench.snapshots, node);
    routes.refresh();
    auto journal = bench.rival_journal({});
    test::RecordingObserver observer;
    const auto writer = journal->open_term(PartitionId(2), observer);
    ASSERT_TRUE(writer) << writer.error();
    bench.run();
    routes.refresh();
    EXPECT_EQ(std::get<node::Peer>(routes.owner(PartitionId(2))).node, rival);
    EXPECT_TRUE(routes.is_here(PartitionId(1)));
}

TEST_F(NodeLogRoutes, NameTheDesksThatMayHaveDrawnAHandle) {
    control::EnrolNode enrol;
    enrol.node = bench.entropy.draw<NodeId>();
    enrol.endpoint = "10.0.0.9:7000";
    enrol.certificate = "checked by who enrols";
    ASSERT_TRUE(bench.order(control::NodeCommand(enrol)));
    node::LogRoutes routes(bench.journal(), ca, bench.snapshots, rival);
    routes.refresh();
    EXPECT_EQ(routes.numbered(node::number_of(enrol.node)),
              (std::vector<node::Peer>{{enrol.node, "10.0.0.9:7000"}}));
    EXPECT_EQ(routes.numbered(node::number_of(node)),
              (std::vector<node::Peer>{{node, "127.0.0.1:1"}}));
    EXPECT_TRUE(routes.numbered(node::number_of(rival)).empty()) << "never oneself";
}

}  // namespace
}  // namespace chopmark
