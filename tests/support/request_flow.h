// Requests of a relying party over both gateways of a whole node: a citizen of grade `sign` with a
// phone, a service that calls, and what the node owes in between. A test asks, answers and looks at
// what comes back.
#pragma once

#include <gtest/gtest.h>

#include "gateways/rp/callbacks.h"
#include "ops/owed_answers.h"
#include "tests/support/test_phone.h"
#include "tests/support/wire_client.h"

namespace chopmark::test {

/// facts/iamsmart-api.md 17, of A123456, whose card the phone's bearer holds.
inline constexpr const char* hash_of_chan = "rDcExehSzsiEp2laLaJqrtaX2ua9sdaugwaY5ONmYwk=";

struct RequestFlow : testing::Test {
    explicit RequestFlow(const std::set<std::string>& scopes,
                         const GatewayBench::Options& with = options())
        : bench(with), client(bench, scopes) {}
    void SetUp() override;

    /// Benches share the authority, which answers a request once: no two may draw the same ids.
    static GatewayBench::Options options();

    /// What the node looks after: certificates, signatures of what was approved, and what a process
    /// that died has left behind.
    void answer_owed();
    std::vector<ops::OwedAnswer> owed();

    GatewayAnswer scan(const WireClient::Page& page) {
        return phone.post("/app/v1/scans", {{"handle", page.handle}});
    }
    /// The token of a login at a page, with its number typed.
    Json log_in(const std::string& scopes);
    /// Parameters of the address that the browser is sent to.
    std::map<std::string, std::string> sent_to(const WireClient::Page& page);
    /// The only request that waits for the citizen.
    Json shown();
    static Json answer_to(const Json& request);
    /// All that a code brings.
    Json token_of(const std::string& code);
    RequestId only_request() {
        return bench.state_of(phone.account)->requests.requests.begin()->first;
    }
    Result<rp::Callback> callback(const RequestId& request, std::uint32_t sequence = 1);

    GatewayBench bench;
    TestPhone phone{bench};
    WireClient client;
};

// ---- bulk signing
// --------------------------------------------------------------------------------

/// What the document of that number says.
std::string bulk_document(std::size_t number);
/// The member `documents` of a request for so many of them.
Json bulk_documents(std::size_t count);
/// A multipart callback, read by a server that knows nothing of ours; `NAME file` is the name of
/// NAME's file.
Json parts_of(const rp::Callback& callback);
/// The ids of those whose signature is good under the certificate of the phone's bearer; of any
/// other the test fails.
std::set<std::string> verified(RequestFlow& flow, const Json& signatures);

}  // namespace chopmark::test
