#include "ops/figures/login_traffic.h"

#include <fmt/format.h>

#include <mutex>
#include <thread>

#include "events/crypto/aead.h"
#include "events/crypto/digest.h"
#include "gateways/service/signed_message.h"

namespace chopmark::figures {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t iv_bytes = 12;
constexpr std::string_view scopes = "eidapi_auth";

std::string url_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// The code in the redirect that the page is told; a JSON text may escape the slashes, not that.
std::string code_in(std::string_view news) {
    std::string_view code = between(news, "code=", "\"");
    return std::string(code.substr(0, std::min(code.find('&'), code.size())));
}

}  // namespace

struct LoginTraffic::Caller {
    static Result<Caller> connect(const Gateways& gateways) {
        CHOPMARK_ASSIGN(auto browser, Wire::connect(gateways.rp));
        CHOPMARK_ASSIGN(auto phone, Wire::connect(gateways.app));
        CHOPMARK_ASSIGN(auto server, Wire::connect(gateways.rp));
        return Caller{std::move(browser), std::move(phone), std::move(server)};
    }
    Wire browser;
    Wire phone;
    Wire server;
};

LoginTraffic::LoginTraffic(NodeHome& node, const Gateways& gateways)
    : node_(node), gateways_(gateways), people_(node), rsa_(crypto::RsaPrivateKey::generate()) {}

Result<std::unique_ptr<LoginTraffic>> LoginTraffic::prepare(NodeHome& node,
                                                            const Gateways& gateways,
                                                            std::size_t phones) {
    auto traffic = std::unique_ptr<LoginTraffic>(new LoginTraffic(node, gateways));
    CHOPMARK_ASSIGN(traffic->service_,
                    traffic->people_.open_service(traffic->rsa_.public_key().spki()));
    traffic->qr_target_ = fmt::format(
        "/api/v1/auth/getQR?clientID={}&responseType=code&source=PC_Browser&redirectURI={}"
        "&scope={}&lang=en-US&state=figures",
        traffic->service_.client.hex(), url_encode(traffic->service_.redirect_uri), scopes);
    CHOPMARK_TRY(traffic->fetch_content_key());
    std::vector<crypto::P256PrivateKey> keys;
    for (std::size_t i = 0; i < phones; ++i) {
        keys.push_back(crypto::P256PrivateKey::generate(node.entropy()));
    }
    CHOPMARK_ASSIGN(const auto people,
                    traffic->people_.register_citizens(
                        phones, [&](std::uint64_t i) { return keys[i].point().to_bytes(); },
                        [](std::uint64_t) {}));
    CHOPMARK_ASSIGN(Wire wire, Wire::connect(gateways.app));
    for (std::size_t i = 0; i < phones; ++i) {
        traffic->phones_.push_back({people[i], std::move(keys[i]), {}, {}});
        CHOPMARK_TRY(traffic->open_session(wire, traffic->phones_.back()));
    }
    return traffic;
}

Result<void> LoginTraffic::register_more(std::uint64_t number,
                                         const std::function<void(std::uint64_t)>& told) {
    const Bytes key = "\x04" + Bytes(64, 'x');
    CHOPMARK_TRY(people_.register_citizens(
        number, [&key](std::uint64_t) { return key; }, told));
    return {};
}

// ---- the phone
// -----------------------------------------------------------------------------------

Result<std::string> LoginTraffic::signed_call(Wire& wire, const Phone& phone,
                                              std::string_view target, std::string_view command,
                                              std::string_view body, std::string_view client,
                                              std::string_view text_digest) {
    CHOPMARK_ASSIGN(const auto asked, wire.call("POST", "/app/v1/challenge", "", "{}"));
    const std::string challenge(member(asked.body, "challenge"));
    const std::string environment(member(asked.body, "environment"));
    service::SignedMessage message;
    message.environment = environment;
    message.command = command;
    message.challenge = challenge;
    message.client = client;
    message.text_digest = text_digest;
    message.body = body;
    const std::string headers = fmt::format(
        "Chopmark-Account: {}\r\nChopmark-Device: {}\r\nChopmark-Challenge: {}\r\n"
        "Chopmark-Signature: {}\r\n",
        phone.person.account.hex(), phone.person.device.hex(), challenge,
        to_base64(phone.key.sign_der(service::signed_message(message))));
    CHOPMARK_ASSIGN(auto answer, wire.call("POST", target, headers, body));
    return std::move(answer.body);
}

Result<void> LoginTraffic::open_session(Wire& wire, Phone& phone) {
    CHOPMARK_ASSIGN(const std::string answer,
                    signed_call(wire, phone, "/app/v1/session", "app.session.open", "{}", "", ""));
    phone.session = member(answer, "session");
    const auto key = from_base64(member(answer, "key"));
    if (phone.session.empty() || !key) {
        return Error(answer_bad, "session");
    }
    phone.session_key = *key;
    return {};
}

Result<std::string> LoginTraffic::approve(Caller& caller, const Phone& phone,
                                          std::string_view handle) {
    const std::string scan = fmt::format(R"({{"handle":"{}"}})", handle);
    const std::string time = std::to_string(node_.clock().now().millis());
    const Digest mac = crypto::hmac_sha256(
        phone.session_key, {"POST\n/app/v1/scans\n", time, "\n", crypto::sha256(scan).hex()});
    CHOPMARK_ASSIGN(
        const auto shown,
        caller.phone.call(
            "POST", "/app/v1/scans",
            fmt::format("Chopmark-Session: {}\r\nChopmark-Time: {}\r\nChopmark-Mac: {}\r\n",
                        phone.session, time, to_base64(mac.bytes())),
            scan));
    const std::string client(member(shown.body, "client"));
    const std::string digest = crypto::sha256(fmt::format("chopmark login\n{}\n{}\n{}", client,
                                                          scopes, member(shown.body, "login")))
                                   .hex();
    const std::string body = fmt::format(R"({{"claim":"{}","client":"{}","text_digest":"{}"}})",
                                         member(shown.body, "claim"), client, digest);
    return signed_call(caller.phone, phone, "/app/v1/logins/approve", "app.login.approve", body,
                       client, digest);
}

// ---- the relying party
// ---------------------------------------------------------------------------

std::string LoginTraffic::rp_headers(std::string_view body) {
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

std::string LoginTraffic::seal(std::string_view text) {
    crypto::AeadNonce iv{};
    node_.entropy().fill(iv);
    Bytes out;
    append_big_endian(out, static_cast<std::uint32_t>(iv_bytes));
    out += view(iv);
    out += crypto::aead_seal(content_key_, iv, {}, text);
    return to_base64(out);
}

Result<void> LoginTraffic::fetch_content_key() {
    CHOPMARK_ASSIGN(Wire wire, Wire::connect(gateways_.rp));
    // A client secret is found by the index of events, which follows the approval a moment later.
    const auto until = SteadyClock::now() + std::chrono::seconds(5);
    WireAnswer answer;
    do {
        CHOPMARK_ASSIGN(answer, wire.call("POST", "/api/v1/security/getKey", rp_headers(""), ""));
    } while (member(answer.body, "secretKey").empty() && SteadyClock::now() < until);
    const auto wrapped = from_base64(member(answer.body, "secretKey"));
    if (!wrapped || wrapped->empty()) {
        return Error(answer_bad, "getKey: " + answer.body.substr(0, 200));
    }
    CHOPMARK_ASSIGN(const auto key, rsa_.decrypt(*wrapped));
    content_key_ = crypto::Secret32::from(key.reveal());
    return {};
}

Result<void> LoginTraffic::get_token(Caller& caller, std::string_view code) {
    const std::string body =
        fmt::format(R"({{"content":"{}"}})",
                    seal(fmt::format(R"({{"code":"{}","grantType":"authorization_code"}})", code)));
    CHOPMARK_ASSIGN(const auto answer,
                    caller.server.call("POST", "/api/v1/auth/getToken", rp_headers(body), body));
    const auto sealed = from_base64(member(answer.body, "content"));
    if (!sealed || sealed->size() < 4 + iv_bytes + crypto::aead_tag_bytes) {
        return Error(answer_bad, "getToken: " + answer.body.substr(0, 200));
    }
    const ByteView bytes = *sealed;
    CHOPMARK_ASSIGN(const Bytes content,
                    crypto::aead_open(content_key_, to_array<iv_bytes>(bytes.substr(4, iv_bytes)),
                                      {}, bytes.substr(4 + iv_bytes)));
    return member(content, "accessToken").empty()
               ? Result<void>(Error(answer_bad, "getToken without a token"))
               : Result<void>();
}

// ---- whole logins
// --------------------------------------------------------------------------------

Result<void> LoginTraffic::log_in(Caller& caller, Phone& phone) {
    CHOPMARK_ASSIGN(const auto page, caller.browser.call("GET", qr_target_, "", ""));
    const std::string handle(between(page.body, "data-handle=\"", "\""));
    const std::string cookie(between(page.head, "Set-Cookie: ", ";"));
    if (handle.empty() || cookie.empty()) {
        return Error(answer_bad, "getQR: " + page.head.substr(0, 200));
    }
    const std::string wait = fmt::format("/api/v1/auth/qr/wait?handle={}&scanned=", handle);
    const std::string cookie_line = fmt::format("Cookie: {}\r\n", cookie);
    CHOPMARK_TRY(caller.browser.send("GET", wait + "0", cookie_line, ""));
    CHOPMARK_TRY(approve(caller, phone, handle));
    CHOPMARK_ASSIGN(auto news, caller.browser.receive());
    if (member(news.body, "state") == "scanned") {
        CHOPMARK_ASSIGN(news, caller.browser.call("GET", wait + "1", cookie_line, ""));
    }
    const std::string code = code_in(news.body);
    if (news.status != 200 || code.empty()) {
        return Error(answer_bad, "wait: " + news.body.substr(0, 200));
    }
    return get_token(caller, code);
}

Result<Clients::Outcome> LoginTraffic::run(unsigned callers, std::chrono::milliseconds warm,
                                           std::chrono::milliseconds span) {
    std::vector<Caller> connected;
    for (unsigned i = 0; i < callers; ++i) {
        CHOPMARK_ASSIGN(auto caller, Caller::connect(gateways_));
        connected.push_back(std::move(caller));
    }
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::optional<Error> first;
    std::vector<std::size_t> next(callers);
    Clients clients(callers);
    auto outcome = clients.run(
        [&](unsigned client) {
            if (failed) {
                return false;
            }
            Phone& phone = phones_[(client + callers * next[client]++) % phones_.size()];
            if (const auto done = log_in(connected[client], phone); !done) {
                const std::lock_guard lock(mutex);
                first = first ? first : done.error();
                failed = true;
                return false;
            }
            clients.answer(client);
            return true;
        },
        warm, span);
    return first ? Result<Clients::Outcome>(*first) : Result<Clients::Outcome>(outcome);
}

}  // namespace chopmark::figures
