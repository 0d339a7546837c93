// A relying party at a GatewayBench: a service of its own with a key of its own, calling the
// gateway's rows as the front does. What it would send and read is built by the gateway's own
// ciphers, which have vectors of their own (rp_wire_test.cc). Its browser opens pages and asks them
// for news. Of one bench and one thread.
#pragma once

#include "events/crypto/rsa.h"
#include "gateways/rp/rp_gateway.h"
#include "tests/support/gateway_bench.h"

namespace chopmark::test {

class WireClient {
  public:
    /// Approved for these scopes, with the addresses of library().
    WireClient(GatewayBench& bench, const std::set<std::string>& scopes,
               const control::RelyingPartyFacts& facts = library());

    [[nodiscard]] const ClientId& id() const { return id_; }
    [[nodiscard]] const crypto::Secret32& content_key() const { return key_; }
    [[nodiscard]] const std::string& secret() const { return secret_; }

    /// A signed POST and its answer, as they were on the wire.
    struct Exchange {
        std::string path;
        httplib::Headers headers;
        std::string body;
        int status = 0;
        std::string answer;
    };
    /// All of them, in their order.
    [[nodiscard]] const std::vector<Exchange>& exchanges() const { return exchanges_; }

    /// The envelope of the answer to a signed POST, below /api/v1 unless the path begins with /api;
    /// the content, if there is any, is opened.
    Json post(const std::string& path, const Json& content);

    /// What was encrypted for this client: of a callback.
    [[nodiscard]] Json open(const std::string& content) const;
    /// What the relying parties' gateway needs, of a bench.
    static rp::Ports ports_of(GatewayBench& bench);

    struct Page {
        std::string location;  // of a redirect
        std::string handle;
        std::string cookie;
        std::string number;
    };
    /// getQR with these parameters beside clientID, responseType and redirectURI.
    Page open_page(const std::map<std::string, std::string>& params);
    /// What the page is told; null while it waits.
    Json news(const Page& page, bool scanned);

    static constexpr const char* redirect_uri = "https://library.example/back";

  private:
    /// Nothing while it is parked.
    std::optional<httplib::Response> call(httplib::Request request);
    Json send(const std::string& path, const std::string& body);

    GatewayBench& bench_;
    ClientId id_;
    std::string secret_ = "the secret of this client alone";
    rp::RpGateway gateway_;
    std::vector<http::Route> rows_;
    crypto::Secret32 key_;
    std::uint64_t calls_ = 0;
    std::vector<Exchange> exchanges_;
};

}  // namespace chopmark::test
