// The relying parties' gateway over a real citizen executor on memory adapters, under a test's
// hand: one service with a key of its own, one citizen with a phone and a certificate. Calls are
// made as the front makes them, on the test's thread. What a relying party would send and read is
// built by the gateway's own ciphers, which have vectors of their own (rp_wire_test.cc).
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "aggregates/runtime/event_finder.h"
#include "events/crypto/digest.h"
#include "events/crypto/rsa.h"
#include "events/fold/runner.h"
#include "events/keys/file_epoch_store.h"
#include "events/keys/folder.h"
#include "events/schema/genesis.pb.h"
#include "gateways/http/problem.h"
#include "gateways/http/route.h"
#include "gateways/rp/business_ids.h"
#include "gateways/rp/callbacks.h"
#include "gateways/rp/content_cipher.h"
#include "gateways/rp/request_signature.h"
#include "gateways/rp/rp_gateway.h"
#include "gateways/service/json_body.h"
#include "gateways/service/login_desk.h"
#include "gateways/service/network.h"
#include "gateways/service/queries.h"
#include "projections/asked_requests/asked_requests.h"
#include "projections/eme_view/eme_view.h"
#include "projections/relying_party_view/relying_party_view.h"
#include "projections/service_transactions/service_transactions.h"
#include "projections/sign_in_log/sign_in_log.h"
#include "tests/support/citizen_bench.h"
#include "tests/support/service_story.h"

namespace chopmark::test {

using Json = nlohmann::json;

inline constexpr std::string_view client_secret = "test-client-secret";
inline constexpr std::string_view redirect_uri = "https://service.example/back";
inline constexpr std::string_view callback_uri = "https://service.example/callback";

class RpBenchPool final : public WorkPool {
  public:
    bool try_post(Task task) override {
        task();
        return true;
    }
};

/// Citizens are decided by the bench's executor; control by its own decide and fold, here and now.
class RpBenchCommands final : public runtime::CommandService {
  public:
    RpBenchCommands(CitizenBench& bench, runtime::EventFinder& finder, control::State state)
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
    template <class Change>
    void change_party(const Change& change) {
        change(control_.relying_parties.edit().at(service));
        publish();
    }
    void publish() {
        bench_.snapshots.publish(std::make_shared<control::Snapshot>(control::Snapshot{
            Sequence(++basis_), std::make_shared<const control::State>(control_)}));
        bench_.snapshots.confirm(bench_.clock.now());
    }

  private:
    CitizenBench& bench_;
    runtime::EventFinder& finder_;
    control::State control_;
    std::uint64_t basis_ = 1;
};

/// What the front would have sent.
class RpAnswer final : public http::ReplyTarget {
  public:
    RpAnswer(const http::Route& route, http::CallPtr call)
        : route_(route), call_(std::move(call)) {}
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

class EndlessTerm final : public journal::Observer {
  public:
    void accepted(std::span<const journal::EntryPtr> entries) override {
        last = entries.back()->sequence;
    }
    void term_ended(Term, const Error& error) override { ADD_FAILURE() << error; }
    Sequence last;
};

struct RpBench : testing::Test {
    CitizenStory story = [] {
        CitizenStory told = staffed_story();
        std::vector<std::string_view> scopes;
        for (const auto& rule : citizen::scope_rules) {
            scopes.push_back(rule.name);
        }
        given_service(told, service, scopes);
        return told;
    }();
    crypto::RsaPrivateKey kek = crypto::RsaPrivateKey::generate();
    CitizenBench bench{story};
    std::unique_ptr<fold::LiveTables> tables = fold::LiveTables::open(bench.store()).value();
    runtime::EventFinder finder{bench.journal(), *tables, bench.vault};
    RpBenchCommands commands{bench, finder, set_up(story.control())};
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
    eme_view::EmeView profiles;
    asked_requests::AskedRequests asked_index;
    service_transactions::ServiceTransactions transactions;
    relying_party_view::RelyingPartyView services;
    sign_in_log::SignInLog log;
    std::unique_ptr<fold::Runner> runner =
        fold::Runner::open(
            {bench.journal(), *tables, bench.vault, bench.clock},
            {{&profiles, tables->adopt(profiles.name(), profiles.version()).value()},
             {&asked_index, tables->adopt(asked_index.name(), asked_index.version()).value()},
             {&transactions, tables->adopt(transactions.name(), transactions.version()).value()},
             {&services, tables->adopt(services.name(), services.version()).value()},
             {&log, tables->adopt(log.name(), log.version()).value()}},
            {})
            .value();
    RpBenchPool pool;
    rp::Ports ports{commands, finder,      bench.snapshots, secrets,       queries, desk,
                    networks, bench.vault, bench.clock,     bench.entropy, pool};
    rp::RpGateway gateway{ports, rp::Options()};
    std::vector<http::Route> routes = gateway.routes();
    EndlessTerm observer;
    AccountId account;
    std::uint64_t calls = 0;
    crypto::Secret32 key;

    static EventId secret_event() { return sample_id<EventId>(0x77); }

    control::State set_up(control::State state) {
        control::RelyingParty& party = state.relying_parties.edit().at(service);
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
        citizen::RegisterAccount command = register_by_nfc(story, card_of_chan(), 1);
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
        schema::RelyingPartyApproved approved;
        approved.mutable_leaf()->set_client_id(service.to_bytes());
        approved.mutable_personal()->set_client_secret(std::string(client_secret));
        store(secret_event(), approved);
    }
    /// As if another citizen had been asked for a consent under that id.
    void ask_of_another(std::string_view business_id) {
        schema::ConsentAsked asked;
        asked.mutable_link()->mutable_head()->set_account_id(sample_id<AccountId>(0x99).to_bytes());
        asked.mutable_link()->set_business_id_token(
            rp::business_id_token(secrets, service, business_id).to_bytes());
        store(sample_id<EventId>(0x98), asked);
        fold();
    }
    void store(const EventId& id, schema::Event event) {
        const auto writer = bench.journal().open_term(control_partition, observer).value();
        const record::Stamp stamp{id, bench.clock.now()};
        ASSERT_TRUE(writer->append(
            bench.vault.seal(event, {control_partition, stamp, KeyIndex()}).value()));
        bench.run();
        finder.remember({control_partition, observer.last, stamp.event_id, stamp.recorded_at,
                         std::make_shared<const schema::Event>(event), false});
    }

    void fold() {
        while (runner->pump().value()) {
        }
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

    /// `again`: as the front runs a handler once more (http::FrontPorts::passing).
    std::shared_ptr<RpAnswer> run(const http::Route& to, httplib::Request request,
                                  bool again = false) {
        auto call = std::make_shared<http::Call>();
        call->again = again;
        request.remote_addr = "127.0.0.1";
        call->request = std::move(request);
        call->route = &to;
        auto kept = std::make_shared<RpAnswer>(to, call);
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
        request.set_header("signature", rp::sign_request(client, timestamp, nonce, body, secret));
        request.body = std::move(body);
        return request;
    }
    /// The envelope of the answer to a signed POST.
    Json post(std::string_view path, std::string body, std::string nonce = "",
              std::string_view secret = client_secret) {
        if (nonce.empty()) {
            nonce = "nonce-" + std::to_string(++calls);
        }
        const auto kept = run(route(path), signed_by(service.hex(), bench.clock.now(), nonce,
                                                     std::move(body), secret));
        EXPECT_TRUE(kept->response_);
        return Json::parse(kept->response_->body);
    }
    std::string sealed(const Json& content) {
        crypto::AeadNonce iv{};
        bench.entropy.fill(iv);
        return Json{{"content", rp::seal_content(key, iv, content.dump())}}.dump();
    }
    Json post_sealed(std::string_view path, const Json& content, std::string nonce = "") {
        return post(path, sealed(content), std::move(nonce));
    }
    Json opened(const Json& envelope) {
        const auto content = rp::parse_content(envelope["content"].get<std::string>()).value();
        return Json::parse(rp::open_content(key, content).value());
    }

    Json get_key() {
        Json envelope = post("/api/v1/security/getKey", "");
        const auto wrapped = from_base64(envelope["content"]["secretKey"].get<std::string>());
        const auto plain = kek.decrypt(*wrapped);
        key = crypto::Secret32::from(plain->reveal());
        return envelope["content"];
    }

    std::shared_ptr<RpAnswer> get_qr(const std::map<std::string, std::string>& changes = {},
                                     std::string_view path = "/api/v1/auth/getQR") {
        httplib::Request request;
        std::map<std::string, std::string> params{{"clientID", service.hex()},
                                                  {"responseType", "code"},
                                                  {"source", "PC_Browser"},
                                                  {"redirectURI", std::string(redirect_uri)},
                                                  {"scope", "eidapi_auth eidapi_formFilling"},
                                                  {"state", "st-1"}};
        for (const auto& [name, value] : changes) {
            params[name] = value;
        }
        request.params = {params.begin(), params.end()};
        return run(route(path), std::move(request));
    }

    struct Page {
        std::string handle;
        std::string cookie;
    };
    Page page(const std::map<std::string, std::string>& changes = {},
              std::string_view path = "/api/v1/auth/getQR") {
        const auto kept = get_qr(changes, path);
        EXPECT_EQ(kept->response_->status, -1);  // 200 unless said otherwise
        const std::string& body = kept->response_->body;
        const std::size_t at = body.find("data-handle=\"") + 13;
        const std::string cookie = kept->response_->get_header_value("Set-Cookie");
        EXPECT_NE(cookie.find("HttpOnly; SameSite=Strict"), std::string::npos);
        return {body.substr(at, 26), cookie.substr(0, cookie.find(';'))};
    }
    std::shared_ptr<RpAnswer> wait(const Page& page, bool scanned) {
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
        const auto claimed = desk.scan({page.handle}, phone).value();
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
    Json log_in(const std::string& scopes = "eidapi_auth eidapi_formFilling") {
        (void)get_key();
        return opened(get_token(approve(page({{"scope", scopes}}))));
    }
    /// Of a request that was answered.
    Json called_back(const RequestId& request) {
        const rp::RpCallbacks callbacks(ports, rp::Options());
        const auto state = bench.domain().find(account).value();
        const auto callback = callbacks.render(account, *state, request);
        EXPECT_TRUE(callback) << callback.error();
        return callback ? Json::parse(callback->body) : Json();
    }
    void refuse(const RequestId& request) {
        const auto state = bench.domain().find(account).value();
        const citizen::Device* device = citizen::current_device(*state);
        CommandHead head;
        head.id = bench.entropy.draw<CommandId>();
        head.issued_at = bench.clock.now();
        head.caller = head.actor = {schema::Party::DEVICE, device->id.to_bytes()};
        head.channel = schema::APP;
        citizen::RefuseConsent command{
            request,
            {device->id, device->bound_by, "signature", crypto::sha256("text"), bench.clock.now()}};
        commands.submit(account, citizen::ConsentCommand(std::move(command)), head,
                        [](const auto& outcome) { ASSERT_TRUE(outcome) << outcome.error(); });
    }
    Json form(const Json& token, const std::string& business_id) {
        return {{"businessID", business_id},    {"accessToken", token["accessToken"]},
                {"openID", token["openID"]},    {"source", "PC_Browser"},
                {"redirectURI", callback_uri},  {"state", "st-2"},
                {"formName", "Form"},           {"profileFields", {"enName"}},
                {"eMEFields", {"mobileNumber"}}};
    }
};

}  // namespace chopmark::test
