// The gateway's rows over a real citizen executor on memory adapters: what a relying party sends
// and gets, from getKey to a signing request.
#include "gateways/rp/rp_gateway.h"

#include <gtest/gtest.h>

#include "aggregates/runtime/event_finder.h"
#include "events/crypto/digest.h"
#include "events/crypto/rsa.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/folder.h"
#include "events/schema/genesis.pb.h"
#include "gateways/http/problem.h"
#include "gateways/http/route.h"
#include "gateways/rp/callbacks.h"
#include "gateways/rp/content_cipher.h"
#include "gateways/rp/request_signature.h"
#include "gateways/service/json_body.h"
#include "gateways/service/login_desk.h"
#include "gateways/service/network.h"
#include "gateways/service/queries.h"
#include "tests/support/citizen_bench.h"
#include "tests/support/service_story.h"

namespace chopmark::rp {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::string_view client_secret = "test-client-secret";
constexpr std::string_view redirect_uri = "https://service.example/back";
constexpr std::string_view callback_uri = "https://service.example/callback";

class InlinePool final : public WorkPool {
  public:
    bool try_post(Task task) override {
        task();
        return true;
    }
};

/// Citizens are decided by the bench's executor; control by its own decide and fold, here and now.
class BenchCommands final : public runtime::CommandService {
  public:
    BenchCommands(test::CitizenBench& bench, runtime::EventFinder& finder, control::State state)
        : bench_(bench), finder_(finder), control_(std::move(state)) {}

    void submit(const AccountId& account, citizen::Command command, CommandHead head,
                runtime::Answer answer) override {
        const citizen::AddressedCommand sent{account, citizen::card_shown_by(command), command};
        const auto outcome = bench_.send(sent, head);
        bench_.run();
        ASSERT_TRUE(outcome->has_value());
        if (**outcome) {
            finder_.remember(***outcome);
        }
        answer(**outcome);
    }
    void submit(control::Command command, CommandHead head, runtime::Answer answer) override {
        const record::Stamp stamp{bench_.entropy.draw<EventId>(), bench_.clock.now()};
        const Opened opened;
        auto event = control::decide(control_, command, Context{stamp, control_, opened, head});
        if (!event) {
            answer(event.error());
            return;
        }
        control::fold(control_, *event, stamp);
        publish();
        answer(runtime::Receipt{control_partition, Sequence(9), stamp.event_id, stamp.recorded_at,
                                std::make_shared<const schema::Event>(*std::move(event)), false});
    }
    void look(const AccountId& account, Seen seen) override { seen(bench_.domain().find(account)); }
    void look_card(Slot slot, const citizen::CardToken& card, HolderSeen seen) override {
        seen(bench_.domain().find_holder(slot, card));
    }
    void publish() {
        bench_.snapshots.publish(std::make_shared<control::Snapshot>(control::Snapshot{
            Sequence(++basis_), std::make_shared<const control::State>(control_)}));
        bench_.snapshots.confirm(bench_.clock.now());
    }

  private:
    test::CitizenBench& bench_;
    runtime::EventFinder& finder_;
    control::State control_;
    std::uint64_t basis_ = 1;
};

/// What the front would have sent.
class Kept final : public http::ReplyTarget {
  public:
    Kept(const http::Route& route, http::CallPtr call) : route_(route), call_(std::move(call)) {}
    void answer(httplib::Response response) override { response_ = std::move(response); }
    void fail(const Error& error) override {
        response_ = route_.render_error ? route_.render_error(error, *call_)
                                        : http::problem(error, call_->trace);
    }
    void drop() override { ADD_FAILURE() << "dropped"; }
    void park(http::Park) override { parked_ = true; }
    http::Stream open_stream(httplib::Response, http::StreamHooks) override { return {}; }
    [[nodiscard]] bool is_open() const override { return !response_; }

    std::optional<httplib::Response> response_;
    bool parked_ = false;

  private:
    const http::Route& route_;
    http::CallPtr call_;
};

class NoTerm final : public journal::Observer {
  public:
    void accepted(std::span<const journal::EntryPtr> entries) override {
        last = entries.back()->sequence;
    }
    void term_ended(Term, const Error& error) override { ADD_FAILURE() << error; }
    Sequence last;
};

struct RpGatewayTest : testing::Test {
    test::CitizenStory story = [] {
        test::CitizenStory told = test::staffed_story();
        std::vector<std::string_view> scopes;
        for (const auto& rule : citizen::scope_rules) {
            scopes.push_back(rule.name);
        }
        test::given_service(told, test::service, scopes);
        return told;
    }();
    crypto::RsaPrivateKey kek = crypto::RsaPrivateKey::generate();
    test::CitizenBench bench{story};
    std::unique_ptr<fold::LiveTables> tables = fold::LiveTables::open(bench.store()).value();
    runtime::EventFinder finder{bench.journal(), *tables, bench.vault};
    BenchCommands commands{bench, finder, set_up(story.control())};
    keys::MemoryFolder folder;
    keys::FileEpochStore epochs =
        keys::FileEpochStore::open(folder, bench.entropy, schema::SANDBOX).value();
    std::unique_ptr<keys::KeyRing> ring =
        keys::KeyRing::create({folder, epochs, bench.entropy}, bench.clock.now()).value();
    service::Secrets secrets{*ring->material(), "sandbox"};
    service::Queries queries{*tables, [](auto, const auto&, auto, auto reached) { reached({}); },
                             secrets, bench.clock};
    service::LoginDesk desk{{}, secrets, bench.clock, bench.entropy};
    service::SandboxAddressBook book;
    service::Networks networks{book, *ring};
    InlinePool pool;
    Ports ports{commands, finder,      bench.snapshots, secrets,       queries, desk,
                networks, bench.vault, bench.clock,     bench.entropy, pool};
    RpGateway gateway{ports, Options()};
    std::vector<http::Route> routes = gateway.routes();
    NoTerm observer;
    AccountId account;
    std::uint64_t calls = 0;
    crypto::Secret32 key;

    static EventId secret_event() { return test::sample_id<EventId>(0x77); }

    control::State set_up(control::State state) {
        control::RelyingParty& party = state.relying_parties.edit().at(test::service);
        party.redirect_uris = {std::string(redirect_uri)};
        party.callback_uris = {std::string(callback_uri)};
        party.open_id_group = "group";
        party.kek = kek.public_key().spki();
        party.secret_source = secret_event();
        return state;
    }

    void SetUp() override {
        ASSERT_TRUE(bench.serve());
        commands.publish();
        store_secret();
        citizen::RegisterAccount command = test::register_by_nfc(story, test::card_of_chan(), 1);
        account = command.account;
        CommandHead head;
        head.id = story.command_id();
        head.digest = crypto::sha256("register");
        head.issued_at = bench.clock.now();
        head.caller = head.actor = {schema::Party::CITIZEN, account.to_bytes()};
        head.channel = schema::NFC;
        commands.submit(account, citizen::AccountCommand(std::move(command)), head,
                        [](const auto& outcome) { ASSERT_TRUE(outcome) << outcome.error(); });
    }

    /// RelyingPartyApproved with the secret, in control's partition of the journal.
    void store_secret() {
        const auto writer = bench.journal().open_term(control_partition, observer).value();
        schema::Event event = schema::RelyingPartyApproved();
        auto& approved = std::get<schema::RelyingPartyApproved>(event);
        approved.mutable_leaf()->set_client_id(test::service.to_bytes());
        approved.mutable_personal()->set_client_secret(std::string(client_secret));
        const record::Stamp stamp{secret_event(), bench.clock.now()};
        ASSERT_TRUE(writer->append(
            bench.vault.seal(event, {control_partition, stamp, KeyIndex()}).value()));
        bench.run();
        finder.remember({control_partition, observer.last, stamp.event_id, stamp.recorded_at,
                         std::make_shared<const schema::Event>(event), false});
    }

    const http::Route& route(std::string_view path) {
        for (const http::Route& one : routes) {
            if (one.path == path) {
                return one;
            }
        }
        ADD_FAILURE() << "no route " << path;
        return routes.front();
    }

    std::shared_ptr<Kept> run(const http::Route& to, httplib::Request request) {
        auto call = std::make_shared<http::Call>();
        request.remote_addr = "127.0.0.1";
        call->request = std::move(request);
        call->route = &to;
        auto kept = std::make_shared<Kept>(to, call);
        http::Reply reply(kept);
        if (const auto* handler = std::get_if<http::AsyncHandler>(&to.handler)) {
            (*handler)(call, std::move(reply));
        } else {
            reply.finish(std::get<http::Handler>(to.handler)(*call));
        }
        return kept;
    }

    static httplib::Request signed_by(const std::string& client, Instant at,
                                      const std::string& nonce, std::string body,
                                      std::string_view secret = client_secret) {
        httplib::Request request;
        const std::string timestamp = std::to_string(at.millis());
        request.set_header("clientID", client);
        request.set_header("signatureMethod", "HmacSHA256");
        request.set_header("timestamp", timestamp);
        request.set_header("nonce", nonce);
        request.set_header("signature", sign_request(client, timestamp, nonce, body, secret));
        request.body = std::move(body);
        return request;
    }
    /// The envelope of the answer to a signed POST.
    Json post(std::string_view path, std::string body, std::string nonce = "",
              std::string_view secret = client_secret) {
        if (nonce.empty()) {
            nonce = "nonce-" + std::to_string(++calls);
        }
        const auto kept = run(route(path), signed_by(test::service.hex(), bench.clock.now(), nonce,
                                                     std::move(body), secret));
        EXPECT_TRUE(kept->response_);
        return Json::parse(kept->response_->body);
    }
    std::string sealed(const Json& content) {
        crypto::AeadNonce iv{};
        bench.entropy.fill(iv);
        return Json{{"content", seal_content(key, iv, content.dump())}}.dump();
    }
    Json post_sealed(std::string_view path, const Json& content, std::string nonce = "") {
        return post(path, sealed(content), std::move(nonce));
    }
    Json opened(const Json& envelope) {
        const auto content = parse_content(envelope["content"].get<std::string>()).value();
        return Json::parse(open_content(key, content).value());
    }

    Json get_key() {
        Json envelope = post("/api/v1/security/getKey", "");
        const auto wrapped = from_base64(envelope["content"]["secretKey"].get<std::string>());
        const auto plain = kek.decrypt(*wrapped);
        key = crypto::Secret32::from(plain->reveal());
        return envelope["content"];
    }

    std::shared_ptr<Kept> get_qr(const std::map<std::string, std::string>& changes = {}) {
        httplib::Request request;
        std::map<std::string, std::string> params{{"clientID", test::service.hex()},
                                                  {"responseType", "code"},
                                                  {"source", "PC_Browser"},
                                                  {"redirectURI", std::string(redirect_uri)},
                                                  {"scope", "eidapi_auth eidapi_formFilling"},
                                                  {"state", "st-1"}};
        for (const auto& [name, value] : changes) {
            params[name] = value;
        }
        request.params = {params.begin(), params.end()};
        return run(route("/api/v1/auth/getQR"), std::move(request));
    }

    struct Page {
        std::string handle;
        std::string cookie;
    };
    Page page() {
        const auto kept = get_qr();
        EXPECT_EQ(kept->response_->status, -1);  // 200 unless said otherwise
        const std::string& body = kept->response_->body;
        const std::size_t at = body.find("data-handle=\"") + 13;
        const std::string cookie = kept->response_->get_header_value("Set-Cookie");
        EXPECT_NE(cookie.find("HttpOnly; SameSite=Strict"), std::string::npos);
        return {body.substr(at, 26), cookie.substr(0, cookie.find(';'))};
    }
    std::shared_ptr<Kept> wait(const Page& page, bool scanned) {
        httplib::Request request;
        request.params = {{"handle", page.handle}, {"scanned", scanned ? "1" : "0"}};
        request.set_header("Cookie", "other=1; " + page.cookie);
        return run(route("/api/v1/auth/qr/wait"), std::move(request));
    }

    /// The phone scans and approves; the desk hears of it as the app gateway tells it.
    std::string approve(const Page& page) {
        const auto state = bench.domain().find(account).value();
        const citizen::Device* device = citizen::current_device(*state);
        const http::AppCaller phone{account, device->id};
        const auto claimed = desk.scan(page.handle, phone).value();
        const auto taken = desk.take_claim(claimed.claim, phone).value();
        citizen::ApproveLogin command;
        command.offer = taken.offer;
        command.ends = taken.ends;
        command.proof = {device->id, device->bound_by, "signature", crypto::sha256("text"),
                         bench.clock.now()};
        command.number_typed = true;
        CommandHead head;
        head.id = bench.entropy.draw<CommandId>();
        head.issued_at = bench.clock.now();
        head.caller = head.actor = {schema::Party::DEVICE, device->id.to_bytes()};
        head.channel = schema::APP;
        std::string code;
        commands.submit(account, citizen::LoginCommand(std::move(command)), head,
                        [&](const Result<runtime::Receipt>& receipt) {
                            ASSERT_TRUE(receipt) << receipt.error();
                            code = secrets.bearer.mint(keys::BearerKind::code, slot_of(account),
                                                       receipt->event_id, receipt->recorded_at);
                        });
        desk.settle(taken.offer.login, code, "");
        return code;
    }
    Json get_token(const std::string& code, std::string nonce = "") {
        return post_sealed("/api/v1/auth/getToken",
                           {{"code", code}, {"grantType", "authorization_code"}}, std::move(nonce));
    }
    Json log_in() {
        (void)get_key();
        return opened(get_token(approve(page())));
    }
    Json form(const Json& token, const std::string& business_id) {
        return {{"businessID", business_id},    {"accessToken", token["accessToken"]},
                {"openID", token["openID"]},    {"source", "PC_Browser"},
                {"redirectURI", callback_uri},  {"state", "st-2"},
                {"formName", "Form"},           {"profileFields", {"enName"}},
                {"eMEFields", {"mobileNumber"}}};
    }
};

TEST_F(RpGatewayTest, GivesTheSameKeyUntilItIsRevoked) {
    const Json first = get_key();
    EXPECT_EQ(first["pubKey"], to_base64(kek.public_key().spki()));
    EXPECT_EQ(first["issueAt"], bench.clock.now().millis());
    EXPECT_EQ(first["expiresIn"], 86'400'000);
    const Bytes before(key.reveal());
    bench.clock.advance(1h);
    bench.snapshots.confirm(bench.clock.now());
    (void)get_key();
    EXPECT_EQ(key.reveal(), before);
    const Json revoked = post("/api/v1/security/revokeKey", "{}");
    EXPECT_EQ(revoked["code"], "D00000");
    EXPECT_FALSE(revoked.contains("content"));
    EXPECT_EQ(get_token("c0de")["code"], "D30002");
    (void)get_key();
    EXPECT_NE(key.reveal(), before);
}

TEST_F(RpGatewayTest, AnswersStrangersAndWrongSignaturesAlike) {
    EXPECT_EQ(post("/api/v1/security/getKey", "", "n", "wrong")["code"], "D20006");
    EXPECT_EQ(post("/api/v1/security/getKey", "", "n")["code"], "D00000");  // nonce not consumed
    EXPECT_EQ(post("/api/v1/security/getKey", "", "n")["code"], "D20004");
    const auto kept = run(route("/api/v1/security/getKey"),
                          signed_by(std::string(32, 'a'), bench.clock.now(), "x", ""));
    EXPECT_EQ(Json::parse(kept->response_->body)["code"], "D20006");
    EXPECT_EQ(Json::parse(kept->response_->body)["message"], "signature verification failed");
}

TEST_F(RpGatewayTest, RefusesTimestampsOutsideTheWindow) {
    bench.clock.advance(1h);
    const auto kept = run(route("/api/v1/security/getKey"),
                          signed_by(test::service.hex(), bench.clock.now() - 301s, "x", ""));
    EXPECT_EQ(Json::parse(kept->response_->body)["code"], "D20003");
}

TEST_F(RpGatewayTest, TellsWhatIsWrongWithGetQrWhereItMay) {
    EXPECT_EQ(get_qr({{"clientID", "nobody"}})->response_->status, 400);
    const auto foreign = get_qr({{"redirectURI", "https://thief.example/"}});
    EXPECT_EQ(foreign->response_->status, 400);
    EXPECT_NE(foreign->response_->body.find("D20008"), std::string::npos);
    const auto location = [&](const char* name, const char* value) {
        const auto kept = get_qr({{name, value}});
        EXPECT_EQ(kept->response_->status, 302);
        return kept->response_->get_header_value("Location");
    };
    const std::string back(redirect_uri);
    EXPECT_EQ(location("source", "Opera"), back + "?error_code=D20007&state=st-1");
    EXPECT_EQ(location("scope", "eidapi_auth all"), back + "?error_code=D20012&state=st-1");
    EXPECT_EQ(location("responseType", "token"), back + "?error_code=D20003&state=st-1");
}

TEST_F(RpGatewayTest, BringsTheCodeToThePageThatWaits) {
    const Page mine = page();
    const auto waiting = wait(mine, false);
    EXPECT_TRUE(waiting->parked_);
    EXPECT_FALSE(waiting->response_);
    EXPECT_EQ(wait({mine.handle, "q" + mine.handle + "=" + std::string(64, '0')}, false)
                  ->response_->status,
              404);
    const std::string code = approve(mine);
    ASSERT_TRUE(waiting->response_);  // scanned came first
    EXPECT_EQ(Json::parse(waiting->response_->body)["state"], "scanned");
    const auto done = wait(mine, true);
    ASSERT_TRUE(done->response_);
    EXPECT_EQ(Json::parse(done->response_->body)["state"], "done");
    EXPECT_EQ(Json::parse(done->response_->body)["redirect"],
              std::string(redirect_uri) + "?code=" + code + "&state=st-1");
}

TEST_F(RpGatewayTest, GivesATokenForACodeOnce) {
    (void)get_key();
    const std::string code = approve(page());
    const Json envelope = get_token(code, "once");
    ASSERT_EQ(envelope["code"], "D00000") << envelope;
    EXPECT_EQ(envelope["message"], "SUCCESS");
    const Json token = opened(envelope);
    EXPECT_EQ(token["accessToken"].get<std::string>().size(), 32U);
    EXPECT_EQ(token["tokenType"], "Bearer");
    EXPECT_EQ(token["expiresIn"], 14'400'000);
    EXPECT_EQ(token["openID"].get<std::string>().size(), 44U);
    EXPECT_EQ(token["userType"], "sign");
    EXPECT_EQ(token["scope"], "eidapi_auth eidapi_formFilling");
    EXPECT_EQ(get_token(code, "once")["code"], "D20004");
    EXPECT_EQ(get_token(code)["code"], "D40004");
    EXPECT_EQ(get_token("00000000000000000000000000000000")["code"], "D40004");
}

TEST_F(RpGatewayTest, RefusesACodeAfterItsLife) {
    (void)get_key();
    const std::string code = approve(page());
    bench.clock.advance(61s);  // recorded times may be microseconds ahead of the clock
    bench.snapshots.confirm(bench.clock.now());
    EXPECT_EQ(get_token(code)["code"], "D40004");
}

TEST_F(RpGatewayTest, AsksForAConsentUnderTokenAndOpenId) {
    const Json token = log_in();
    constexpr std::string_view path = "/api/v1/account/eme/initiateRequest";
    const Json envelope = post_sealed(path, form(token, "b-1"));
    ASSERT_EQ(envelope["code"], "D00000") << envelope;
    const Json content = opened(envelope);
    EXPECT_EQ(content["businessID"], "b-1");
    EXPECT_EQ(content["authByQR"], true);
    EXPECT_EQ(content["ticketID"].get<std::string>().size(), 32U);
    EXPECT_EQ(post_sealed(path, form(token, "b-1"))["code"], "D20011");
    Json other = form(token, "b-2");
    other["openID"] = std::string(44, 'A');
    EXPECT_EQ(post_sealed(path, other)["code"], "D20010");
    other = form(token, "b-3");
    other["accessToken"] = std::string(32, '0');
    EXPECT_EQ(post_sealed(path, other)["code"], "D20009");
    // The login was not granted it.
    Json signing{
        {"businessID", "b-4"},         {"accessToken", token["accessToken"]},
        {"openID", token["openID"]},   {"source", "PC_Browser"},
        {"redirectURI", callback_uri}, {"hashCode", to_base64(crypto::sha256("document").bytes())}};
    EXPECT_EQ(post_sealed("/api/v1/account/signing/initiateRequest", signing)["code"], "D20012");
    EXPECT_EQ(post_sealed("/api/v1/account/signing/ackResult",
                          {{"businessID", "b-4"}, {"signingResult", "SR001"}})["code"],
              "D70006");
}

TEST_F(RpGatewayTest, CallsBackWithTheTimeOutUnderTheTicketsId) {
    const Json token = log_in();
    const Json asked =
        opened(post_sealed("/api/v1/account/eme/initiateRequest", form(token, "b-1")));
    const RpCallbacks callbacks(ports, Options());
    const RequestId request =
        bench.domain().find(account).value()->requests.requests.begin()->first;
    const auto state = [&] { return bench.domain().find(account).value(); };
    EXPECT_EQ(callbacks.render(account, *state(), request).error(), citizen::request_not_answered);
    bench.clock.advance(18min + 1s);
    bench.snapshots.confirm(bench.clock.now());
    CommandHead head;
    head.id = bench.entropy.draw<CommandId>();
    head.issued_at = bench.clock.now();
    commands.submit(account, citizen::RequestCommand(citizen::ExpireRequest{request}), head,
                    [](const auto& outcome) { ASSERT_TRUE(outcome) << outcome.error(); });
    const auto callback = callbacks.render(account, *state(), request);
    ASSERT_TRUE(callback) << callback.error();
    EXPECT_EQ(callback->url, callback_uri);
    const Json body = Json::parse(callback->body);
    EXPECT_EQ(body["txID"], "<T=" + asked["ticketID"].get<std::string>() + ">");
    EXPECT_EQ(body["code"], "D60003");
    const auto wrapped = kek.decrypt(*from_base64(body["secretKey"].get<std::string>()));
    EXPECT_EQ(wrapped->reveal(), key.reveal());
    EXPECT_EQ(opened(body), (Json{{"businessID", "b-1"}, {"state", "st-2"}}));
}

}  // namespace
}  // namespace chopmark::rp
