#include "ops/sandbox/terminal.h"

#include "gateways/outside/sandbox_cards.h"
#include "gateways/service/signed_message.h"

namespace chopmark::sandbox {
namespace {

constexpr const char* agent = "ChopmarkTerminal/1.0 (sandbox)";

}  // namespace

SimulatedTerminal::SimulatedTerminal(std::string id, std::string kind, crypto::P256PrivateKey key,
                                     std::optional<SandboxOperator> op, Gateways gateways)
    : id_(std::move(id)),
      kind_(std::move(kind)),
      key_(std::move(key)),
      operator_(std::move(op)),
      gateways_(gateways) {}

Result<SimulatedTerminal> SimulatedTerminal::load(const std::filesystem::path& file,
                                                  Gateways gateways) {
    CHOPMARK_ASSIGN(const Json state, read_state(file));
    CHOPMARK_ASSIGN(const std::string id, service::text_of(state, "terminal"));
    CHOPMARK_ASSIGN(const std::string kind, service::text_of(state, "kind"));
    CHOPMARK_ASSIGN(const std::string hex, service::text_of(state, "key"));
    CHOPMARK_ASSIGN(auto key, key_from_hex(hex));
    std::optional<SandboxOperator> op;
    if (service::has(state, "operator")) {
        CHOPMARK_ASSIGN(const std::string name, service::text_of(state, "operator"));
        CHOPMARK_ASSIGN(const std::string scalar, service::text_of(state, "operator_key"));
        CHOPMARK_ASSIGN(auto operator_key, key_from_hex(scalar));
        op = SandboxOperator{name, std::move(operator_key)};
    }
    return SimulatedTerminal(id, kind, std::move(key), std::move(op), gateways);
}

Result<void> SimulatedTerminal::save(const std::filesystem::path& file) const {
    Json state{{"terminal", id_}, {"kind", kind_}, {"key", key_to_hex(key_)}};
    if (operator_) {
        state["operator"] = operator_->id;
        state["operator_key"] = key_to_hex(operator_->key);
    }
    return write_state(file, state);
}

Caller SimulatedTerminal::caller() const { return {gateways_.channel(), "127.0.0.1", agent}; }

Result<Answer> SimulatedTerminal::register_citizen(const Persona& citizen, const Face& face,
                                                   bool same_face) {
    CHOPMARK_ASSIGN(const Json issued,
                    expect_success(caller().post("/channel/v1/challenge", "{}")));
    CHOPMARK_ASSIGN(const std::string challenge, service::text_of(issued, "challenge"));
    CHOPMARK_ASSIGN(const std::string environment, service::text_of(issued, "environment"));
    const auto bytes = from_base64(challenge);
    if (!bytes) {
        return Error(bad_answer, "challenge");
    }
    const auto reading = outside::sandbox_chip(citizen.card, *bytes);
    Json body{{"card", card_to_json(citizen.card)},
              {"chip",
               {{"issuer_signature", to_base64(reading.issuer_signature)},
                {"chip_key", to_base64(reading.chip_key)},
                {"answer", to_base64(reading.answer)}}},
              {"shift", "day"}};
    if (operator_) {
        body["same_face"] = same_face;
    } else {
        body["selfie"] =
            to_base64(outside::sandbox_selfie(citizen.card.number, face.match, face.liveness));
    }
    const std::string text = body.dump();
    service::SignedMessage message;
    message.signer = service::Signer::terminal;
    message.environment = environment;
    message.command = "channel.registration";
    message.challenge = challenge;
    message.body = text;
    httplib::Headers headers{
        {"Chopmark-Terminal", id_},
        {"Chopmark-Challenge", challenge},
        {"Chopmark-Signature", to_base64(key_.sign_der(service::signed_message(message)))}};
    if (operator_) {
        message.signer = service::Signer::op;
        headers.emplace("Chopmark-Operator", operator_->id);
        headers.emplace("Chopmark-Operator-Signature",
                        to_base64(operator_->key.sign_der(service::signed_message(message))));
    }
    return caller().post("/channel/v1/registrations", text, headers);
}

}  // namespace chopmark::sandbox
