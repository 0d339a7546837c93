#include "tests/support/test_phone.h"

#include "gateways/app/session.h"

namespace chopmark::test {
namespace {

constexpr keys::PasswordOptions cheap_passwords{64, 1, 1};

}  // namespace

TestPhone::TestPhone(GatewayBench& bench)
    : card{*citizen::HkidNumber::parse("A123456(3)"),
           "CHAN, Tai Man",
           "陳大文",
           'M',
           *citizen::parse_date("19900517"),
           *citizen::parse_date("20240105")},
      key(crypto::P256PrivateKey::generate(bench.entropy)),
      device(bench.entropy.draw<DeviceId>()),
      bench_(bench),
      gateway_(bench.app_ports(), app::AppOptions{cheap_passwords}),
      rows_(gateway_.routes()),
      authorizer_(*bench.secrets, *bench.queries, bench.clock) {}

Json TestPhone::card_json() const {
    const ports::CardQuery text = citizen::query_of(card);
    return {{"number", text.number},
            {"english_name", text.english_name},
            {"chinese_name", text.chinese_name},
            {"sex", text.sex},
            {"birth_date", text.birth_date},
            {"issue_date", text.issue_date}};
}

Json TestPhone::device_json() const {
    return {{"id", device.hex()},
            {"public_key", to_base64(key.point().bytes())},
            {"model", "Model 7"},
            {"os", "Android"},
            {"attestation", to_base64(outside::sandbox_attestation(
                                schema::ATTESTATION_LEVEL_TRUSTED_ENVIRONMENT, key.point()))}};
}

Json TestPhone::photo_form() const {
    return {{"channel", "app"},
            {"card", card_json()},
            {"selfie", to_base64(outside::sandbox_selfie(card.number, match, liveness))},
            {"picture", to_base64(outside::sandbox_picture(card.number))},
            {"device", device_json()}};
}

Json TestPhone::chip_form(const std::string& password, const std::string& challenge) const {
    const auto chip = outside::sandbox_chip(card, *from_base64(challenge));
    Json form = photo_form();
    form["channel"] = "nfc";
    form["email"] = "tm.chan@example.hk";
    form["password"] = password;
    form["phone"] = {{"maker", "android"}, {"major", 14}};
    form["chip"] = {{"issuer_signature", to_base64(chip.issuer_signature)},
                    {"chip_key", to_base64(chip.chip_key)},
                    {"answer", to_base64(chip.answer)}};
    return form;
}

GatewayAnswer TestPhone::register_by_photo() {
    auto answer = send_candidate("app.registration", "/app/v1/registrations", photo_form(),
                                 bench_.challenge(service::ChallengePurpose::app));
    if (answer.status == 200) {
        account = *AccountId::from_hex(answer.body["account"].get<std::string>());
    }
    return answer;
}

GatewayAnswer TestPhone::register_by_chip(const std::string& password) {
    const std::string challenge = bench_.challenge(service::ChallengePurpose::app);
    auto answer = send_candidate("app.registration", "/app/v1/registrations",
                                 chip_form(password, challenge), challenge);
    if (answer.status == 200) {
        account = *AccountId::from_hex(answer.body["account"].get<std::string>());
    }
    return answer;
}

GatewayAnswer TestPhone::rebind(const std::string& password) {
    const std::string challenge = bench_.challenge(service::ChallengePurpose::app);
    return send_candidate("app.device.rebind", "/app/v1/devices/rebind",
                          chip_form(password, challenge), challenge);
}

GatewayAnswer TestPhone::open_session() {
    auto answer = act("app.session.open", "/app/v1/session", Json::object());
    if (answer.status == 200) {
        session_ = *from_base64(answer.body["session"].get<std::string>());
        session_key_ = *from_base64(answer.body["key"].get<std::string>());
    }
    return answer;
}

GatewayAnswer TestPhone::send(const std::string& command, const std::string& path, const Json& body,
                              const std::string& challenge, const Json& sent) {
    const Bytes signature = bench_.sign(key, service::Signer::device, command, challenge, body);
    return bench_.call(rows_, authorizer_, "POST", path, sent.dump(),
                       {{"Chopmark-Account", account.hex()},
                        {"Chopmark-Device", device.hex()},
                        {"Chopmark-Challenge", challenge},
                        {"Chopmark-Signature", to_base64(signature)}});
}

GatewayAnswer TestPhone::send_candidate(const std::string& command, const std::string& path,
                                        const Json& body, const std::string& challenge) {
    const Bytes signature = bench_.sign(key, service::Signer::device, command, challenge, body);
    return bench_.call(rows_, authorizer_, "POST", path, body.dump(),
                       {{"Chopmark-Device", device.hex()},
                        {"Chopmark-Challenge", challenge},
                        {"Chopmark-Signature", to_base64(signature)}});
}

httplib::Headers TestPhone::session_headers(const std::string& method, const std::string& target,
                                            const std::string& body) const {
    const std::string time = std::to_string(bench_.clock.now().millis());
    const Digest mac =
        app::session_mac(crypto::Secret32::from(session_key_), {method, target, time, body});
    return {{"Chopmark-Session", to_base64(session_)},
            {"Chopmark-Time", time},
            {"Chopmark-Mac", to_base64(mac.bytes())}};
}

GatewayAnswer TestPhone::get(const std::string& target, const std::string& maced) {
    return bench_.call(rows_, authorizer_, "GET", target, "",
                       session_headers("GET", maced.empty() ? target : maced, ""));
}

GatewayAnswer TestPhone::post(const std::string& target, const Json& body) {
    return bench_.call(rows_, authorizer_, "POST", target, body.dump(),
                       session_headers("POST", target, body.dump()));
}

}  // namespace chopmark::test
