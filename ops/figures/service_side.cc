#include "ops/figures/service_side.h"

#include <fmt/format.h>

#include "events/crypto/aead.h"
#include "events/crypto/digest.h"

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t iv_bytes = 12;

}  // namespace

std::string url_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

Result<std::unique_ptr<ServiceSide>> ServiceSide::open(NodeHome& node, People& people,
                                                       const Origin& rp,
                                                       const ServiceWants& wants) {
    auto side = std::unique_ptr<ServiceSide>(new ServiceSide(node, rp));
    CHOPMARK_ASSIGN(side->service_, people.open_service(side->rsa_.public_key().spki(), wants));
    CHOPMARK_TRY(side->fetch_content_key());
    return side;
}

std::string ServiceSide::headers(std::string_view body) {
    const std::string client = service_.client.hex();
    const std::string time = std::to_string(node_.clock().now().millis());
    const std::string nonce = node_.entropy().draw<RequestId>().hex();
    const Digest mac =
        crypto::hmac_sha256(service_.secret, {client, "HmacSHA256", time, nonce, body});
    return fmt::format(
        "clientID: {}\r\nsignatureMethod: HmacSHA256\r\ntimestamp: {}\r\nnonce: {}\r\n"
        "signature: {}\r\n",
        client, time, nonce, url_encode(to_base64(mac.bytes())));
}

std::string ServiceSide::seal(std::string_view text) {
    crypto::AeadNonce iv{};
    node_.entropy().fill(iv);
    Bytes out;
    append_big_endian(out, static_cast<std::uint32_t>(iv_bytes));
    out += view(iv);
    out += crypto::aead_seal(content_key_, iv, {}, text);
    return to_base64(out);
}

Result<std::string> ServiceSide::unseal(std::string_view body) const {
    const auto sealed = from_base64(member(body, "content"));
    if (!sealed || sealed->size() < 4 + iv_bytes + crypto::aead_tag_bytes) {
        return Error(answer_bad, std::string(body.substr(0, 200)));
    }
    const ByteView bytes = *sealed;
    return crypto::aead_open(content_key_, to_array<iv_bytes>(bytes.substr(4, iv_bytes)), {},
                             bytes.substr(4 + iv_bytes));
}

Result<void> ServiceSide::fetch_content_key() {
    CHOPMARK_ASSIGN(Wire wire, Wire::connect(rp_));
    // A client secret is found by the index of events, which follows the approval a moment later.
    const auto until = SteadyClock::now() + std::chrono::seconds(5);
    WireAnswer answer;
    do {
        CHOPMARK_ASSIGN(answer, wire.call("POST", "/api/v1/security/getKey", headers(""), ""));
    } while (member(answer.body, "secretKey").empty() && SteadyClock::now() < until);
    const auto wrapped = from_base64(member(answer.body, "secretKey"));
    if (!wrapped || wrapped->empty()) {
        return Error(answer_bad, "getKey: " + answer.body.substr(0, 200));
    }
    CHOPMARK_ASSIGN(const auto key, rsa_.decrypt(*wrapped));
    content_key_ = crypto::Secret32::from(key.reveal());
    return {};
}

Result<std::string> ServiceSide::call(Wire& wire, std::string_view path, std::string_view content) {
    const std::string body = fmt::format(R"({{"content":"{}"}})", seal(content));
    CHOPMARK_ASSIGN(const auto answer,
                    wire.call("POST", fmt::format("/api/v1{}", path), headers(body), body));
    return unseal(answer.body);
}

Result<ServiceSide::Token> ServiceSide::get_token(Wire& wire, std::string_view code) {
    CHOPMARK_ASSIGN(const std::string content,
                    call(wire, "/auth/getToken",
                         fmt::format(R"({{"code":"{}","grantType":"authorization_code"}})", code)));
    Token out{std::string(member(content, "accessToken")), std::string(member(content, "openID"))};
    return out.access_token.empty() ? Result<Token>(Error(answer_bad, "getToken without a token"))
                                    : Result<Token>(std::move(out));
}

}  // namespace chopmark::figures
