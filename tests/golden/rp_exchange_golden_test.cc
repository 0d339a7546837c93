// Exchanges of bulk signing as they are on the wire, byte for byte: what a client of today sends
// and reads must go on being understood. A node under a seeded clock and chance answers the same
// calls again; the file has what any other program needs to check them by itself.
//
//   rp_exchanges.txt = "secret " text '\n' "key " hex(32) '\n' exchange*
//   exchange         = '\n' "> POST " path '\n' (name ": " value '\n')* '\n'
//                      body '\n' "~ " plaintext '\n'
//                      "< " status '\n' body '\n' ["~ " plaintext '\n']
//                                       ; plaintext: what the body's `content` opens to under key
//
// Signatures are under keys that nobody can draw again, so what is fetched of a signed request is
// not here. A new draw of chance on the way – of an id, an IV – changes bytes and no meaning:
// CHOPMARK_REFRESH=1 writes the file anew, and what differs but for ids and what is sealed is a
// change of the wire.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "events/crypto/aead.h"
#include "gateways/rp/content_cipher.h"
#include "gateways/rp/request_signature.h"
#include "tests/support/request_flow.h"

namespace chopmark::test {
namespace {

constexpr auto path = CHOPMARK_SOURCE_DIR "/tests/golden/data/rp_exchanges.txt";
constexpr const char* callback_uri = "https://library.example/callback";
constexpr const char* bulk_scopes = "eidapi_auth eidapi_bulksign";

std::string opened(const crypto::Secret32& key, const std::string& body) {
    const Json envelope = Json::parse(body, nullptr, false);
    if (!envelope.is_object() || !envelope.contains("content")) {
        return {};
    }
    const auto sealed = rp::parse_content(envelope["content"].get<std::string>());
    const auto plain = sealed ? rp::open_content(key, *sealed) : Result<Bytes>(sealed.error());
    return plain ? "~ " + *plain + "\n" : std::string();
}

std::string text_of(const WireClient::Exchange& exchange, const crypto::Secret32& key) {
    std::string out = "\n> POST " + exchange.path + "\n";
    for (const auto& [name, value] : exchange.headers) {
        out += name + ": " + value + "\n";
    }
    out += "\n" + exchange.body + "\n" + opened(key, exchange.body);
    out += "< " + std::to_string(exchange.status) + "\n" + exchange.answer + "\n";
    return out + opened(key, exchange.answer);
}

struct RpExchanges : RequestFlow {
    static GatewayBench::Options seeded() {
        GatewayBench::Options out;
        out.seed = 20240024;
        return out;
    }
    RpExchanges() : RequestFlow({"eidapi_auth", "eidapi_bulksign"}, seeded()) {}

    static Json request(const std::string& business_id, std::size_t count, const Json& more) {
        Json out{{"businessID", business_id},
                 {"source", "PC_Browser"},
                 {"redirectURI", callback_uri},
                 {"state", "st-1"},
                 {"department", "Works"},
                 {"serviceName", "Permits"},
                 {"documents", bulk_documents(count)}};
        out.update(more);
        return out;
    }
    Json post(const std::string& to, const Json& content) {
        Json answer = client.post(to, content);
        bench.run();
        return answer;
    }
    void approve() {
        ASSERT_EQ(
            phone.act("app.signature.approve", "/app/v1/signatures/approve", answer_to(shown()))
                .status,
            200);
        bench.run();
    }

    /// As a service that has its citizen logged in goes through it.
    void ask_a_citizen() {
        const Json token = log_in(bulk_scopes);
        const Json mine{{"accessToken", token["accessToken"]}, {"openID", token["openID"]}};
        post("/account/bdss/enquireStatus", {{"businessID", "b-1"}});
        post("/account/bdss/initiateRequest", request("b-1", 2, mine));
        post("/account/bdss/enquireStatus", {{"businessID", "b-1"}});
        post("/account/bdss/cancelRequest", {{"businessID", "b-1"}});
        post("/account/bdss/cancelRequest", {{"businessID", "b-1"}});
        post("/account/bdss/initiateRequest", request("b-1", 2, mine));
        post("/account/bdss/initiateRequest", request("b-2", 3, mine));
        approve();
        post("/account/bdss/enquireStatus", {{"businessID", "b-2"}});
        post("/account/bdss/ackResult", {{"businessID", "b-2"}, {"signingResult", "SR001"}});
        Json agree = mine;
        agree["businessID"] = "b-2";
        const Json agreed = post("/account/bdss/getBSQCToken", agree);
        Json agreeing = mine;
        agreeing["bsqcToken"] = agreed["content"]["bsqcToken"];
        post("/account/bdss/initiateRequest", request("b-3", 1, agreeing));
        post("/account/bdss/cancelRequest", {{"businessID", "b-3"}});
    }

    /// As one that has nobody logged in.
    void ask_nobody() {
        const char* to = "/anonymous/bdss/initiateRequest";
        post(to, request("b-4", 2, Json::object()));
        const Json asked = post(to, request("b-4", 2, {{"HKICHash", hash_of_chan}}));
        const auto page = client.open_page({{"source", "PC_Browser"},
                                            {"scope", "eidapi_bulksign"},
                                            {"ticketID", asked["content"]["ticketID"]}});
        ASSERT_EQ(
            phone.post("/app/v1/scans", {{"handle", page.handle}, {"number", page.number}}).status,
            200);
        approve();
        const Json token = token_of(sent_to(page).at("code"));
        post("/anonymous/bdss/getResult", {{"businessID", "b-4"},
                                           {"accessToken", token["accessToken"]},
                                           {"openID", token["openID"]}});
        post("/account/bdss/enquireStatus", {{"businessID", "b-4"}});
    }
    std::string text() {
        std::string out =
            "secret " + client.secret() + "\nkey " + to_hex(client.content_key().reveal()) + "\n";
        for (const auto& exchange : client.exchanges()) {
            // The key comes wrapped, which takes chance of its own.
            if (!exchange.path.ends_with("/getKey")) {
                out += text_of(exchange, client.content_key());
            }
        }
        return out;
    }
};

TEST_F(RpExchanges, AreTheBytesThatWereStored) {
    ask_a_citizen();
    ask_nobody();
    const std::string made = text();
    if (std::getenv("CHOPMARK_REFRESH") != nullptr) {
        std::ofstream(path) << made;
    }
    std::ostringstream stored;
    stored << std::ifstream(path).rdbuf();
    EXPECT_EQ(stored.str(), made);
}

}  // namespace
}  // namespace chopmark::test
