// The row budget of design 6, measured: a random row costs 4 to 5 µs, so rows, not fsync, are what
// a node's speed hangs on. Real row stores behind a whole bench; commands come through the gateways
// and executors as they do in a daemon, and every row that any fold writes for them is counted.
#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "events/crypto/digest.h"
#include "events/fold/rocks_rows.h"
#include "gateways/app/login_routes.h"
#include "tests/support/counted_rows.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_phone.h"

namespace chopmark::test {
namespace {

/// Rows that the records of one step caused.
struct Rows {
    std::uint64_t records = 0;
    std::uint64_t documents = 0;  // of citizens
    std::uint64_t shared = 0;     // of slots, counters and deadlines: many records, one row
    std::uint64_t cards = 0;      // of the card index
    std::uint64_t index = 0;
    std::uint64_t views = 0;
    std::string tables;  // of views, with their rows
};

class RowBudget : public ::testing::Test {
  protected:
    void SetUp() override {
        bench.given_service(client, test::library(), {scopes.begin(), scopes.end()});
        settle();
    }

    static std::unique_ptr<fold::RocksRows> open(const std::filesystem::path& folder) {
        fold::RocksRows::Options options;
        options.directory = folder;
        return fold::RocksRows::open_store(options).value();
    }
    GatewayBench::Options options() {
        GatewayBench::Options out;
        out.state_rows = &state;
        out.view_rows = &views;
        return out;
    }
    [[nodiscard]] std::uint64_t records() {
        std::uint64_t out = 0;
        for (std::uint16_t number = 0; number <= GatewayBench::partitions; ++number) {
            out += bench.journal().head(PartitionId(number))->next.value();
        }
        return out;
    }
    /// All is folded and written back; what was written until then is forgotten.
    void settle() {
        bench.run();
        bench.flush();
        state.take_counts();
        views.take_counts();
        records_before = records();
        puts_before = state.probe().puts + views.probe().puts;
    }
    /// The rows since settle().
    Rows rows() {
        bench.run();
        bench.flush();
        Rows out;
        out.records = records() - records_before;
        std::uint64_t all = 0;
        for (const auto& [table, puts] : state.take_counts()) {
            all += puts;
            const std::string name = table.substr(0, table.find('.'));
            if (name == "citizen") {
                out.documents += puts;
            } else if (name == "card" || name == "card_of") {
                out.cards += puts;
            } else if (name != "meta") {  // positions, one a flush
                out.shared += puts;
            }
        }
        for (const auto& [table, puts] : views.take_counts()) {
            all += puts;
            if (table.starts_with("fold/event_index/")) {
                out.index += puts;
            } else if (table.starts_with("fold/")) {
                out.views += puts;
                out.tables += table + " " + std::to_string(puts) + "; ";
            }
        }
        EXPECT_EQ(all, state.probe().puts + views.probe().puts - puts_before) << "of the probes";
        return out;
    }
    /// What one record of every day may write.
    static void expect_within(const Rows& rows, std::uint64_t commands, std::uint64_t views = 2) {
        EXPECT_EQ(rows.records, commands) << "journal 1, and idempotency 0";
        EXPECT_LE(rows.documents, commands) << "state 1";
        EXPECT_EQ(rows.cards, 0U);
        EXPECT_EQ(rows.index, commands) << "event-id index 1";
        EXPECT_LE(rows.views, views * commands) << "views: " << rows.tables;
    }

    // ---- steps

    void register_phone() {
        ASSERT_EQ(phone.register_by_chip("the long password of a citizen").status, 200);
        ASSERT_EQ(phone.open_session().status, 200);
    }
    GatewayAnswer approve_by_qr() {
        service::LoginDraw draw;
        draw.client = client;
        draw.scopes = scopes;
        draw.redirect_uri = "https://library.example/back";
        draw.source = "PC_Browser";
        draw.browser.address = Sensitive<std::string>("127.0.4.1");
        draw.life = std::chrono::seconds(120);
        const auto drawn = bench.desk->draw(draw).value();
        const auto scanned = phone.post("/app/v1/scans", {{"handle", drawn.handle}});
        const Digest digest = app::login_text_digest(client, scopes, drawn.login);
        return phone.act("app.login.approve", "/app/v1/logins/approve",
                         {{"claim", scanned.body["claim"]},
                          {"client", client.hex()},
                          {"text_digest", digest.hex()}});
    }
    CommandHead head() {
        CommandHead out;
        out.id = CommandId(crypto::sha256("budget " + std::to_string(++commands)).array());
        out.digest = Digest(out.id.array());
        out.issued_at = bench.clock.now();
        out.caller = out.actor = {schema::Party::CLIENT, client.to_bytes()};
        out.channel = schema::RELYING_PARTY;
        return out;
    }
    EventId send(citizen::Command command) {
        const auto receipt = bench.send(phone.account, std::move(command), head());
        EXPECT_TRUE(receipt.has_value()) << to_string(receipt.error());
        return receipt ? receipt->event_id : EventId();
    }
    EventId redeem(const EventId& approved) {
        citizen::RedeemCode command;
        command.approved = approved;
        command.client = client;
        command.relying_party.set_asn(64'500);
        command.claims = crypto::sha256("claims");
        return send(citizen::LoginCommand(command));
    }
    EventId log_in() {
        const auto approved = approve_by_qr();
        EXPECT_EQ(approved.status, 200) << approved.reason;
        return redeem(*EventId::from_hex(approved.body["event"].get<std::string>()));
    }
    citizen::RequestHead request_head(const EventId& token) {
        return {bench.entropy.draw<RequestId>(),
                client,
                bench.entropy.draw<citizen::BusinessIdToken>(),
                citizen::ByToken{token, true},
                crypto::sha256("state"),
                crypto::sha256("https://library.example/callback")};
    }
    RequestId ask_consent(const EventId& token) {
        citizen::AskConsent command;
        command.head = request_head(token);
        command.purpose = schema::PURPOSE_FORM_FILLING;
        command.field_names = {"enName", "birthDate"};
        command.text_digest = crypto::sha256("text");
        const RequestId request = command.head.request;
        send(citizen::ConsentCommand(std::move(command)));
        return request;
    }
    Json answer_to(const RequestId& request) const {
        return {{"request", request.hex()},
                {"client", client.hex()},
                {"text_digest", crypto::sha256("text").hex()}};
    }
    void grant(const RequestId& request) {
        Json body = answer_to(request);
        body["fields"] = {"enName", "birthDate"};
        body["profile_version"] = bench.state_of(phone.account)->profile.version;
        const auto granted = phone.act("app.consent.grant", "/app/v1/consents/grant", body);
        ASSERT_EQ(granted.status, 200) << granted.reason;
    }
    RequestId ask_signature(const EventId& token) {
        schema::SignatureSubject subject;
        subject.set_document_digest(crypto::sha256("document").to_bytes());
        subject.set_algorithm("SHA256withRSA");
        subject.set_text_digest(crypto::sha256("text").to_bytes());
        citizen::AskSignature command;
        command.head = request_head(token);
        command.kind = schema::SIGNATURE_KIND_HASH;
        command.subject = Sensitive(subject);
        const RequestId request = command.head.request;
        send(citizen::SignatureCommand(std::move(command)));
        return request;
    }
    void sign(const RequestId& request) {
        const auto made =
            phone.act("app.signature.approve", "/app/v1/signatures/approve", answer_to(request));
        ASSERT_EQ(made.status, 200) << made.reason;
    }
    void give_certificate() {
        const auto owed = bench.domain(partition()).outstanding(bench.clock.now());
        ASSERT_EQ(owed.size(), 1U);
        const auto handle = bench.entropy.draw<keys::KeyHandle>();
        const Bytes key = bench.signing_keys.create(handle).value();
        const auto issued = bench.authority
                                ->issue(bench.entropy.draw<RequestId>(), key,
                                        Sensitive<std::string>("CHAN, Tai Man"))
                                .value();
        citizen::IssueCertificate command;
        command.cause = owed.front().follow_up.cause;
        command.serial = issued.serial;
        command.key_handle = handle;
        command.not_after = issued.until;
        command.certificate = Sensitive<Bytes>(issued.certificate);
        command.chain = {issued.chain};
        CommandHead timer = head();
        timer.caller = timer.actor = {schema::Party::TIMER, {}};
        const auto receipt =
            bench.send(phone.account, citizen::CertificateCommand(std::move(command)), timer);
        ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
    }
    [[nodiscard]] PartitionId partition() const {
        return partition_of(slot_of(phone.account), GatewayBench::partitions);
    }

    const std::vector<std::string> scopes{"eidapi_auth", "eidapi_formFilling", "eidapi_sign"};
    ScratchFolder folder;
    std::unique_ptr<fold::RocksRows> state_store = open(folder.path() / "state");
    std::unique_ptr<fold::RocksRows> view_store = open(folder.path() / "views");
    CountedRows state{*state_store};
    CountedRows views{*view_store};
    GatewayBench bench{options()};
    TestPhone phone{bench};
    ClientId client = bench.entropy.draw<ClientId>();
    std::uint64_t records_before = 0;
    std::uint64_t puts_before = 0;
    std::uint64_t commands = 0;
};

/// Once in a person's life, and the one command beyond the budget: account and card index are new,
/// and so are the person in the log and the two ways to the account in each view that erases.
TEST_F(RowBudget, OfARegistration) {
    ASSERT_EQ(phone.register_by_chip("the long password of a citizen").status, 200);
    const Rows rows = this->rows();
    EXPECT_EQ(rows.records, 1U);
    EXPECT_EQ(rows.documents, 1U);
    EXPECT_EQ(rows.cards, 2U);
    EXPECT_EQ(rows.index, 1U);
    EXPECT_LE(rows.views, 9U);
}

TEST_F(RowBudget, OfAnApproval) {
    register_phone();
    settle();
    const auto approved = approve_by_qr();
    ASSERT_EQ(approved.status, 200) << approved.reason;
    expect_within(rows(), 1);
}

TEST_F(RowBudget, OfARedemption) {
    register_phone();
    const auto approved = approve_by_qr();
    ASSERT_EQ(approved.status, 200) << approved.reason;
    settle();
    redeem(*EventId::from_hex(approved.body["event"].get<std::string>()));
    expect_within(rows(), 1);
}

/// Several records of a citizen between two flushes make one row of state; what is shared by all
/// citizens of a partition makes one for all of them.
TEST_F(RowBudget, OfManyLoginsIsCoalesced) {
    constexpr std::uint64_t logins = 8;
    register_phone();
    settle();
    for (std::uint64_t count = 0; count < logins; ++count) {
        log_in();
    }
    const Rows rows = this->rows();
    expect_within(rows, 2 * logins);
    EXPECT_EQ(rows.documents, 1U);
    EXPECT_LE(rows.shared, 2U);  // the client's count, and that a deadline runs
}

/// The first one of a person also names the account in the register: one row in a life.
TEST_F(RowBudget, OfAConsent) {
    register_phone();
    const EventId token = log_in();
    grant(ask_consent(token));
    settle();
    const RequestId request = ask_consent(token);
    expect_within(rows(), 1, 3);  // and in the list of the service
    settle();
    grant(request);
    expect_within(rows(), 1, 3);
}

TEST_F(RowBudget, OfASignature) {
    register_phone();
    settle();
    give_certificate();
    expect_within(rows(), 1);
    const EventId token = log_in();
    sign(ask_signature(token));
    settle();
    const RequestId request = ask_signature(token);
    // and in the list of the service, and by its own id, for its acknowledgement
    expect_within(rows(), 1, 4);
    settle();
    sign(request);
    expect_within(rows(), 1, 3);
}

}  // namespace
}  // namespace chopmark::test
