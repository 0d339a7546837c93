#include "ops/figures/phones.h"

#include <fmt/format.h>

#include "events/crypto/digest.h"
#include "gateways/service/signed_message.h"

namespace chopmark::figures {
namespace {

Result<void> open_session(Wire& wire, Phone& phone) {
    CHOPMARK_ASSIGN(
        const std::string answer,
        signed_call(wire, phone,
                    {.target = "/app/v1/session", .command = "app.session.open", .body = "{}"}));
    phone.session = member(answer, "session");
    const auto key = from_base64(member(answer, "key"));
    if (phone.session.empty() || !key) {
        return Error(answer_bad, "session");
    }
    phone.session_key = *key;
    return {};
}

}  // namespace

Result<std::vector<Phone>> register_phones(NodeHome& node, People& people, const Origin& app,
                                           std::size_t number, schema::Grade grade) {
    std::vector<crypto::P256PrivateKey> keys;
    for (std::size_t i = 0; i < number; ++i) {
        keys.push_back(crypto::P256PrivateKey::generate(node.entropy()));
    }
    CHOPMARK_ASSIGN(const auto persons,
                    people.register_citizens(
                        number, [&](std::uint64_t i) { return keys[i].point().to_bytes(); },
                        [](std::uint64_t) {}, grade));
    CHOPMARK_ASSIGN(Wire wire, Wire::connect(app));
    std::vector<Phone> out;
    for (std::size_t i = 0; i < number; ++i) {
        out.push_back({persons[i], std::move(keys[i]), {}, {}});
        CHOPMARK_TRY(open_session(wire, out.back()));
    }
    return out;
}

Result<std::string> signed_call(Wire& wire, const Phone& phone, const SignedCall& call) {
    CHOPMARK_ASSIGN(const auto asked, wire.call("POST", "/app/v1/challenge", "", "{}"));
    const std::string challenge(member(asked.body, "challenge"));
    const std::string environment(member(asked.body, "environment"));
    service::SignedMessage message;
    message.environment = environment;
    message.command = call.command;
    message.challenge = challenge;
    message.client = call.client;
    message.text_digest = call.text_digest;
    message.body = call.body;
    const std::string headers = fmt::format(
        "Chopmark-Account: {}\r\nChopmark-Device: {}\r\nChopmark-Challenge: {}\r\n"
        "Chopmark-Signature: {}\r\n",
        phone.person.account.hex(), phone.person.device.hex(), challenge,
        to_base64(phone.key.sign_der(service::signed_message(message))));
    CHOPMARK_ASSIGN(auto answer, wire.call("POST", call.target, headers, call.body));
    return std::move(answer.body);
}

Result<WireAnswer> session_call(NodeHome& node, Wire& wire, const Phone& phone,
                                std::string_view method, std::string_view target,
                                std::string_view body) {
    const std::string time = std::to_string(node.clock().now().millis());
    const Digest mac = crypto::hmac_sha256(
        phone.session_key, {method, "\n", target, "\n", time, "\n", crypto::sha256(body).hex()});
    return wire.call(
        method, target,
        fmt::format("Chopmark-Session: {}\r\nChopmark-Time: {}\r\nChopmark-Mac: {}\r\n",
                    phone.session, time, to_base64(mac.bytes())),
        body);
}

}  // namespace chopmark::figures
