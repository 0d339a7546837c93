#include "tests/support/wire_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "gateways/http/problem.h"
#include "gateways/rp/content_cipher.h"
#include "gateways/rp/request_signature.h"

namespace chopmark::test {
namespace {

/// Keys are slow to make: one for all clients of a process.
const crypto::RsaPrivateKey& key_pair() {
    static const crypto::RsaPrivateKey key = crypto::RsaPrivateKey::generate();
    return key;
}

/// Keeps what the front would have sent.
class Sent final : public http::ReplyTarget {
  public:
    Sent(const http::Route& row, http::CallPtr call) : row_(row), call_(std::move(call)) {}
    void answer(httplib::Response response) override { response_ = std::move(response); }
    void fail(const Error& error) override {
        response_ = row_.render_error ? row_.render_error(error, *call_)
                                      : http::problem(error, call_->trace);
    }
    void drop() override { ADD_FAILURE() << row_.name << ": dropped"; }
    void park(http::Park) override {}
    http::Stream open_stream(httplib::Response, http::StreamHooks) override { return {}; }
    [[nodiscard]] bool is_open() const override { return !response_; }

    std::optional<httplib::Response> response_;

  private:
    const http::Route& row_;
    http::CallPtr call_;
};

}  // namespace

rp::Ports WireClient::ports_of(GatewayBench& bench) {
    return {bench.service(), *bench.finder, bench.snapshots, *bench.secrets,
            *bench.queries,  *bench.desk,   *bench.networks, *bench.vault,
            bench.clock,     bench.entropy, bench.work};
}

Json WireClient::open(const std::string& content) const {
    const auto sealed = rp::parse_content(content);
    const auto plain = sealed ? rp::open_content(key_, *sealed) : Result<Bytes>(sealed.error());
    return plain ? Json::parse(*plain) : Json();
}

WireClient::WireClient(GatewayBench& bench, const std::set<std::string>& scopes,
                       const control::RelyingPartyFacts& facts)
    : bench_(bench),
      id_(bench.entropy.draw<ClientId>()),
      gateway_(ports_of(bench), rp::Options()),
      rows_(gateway_.routes()) {
    control::ApplyRelyingParty apply;
    apply.client = id_;
    apply.scopes = scopes;
    apply.facts = facts;
    apply.kek = key_pair().public_key().spki();
    ensure(bench.order(control::RelyingPartyCommand(apply), true).has_value(), "it applies");
    control::ApproveRelyingParty approve;
    approve.client = id_;
    approve.scopes = scopes;
    approve.client_secret = Sensitive(Bytes(secret_));
    ensure(bench.order(control::RelyingPartyCommand(approve)).has_value(), "it is approved");
    const Json given = send("/security/getKey", "");
    const auto wrapped = from_base64(given.at("content").at("secretKey").get<std::string>());
    key_ = crypto::Secret32::from(key_pair().decrypt(*wrapped)->reveal());
}

std::optional<httplib::Response> WireClient::call(httplib::Request request) {
    const auto row = std::ranges::find(rows_, request.path, &http::Route::path);
    ensure(row != rows_.end(), "a row of that path");
    auto made = std::make_shared<http::Call>();
    request.remote_addr = "127.0.0.1";
    made->request = std::move(request);
    made->route = &*row;
    const auto sent = std::make_shared<Sent>(*row, made);
    http::Reply reply(sent);
    if (const auto* now = std::get_if<http::Handler>(&row->handler)) {
        reply.finish((*now)(*made));
    } else {
        std::get<http::AsyncHandler>(row->handler)(made, std::move(reply));
    }
    bench_.run();
    return sent->response_;
}

Json WireClient::send(const std::string& path, const std::string& body) {
    const std::string timestamp = std::to_string(bench_.clock.now().millis());
    const std::string nonce = fmt::format("nonce-{}", ++calls_);
    httplib::Request request;
    request.path = path.starts_with("/api/") ? path : "/api/v1" + path;
    request.body = body;
    request.headers = {{"clientID", id_.hex()},
                       {"signatureMethod", "HmacSHA256"},
                       {"timestamp", timestamp},
                       {"nonce", nonce},
                       {"signature", rp::sign_request(id_.hex(), timestamp, nonce, body, secret_)}};
    const auto answer = call(request);
    if (!answer) {
        ADD_FAILURE() << path << " was not answered";
        return Json::object();
    }
    exchanges_.push_back(
        {request.path, request.headers, request.body, answer->status, answer->body});
    return Json::parse(answer->body);
}

Json WireClient::post(const std::string& path, const Json& content) {
    crypto::AeadNonce iv{};
    bench_.entropy.fill(iv);
    Json envelope =
        send(path, Json{{"content", rp::seal_content(key_, iv, content.dump())}}.dump());
    if (envelope.contains("content")) {
        const auto sealed = rp::parse_content(envelope["content"].get<std::string>()).value();
        envelope["content"] = Json::parse(rp::open_content(key_, sealed).value());
    }
    return envelope;
}

WireClient::Page WireClient::open_page(const std::map<std::string, std::string>& params) {
    httplib::Request request;
    request.path = "/api/v1/auth/getQR";
    request.params = {
        {"responseType", "code"}, {"clientID", id_.hex()}, {"redirectURI", redirect_uri}};
    request.params.insert(params.begin(), params.end());
    const auto answer = call(std::move(request));
    Page page;
    if (!answer) {
        ADD_FAILURE() << "getQR was not answered";
        return page;
    }
    constexpr std::string_view before = "<p class=\"number\">";
    if (const auto at = answer->body.find(before); at != std::string::npos) {
        page.number = answer->body.substr(at + before.size(), 2);
    }
    page.location = answer->get_header_value("Location");
    const std::string cookie = answer->get_header_value("Set-Cookie");
    page.cookie = cookie.substr(0, cookie.find(';'));
    page.handle = page.cookie.substr(std::min<std::size_t>(1, page.cookie.size()), 26);
    return page;
}

Json WireClient::news(const Page& page, bool scanned) {
    httplib::Request request;
    request.path = "/api/v1/auth/qr/wait";
    request.params = {{"handle", page.handle}, {"scanned", scanned ? "1" : "0"}};
    request.set_header("Cookie", page.cookie);
    const auto answer = call(std::move(request));
    return answer ? Json::parse(answer->body, nullptr, false) : Json();
}

}  // namespace chopmark::test
