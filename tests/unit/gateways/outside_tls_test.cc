// The HTTPS adapters against parties that misbehave, over real sockets and real TLS.
#include <gtest/gtest.h>

#include "gateways/outside/https_parties.h"
#include "gateways/rp/callback_sender.h"
#include "tests/support/simulated.h"
#include "tests/support/tls_party.h"

namespace chopmark {
namespace {

using outside::OutsideClient;
using service::Json;
using std::chrono::milliseconds;
using test::http_answer;
using test::PartyConnection;
using test::TlsParty;

const test::PartyCertificates& certificates() {
    static const test::PartyCertificates made;
    return made;
}

/// Far above what a call may take, and far below what a peer that is waited for would.
constexpr auto soon = std::chrono::seconds(5);

class Asking {
  public:
    explicit Asking(TlsParty::Script script, const TlsParty::Options& party = {},
                    bool with_certificate = true)
        : party_(certificates(), party, std::move(script)) {
        options.host = "localhost";
        options.port = party_.port();
        options.path = "/v1";
        options.ca_file = certificates().file("ca.pem");
        if (with_certificate) {
            options.certificate_file = certificates().file("client.pem");
            options.key_file = certificates().file("client.key");
        }
        options.connect = milliseconds(500);
        options.answer = milliseconds(1500);
        options.tries = 1;
        options.pause = milliseconds(1);
    }
    OutsideClient& client() {
        if (client_ == nullptr) {
            client_ = std::make_unique<OutsideClient>(options, clock, entropy_);
        }
        return *client_;
    }
    Result<Json> ask() { return client().ask("match", RequestId{{0x42}}, {{"number", "A1"}}); }
    [[nodiscard]] unsigned requests() const { return party_.requests(); }

    outside::OutsideOptions options;
    test::ManualClock clock;

  private:
    TlsParty party_;
    test::SeededEntropy entropy_{1};
    std::unique_ptr<OutsideClient> client_;
};

TlsParty::Script say(const std::string& answer) {
    return [answer](PartyConnection& peer) { peer.send(answer); };
}

/// A byte every 20 ms after `first`, for ever.
TlsParty::Script drip(const std::string& first, char byte) {
    return [first, byte](PartyConnection& peer) {
        for (bool on = peer.send(first); on; on = peer.send(std::string(1, byte))) {
            if (!peer.pause(milliseconds(20))) {
                return;
            }
        }
    };
}

void expect_unreachable(Asking& asking, const char* what) {
    const auto began = std::chrono::steady_clock::now();
    const auto answer = asking.ask();
    ASSERT_FALSE(answer.has_value()) << what;
    EXPECT_EQ(answer.error(), ports::outside_unreachable) << what;
    EXPECT_EQ(answer.error().detail.find("A1"), std::string::npos) << what;
    EXPECT_LT(std::chrono::steady_clock::now() - began, soon) << what;
}

TEST(OutsideTls, CarriesTheQuestionUnderOurCertificate) {
    std::string seen;
    Asking asking([&seen](PartyConnection& peer) {
        seen = peer.request();
        peer.send(http_answer(R"({"verdict":"matched"})"));
    });
    const auto answer = asking.ask();
    ASSERT_TRUE(answer.has_value()) << answer.error();
    EXPECT_EQ((*answer)["verdict"], "matched");
    EXPECT_EQ(seen.find("POST /v1/match HTTP/1.1\r\n"), 0U) << seen;
    EXPECT_NE(seen.find("Chopmark-Request: " + RequestId{{0x42}}.hex()), std::string::npos) << seen;
    EXPECT_NE(seen.find(R"({"number":"A1"})"), std::string::npos) << seen;
}

TEST(OutsideTls, BelievesNoCertificateThatIsNotTheParties) {
    for (const char* certificate : {"stranger", "elsewhere", "expired"}) {
        Asking asking(say(http_answer("{}")), {.certificate = certificate});
        expect_unreachable(asking, certificate);
        EXPECT_EQ(asking.requests(), 0U) << certificate;
    }
}

TEST(OutsideTls, NeedsOurCertificateOnlyWhereItIsAskedFor) {
    Asking careless(say(http_answer("{}")), {.asks_for_certificate = false});
    EXPECT_TRUE(careless.ask().has_value());
    Asking without(say(http_answer("{}")), {}, false);
    expect_unreachable(without, "no certificate of ours");
    EXPECT_EQ(without.requests(), 0U);
}

TEST(OutsideTls, EndsInTimeWhateverThePartySends) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n";
    const std::vector<std::pair<const char*, TlsParty::Script>> scripts{
        {"silence", [](PartyConnection& peer) { peer.pause(std::chrono::seconds(60)); }},
        {"a status line, byte by byte", drip("", 'H')},
        {"headers, byte by byte", drip(head + "X: ", 'x')},
        {"a body, byte by byte", drip(head + "\r\n{", ' ')},
        {"chunks, byte by byte",
         drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", '0')},
    };
    for (const auto& [what, script] : scripts) {
        Asking asking(script);
        expect_unreachable(asking, what);
    }
    Asking plain([](PartyConnection&) {}, {.tls = false});
    expect_unreachable(plain, "a handshake without an end");
}

TEST(OutsideTls, TakesHalfAnAnswerForNone) {
    for (const std::string answer :
         {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"verdict\":",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"", "\r\n\r\n\r\n"}) {
        Asking asking(say(answer));
        expect_unreachable(asking, answer.c_str());
    }
}

TEST(OutsideTls, TakesNonsenseForNoAnswer) {
    for (const char* body : {"", "not json", "[]", "\"text\"", "{\"a\":", "\xff\xfe"}) {
        Asking asking(say(http_answer(body)));
        expect_unreachable(asking, body);
    }
}

TEST(OutsideTls, KeepsNoAnswerThatIsTooLong) {
    const auto script = [](PartyConnection& peer) {
        const std::string part(64 * 1024, ' ');
        bool on = peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n");
        while (on) {
            on = peer.send(part);
        }
    };
    Asking asking(script);
    asking.options.answer_bytes = 256 * 1024;
    const auto answer = asking.ask();
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error(), ports::outside_unreachable);
    EXPECT_EQ(answer.error().detail, "the answer is too long");
}

TEST(OutsideTls, TriesAgainWhatAnotherTryMayMend) {
    for (const int status : {500, 503, 429, 408, 425, 404, 401, 302}) {
        Asking asking(say(http_answer("{}", status)));
        asking.options.tries = 3;
        expect_unreachable(asking, std::to_string(status).c_str());
        EXPECT_EQ(asking.requests(), 3U) << status;
    }
}

TEST(OutsideTls, LetsARefusalForGoodBe) {
    for (const int status : {400, 403, 409, 422}) {
        Asking asking(say(http_answer(R"({"why":"A1 is on a list"})", status)));
        asking.options.tries = 3;
        const auto answer = asking.ask();
        ASSERT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error(), ports::outside_refused);
        EXPECT_EQ(answer.error().detail, "status " + std::to_string(status));
        EXPECT_EQ(asking.requests(), 1U) << status;
    }
}

TEST(OutsideTls, HoldsBackFromAPartyThatFailsAndThenTriesItOnce) {
    std::atomic<bool> well{false};
    Asking asking(
        [&well](PartyConnection& peer) { peer.send(http_answer("{}", well.load() ? 200 : 500)); });
    asking.options.failures_to_open = 2;
    asking.options.open_for = std::chrono::seconds(10);
    expect_unreachable(asking, "first");
    expect_unreachable(asking, "second");
    expect_unreachable(asking, "held back");
    EXPECT_EQ(asking.requests(), 2U);
    asking.clock.advance(std::chrono::seconds(10));
    expect_unreachable(asking, "half open, and it fails");
    EXPECT_EQ(asking.requests(), 3U);
    expect_unreachable(asking, "held back again");
    EXPECT_EQ(asking.requests(), 3U);
    well.store(true);
    asking.clock.advance(std::chrono::seconds(10));
    EXPECT_TRUE(asking.ask().has_value());
    EXPECT_TRUE(asking.ask().has_value());
    EXPECT_EQ(asking.client().probe().held_back, 2U);
}

// ---- what each party's adapter reads
// ------------------------------------------------------------------------------------

TEST(HttpsParties, ReadWhatTheirPartiesSay) {
    test::SeededEntropy entropy(2);
    Asking register_says(say(http_answer(R"({"verdict":"card_invalid","reference":"r"})")));
    outside::HttpsRegister immigration(register_says.client());
    const auto verdict = immigration.match(RequestId(), Sensitive(ports::CardQuery()));
    ASSERT_TRUE(verdict.has_value()) << verdict.error();
    EXPECT_EQ(verdict->verdict, ports::RegisterAnswer::Verdict::card_invalid);

    Asking face_says(
        say(http_answer(R"({"match_permille":950,"liveness_permille":1000,"reference":"f"})")));
    outside::HttpsMatcher matcher(face_says.client());
    const auto face = matcher.compare(RequestId(), Sensitive<Bytes>("a"), Sensitive<Bytes>("b"));
    ASSERT_TRUE(face.has_value()) << face.error();
    EXPECT_EQ(face->match_permille, 950U);

    Asking issues(say(http_answer(
        R"({"certificate":"Yw==","chain":"aQ==","serial":"AQI=","until_at":1900000000000})")));
    outside::HttpsAuthority authority(issues.client(), entropy);
    const auto issued = authority.issue(RequestId(), "key", Sensitive<std::string>("CHAN"));
    ASSERT_TRUE(issued.has_value()) << issued.error();
    EXPECT_EQ(issued->serial, Bytes("\x01\x02"));
    EXPECT_EQ(issued->until.millis(), 1'900'000'000'000);

    Asking takes(say(http_answer("{}")));
    outside::HttpsPush push(takes.client());
    EXPECT_TRUE(push.notify(RequestId(), DeviceId(), "device.bound").has_value());
}

TEST(HttpsParties, AreNotBelievedWhatMakesNoSense) {
    const std::vector<const char*> faces{
        R"({"match_permille":1001,"liveness_permille":0,"reference":"f"})",
        R"({"match_permille":-1,"liveness_permille":0,"reference":"f"})",
        R"({"match_permille":"950","liveness_permille":0,"reference":"f"})",
        R"({"match_permille":950,"reference":"f"})",
    };
    for (const char* answer : faces) {
        Asking asking(say(http_answer(answer)));
        outside::HttpsMatcher matcher(asking.client());
        const auto face =
            matcher.compare(RequestId(), Sensitive<Bytes>("a"), Sensitive<Bytes>("b"));
        ASSERT_FALSE(face.has_value()) << answer;
        EXPECT_EQ(face.error(), ports::outside_unreachable) << answer;
    }
    Asking asking(say(http_answer(R"({"verdict":"perhaps","reference":"r"})")));
    outside::HttpsRegister immigration(asking.client());
    EXPECT_EQ(immigration.match(RequestId(), Sensitive(ports::CardQuery())).error(),
              ports::outside_unreachable);
}

/// Only a certificate, and its end, can be refused for good; everything else that is asked is
/// nobody's wish.
TEST(HttpsParties, AreRefusedForGoodByTheAuthorityAlone) {
    test::SeededEntropy entropy(3);
    Asking asking(say(http_answer("{}", 403)));
    outside::HttpsAuthority authority(asking.client(), entropy);
    EXPECT_EQ(authority.issue(RequestId(), "key", Sensitive<std::string>("CHAN")).error(),
              ports::outside_refused);
    EXPECT_EQ(authority.revocation_list().error(), ports::outside_unreachable);
    EXPECT_EQ(authority.revoke(RequestId(), "1").error(), ports::outside_refused);
    outside::HttpsRegister immigration(asking.client());
    EXPECT_EQ(immigration.match(RequestId(), Sensitive(ports::CardQuery())).error(),
              ports::outside_unreachable);
}

// ---- callbacks
// ------------------------------------------------------------------------------------

rp::CallbackSender loopback_sender() {
    rp::CallbackSender::Options options;
    options.connect = milliseconds(500);
    options.answer = milliseconds(1000);
    options.sandbox = true;
    return rp::CallbackSender(options);
}

rp::Callback to(const TlsParty& party) {
    return {"http://127.0.0.1:" + std::to_string(party.port()) + "/callback", "application/json",
            "{}"};
}

TEST(RpCallbackSender, HoldsItsThreadNoLongerThanItsTimeHoweverTheReceiverDrips) {
    for (const std::string first : {"", "HTTP/1.1 200 OK\r\nX: "}) {
        const TlsParty party(drip(first, 'H'));
        const auto began = std::chrono::steady_clock::now();
        const auto sent = loopback_sender().send(to(party));
        ASSERT_FALSE(sent.has_value());
        EXPECT_EQ(sent.error(), rp::callback_unreachable);
        EXPECT_LT(std::chrono::steady_clock::now() - began, soon);
        EXPECT_EQ(party.requests(), 1U);
    }
}

TEST(RpCallbackSender, CountsAStatusThatCameInTime) {
    for (const int status : {200, 204, 500}) {
        const std::string head = "HTTP/1.1 " + std::to_string(status) + " X\r\n";
        const TlsParty party(drip(head + "Content-Length: 100000\r\n\r\n", 'x'));
        const auto began = std::chrono::steady_clock::now();
        const auto sent = loopback_sender().send(to(party));
        ASSERT_TRUE(sent.has_value()) << status << ": " << sent.error();
        EXPECT_EQ(*sent, status);
        EXPECT_LT(std::chrono::steady_clock::now() - began, soon);
    }
}

}  // namespace
}  // namespace chopmark
