#include "ops/sandbox/phone.h"

#include <fmt/format.h>

#include "events/core/clock.h"
#include "events/crypto/digest.h"
#include "gateways/outside/sandbox_cards.h"
#include "gateways/service/signed_message.h"

namespace chopmark::sandbox {
namespace {

constexpr const char* agent = "ChopmarkApp/1.0 (sandbox; Android 14)";
constexpr std::int64_t session_margin_ms = 30'000;

std::int64_t now_ms() { return SystemClock().now().millis(); }

std::string text_member(const Json& object, const char* name) {
    return service::text_of(object, name).value_or("");
}

/// Passwords of the sandbox are drawn, as people would not.
std::string draw_password(Entropy& entropy) { return entropy.draw<DeviceId>().hex(); }

/// The end of a QR's link – a handle, and the code of a picture that is redrawn – or that itself.
std::string handle_in(const std::string& qr_text) {
    const std::size_t slash = qr_text.rfind('/');
    return slash == std::string::npos ? qr_text : qr_text.substr(slash + 1);
}

}  // namespace

std::string login_text_digest(const std::string& client, const std::vector<std::string>& scopes,
                              const std::string& login) {
    return crypto::sha256(
               fmt::format("chopmark login\n{}\n{}\n{}", client, fmt::join(scopes, " "), login))
        .hex();
}

SimulatedPhone::SimulatedPhone(Persona bearer, Gateways gateways, Entropy& entropy)
    : bearer_(std::move(bearer)),
      gateways_(gateways),
      key_(crypto::P256PrivateKey::generate(entropy)),
      device_(entropy.draw<DeviceId>().hex()),
      password_(draw_password(entropy)) {}

Result<SimulatedPhone> SimulatedPhone::load(const std::filesystem::path& file, Gateways gateways,
                                            Entropy& entropy) {
    CHOPMARK_ASSIGN(const Json state, read_state(file));
    Persona bearer;
    bearer.name = text_member(state, "persona");
    bearer.email = text_member(state, "email");
    CHOPMARK_ASSIGN(const Json card, service::object_of(state, "card"));
    CHOPMARK_ASSIGN(bearer.card, card_from_json(card));
    SimulatedPhone phone(std::move(bearer), gateways, entropy);
    CHOPMARK_ASSIGN(phone.key_, key_from_hex(text_member(state, "key")));
    phone.device_ = text_member(state, "device");
    phone.account_ = text_member(state, "account");
    phone.address_ = text_member(state, "address");
    phone.password_ = text_member(state, "password");
    return phone;
}

Result<void> SimulatedPhone::save(const std::filesystem::path& file) const {
    return write_state(file, {{"persona", bearer_.name},
                              {"email", bearer_.email},
                              {"card", card_to_json(bearer_.card)},
                              {"key", key_to_hex(key_)},
                              {"device", device_},
                              {"account", account_},
                              {"address", address_},
                              {"password", password_}});
}

Caller SimulatedPhone::caller() const { return {gateways_.app(), address_, agent}; }

// ---- what it shows of itself
// ---------------------------------------------------------------------

Json SimulatedPhone::device_json() const {
    return {{"id", device_},
            {"public_key", to_base64(key_.point().bytes())},
            {"model", "Sandbox 1"},
            {"os", "android"},
            {"os_version", "14"},
            {"app_version", "1.0"},
            {"attestation", to_base64(outside::sandbox_attestation(
                                schema::ATTESTATION_LEVEL_SECURE_ELEMENT, key_.point()))}};
}

Json SimulatedPhone::card_json() const {
    Json card = card_to_json(bearer_.card);
    if (!shown_number_.empty()) {
        card["number"] = shown_number_;
    }
    return card;
}

Json SimulatedPhone::chip_json(const Challenge& challenge) const {
    const auto reading = outside::sandbox_chip(bearer_.card, challenge.bytes);
    return {{"issuer_signature", to_base64(reading.issuer_signature)},
            {"chip_key", to_base64(reading.chip_key)},
            {"answer", to_base64(reading.answer)}};
}

std::string SimulatedPhone::selfie(const Face& face) const {
    return to_base64(outside::sandbox_selfie(bearer_.card.number, face.match, face.liveness));
}

// ---- calls
// ---------------------------------------------------------------------------------------

Result<SimulatedPhone::Challenge> SimulatedPhone::challenge() const {
    CHOPMARK_ASSIGN(const Json answer, expect_success(caller().post("/app/v1/challenge", "{}")));
    Challenge out;
    CHOPMARK_ASSIGN(out.text, service::text_of(answer, "challenge"));
    CHOPMARK_ASSIGN(out.environment, service::text_of(answer, "environment"));
    auto bytes = from_base64(out.text);
    if (!bytes) {
        return Error(bad_answer, "challenge");
    }
    out.bytes = *std::move(bytes);
    return out;
}

Result<Answer> SimulatedPhone::signed_call(const std::string& path, std::string_view command,
                                           const MakeBody& body, bool bound) {
    CHOPMARK_ASSIGN(const Challenge challenge, this->challenge());
    const Json object = body(challenge);
    const std::string text = object.dump();
    const std::string client = text_member(object, "client");
    const std::string digest = text_member(object, "text_digest");
    service::SignedMessage message;
    message.signer = service::Signer::device;
    message.environment = challenge.environment;
    message.command = command;
    message.challenge = challenge.text;
    message.client = client;
    message.text_digest = digest;
    message.body = text;
    httplib::Headers headers{
        {"Chopmark-Device", device_},
        {"Chopmark-Challenge", challenge.text},
        {"Chopmark-Signature", to_base64(key_.sign_der(service::signed_message(message)))}};
    if (bound) {
        headers.emplace("Chopmark-Account", account_);
    }
    auto answer = caller().post(path, text, headers);
    if (watcher_) {
        watcher_({path, headers, text, answer});
    }
    return answer;
}

Result<Answer> SimulatedPhone::signed_call(const std::string& path, std::string_view command,
                                           const Json& body) {
    return signed_call(
        path, command, [&body](const Challenge&) { return body; }, /*bound=*/true);
}

Result<void> SimulatedPhone::open_session() {
    if (!session_.empty() && now_ms() + session_margin_ms < session_until_ms_) {
        return {};
    }
    CHOPMARK_ASSIGN(const Json answer, expect_success(signed_call(
                                           "/app/v1/session", "app.session.open", Json::object())));
    CHOPMARK_ASSIGN(session_, service::text_of(answer, "session"));
    CHOPMARK_ASSIGN(session_key_, service::bytes_of(answer, "key"));
    CHOPMARK_ASSIGN(session_until_ms_, service::number_of(answer, "expires_at"));
    return {};
}

Result<Answer> SimulatedPhone::session_call(const std::string& method, const std::string& target,
                                            const std::string& body) {
    CHOPMARK_TRY(open_session());
    const std::string time = std::to_string(now_ms());
    const Digest mac = crypto::hmac_sha256(
        session_key_,
        fmt::format("{}\n{}\n{}\n{}", method, target, time, crypto::sha256(body).hex()));
    const httplib::Headers headers{{"Chopmark-Session", session_},
                                   {"Chopmark-Time", time},
                                   {"Chopmark-Mac", to_base64(mac.bytes())}};
    return method == "GET" ? caller().get(target, headers) : caller().post(target, body, headers);
}

Result<Answer> SimulatedPhone::look(const std::string& target) {
    return session_call("GET", target, {});
}

// ---- registration
// --------------------------------------------------------------------------------

Result<Answer> SimulatedPhone::remember_account(Result<Answer> answer) {
    if (answer && answer->good() && !answer->text("account").empty()) {
        account_ = answer->text("account");
        session_.clear();
    }
    return answer;
}

Result<Answer> SimulatedPhone::register_by_app(const Face& face) {
    return remember_account(signed_call(
        "/app/v1/registrations", "app.registration",
        [&](const Challenge&) -> Json {
            return {{"channel", "app"},
                    {"card", card_json()},
                    {"selfie", selfie(face)},
                    {"picture", to_base64(outside::sandbox_picture(bearer_.card.number))},
                    {"device", device_json()}};
        },
        /*bound=*/false));
}

Result<Answer> SimulatedPhone::register_by_nfc(const Face& face) {
    return remember_account(signed_call(
        "/app/v1/registrations", "app.registration",
        [&](const Challenge& challenge) -> Json {
            return {{"channel", "nfc"},
                    {"card", card_json()},
                    {"selfie", selfie(face)},
                    {"chip", chip_json(challenge)},
                    {"email", bearer_.email},
                    {"password", password_},
                    {"phone", {{"maker", "android"}, {"major", 14}}},
                    {"device", device_json()}};
        },
        /*bound=*/false));
}

Result<Answer> SimulatedPhone::upgrade(const Face& face) {
    return signed_call(
        "/app/v1/account/upgrade", "app.account.upgrade",
        [&](const Challenge& challenge) -> Json {
            return {
                {"card", card_json()},          {"selfie", selfie(face)},
                {"chip", chip_json(challenge)}, {"email", bearer_.email},
                {"password", password_},        {"phone", {{"maker", "android"}, {"major", 14}}}};
        },
        /*bound=*/true);
}

Result<Answer> SimulatedPhone::bind(const std::string& voucher) {
    return remember_account(signed_call(
        "/app/v1/devices/bind", "app.device.bind",
        [&](const Challenge&) -> Json {
            return {{"voucher", voucher}, {"device", device_json()}};
        },
        /*bound=*/false));
}

// ---- logins
// --------------------------------------------------------------------------------------

Result<Answer> SimulatedPhone::scan(const std::string& qr_text, const std::string& typed_number) {
    Json body{{"handle", handle_in(qr_text)}};
    if (!typed_number.empty()) {
        body["number"] = typed_number;
    }
    return session_call("POST", "/app/v1/scans", body.dump());
}

Result<Answer> SimulatedPhone::open_link(const std::string& link) {
    return session_call("POST", "/app/v1/links", Json{{"link", link}}.dump());
}

Result<Scanned> SimulatedPhone::read_scan(const Result<Answer>& answer) {
    Scanned out;
    CHOPMARK_ASSIGN(out.shown, expect_success(answer));
    CHOPMARK_ASSIGN(out.login, service::text_of(out.shown, "login"));
    CHOPMARK_ASSIGN(out.client, service::text_of(out.shown, "client"));
    CHOPMARK_ASSIGN(out.scopes, service::texts_of(out.shown, "scopes"));
    CHOPMARK_ASSIGN(out.claim, service::text_of(out.shown, "claim"));
    CHOPMARK_ASSIGN(out.number, service::text_or_empty(out.shown, "number"));
    return out;
}

Result<Answer> SimulatedPhone::approve(const Scanned& scanned, const std::string& typed_number) {
    Json body{{"claim", scanned.claim},
              {"client", scanned.client},
              {"text_digest", login_text_digest(scanned.client, scanned.scopes, scanned.login)}};
    if (!typed_number.empty()) {
        body["number"] = typed_number;
    }
    return signed_call("/app/v1/logins/approve", "app.login.approve", body);
}

Result<Answer> SimulatedPhone::refuse(const Scanned& scanned, const std::string& why) {
    return signed_call(
        "/app/v1/logins/refuse", "app.login.refuse",
        Json{{"claim", scanned.claim},
             {"client", scanned.client},
             {"text_digest", login_text_digest(scanned.client, scanned.scopes, scanned.login)},
             {"why", why}});
}

Result<Answer> SimulatedPhone::one_tap(const std::string& client,
                                       const std::vector<std::string>& scopes) {
    return signed_call(
        "/app/v1/logins/one-tap", "app.login.one_tap",
        [&](const Challenge& challenge) -> Json {
            // The login takes its id from the command that makes it.
            const std::string login =
                crypto::sha256(challenge.bytes).hex().substr(0, 2 * RequestId::size);
            return {{"client", client},
                    {"scopes", scopes},
                    {"text_digest", login_text_digest(client, scopes, login)}};
        },
        /*bound=*/true);
}

Result<Answer> SimulatedPhone::end_login(const std::string& login) {
    return signed_call("/app/v1/logins/end", "app.login.end", Json{{"login", login}});
}

Result<Answer> SimulatedPhone::dispute(const std::string& event, const std::string& note) {
    return signed_call("/app/v1/logins/dispute", "app.login.dispute",
                       Json{{"event", event}, {"note", note}});
}

// ---- requests
// ------------------------------------------------------------------------------------

Result<Answer> SimulatedPhone::requests() { return look("/app/v1/requests"); }

Result<Json> SimulatedPhone::answer_to(const Json& request) const {
    CHOPMARK_ASSIGN(const std::string text, service::text_of(request, "text"));
    CHOPMARK_ASSIGN(const std::string digest, service::text_of(request, "text_digest"));
    if (crypto::sha256(text).hex() != digest) {
        return Error(bad_answer, "the text to be shown is not of its digest");
    }
    Json body{{"request", request.value("request", "")},
              {"client", request.value("client", "")},
              {"text_digest", digest}};
    if (return_to_) {
        body["return_to"] = *return_to_;
    }
    return body;
}

Result<Answer> SimulatedPhone::answer_request(const Json& request, const std::string& path,
                                              std::string_view command, const Json& more) {
    CHOPMARK_ASSIGN(Json body, answer_to(request));
    body.update(more);
    return signed_call(path, command, body);
}

Result<Answer> SimulatedPhone::grant(const Json& request) {
    CHOPMARK_ASSIGN(const Json profile, expect_success(look("/app/v1/profile")));
    return answer_request(request, "/app/v1/consents/grant", "app.consent.grant",
                          {{"fields", request.value("fields", Json::array())},
                           {"profile_version", profile.value("version", 0)}});
}

Result<Answer> SimulatedPhone::refuse_consent(const Json& request) {
    return answer_request(request, "/app/v1/consents/refuse", "app.consent.refuse", Json::object());
}

Result<Answer> SimulatedPhone::withdraw(const std::string& request) {
    return signed_call("/app/v1/consents/withdraw", "app.consent.withdraw",
                       Json{{"request", request}});
}

Result<Answer> SimulatedPhone::sign(const Json& request) {
    return answer_request(request, "/app/v1/signatures/approve", "app.signature.approve",
                          {{"selfie", selfie({})}});
}

Result<Answer> SimulatedPhone::refuse_signature(const Json& request) {
    return answer_request(request, "/app/v1/signatures/refuse", "app.signature.refuse",
                          Json::object());
}

Result<Answer> SimulatedPhone::prove(const Json& request) {
    CHOPMARK_ASSIGN(Json body, answer_to(request));
    body["selfie"] = selfie({});
    return signed_call(
        "/app/v1/step-ups/pass", "app.step_up.pass",
        [&](const Challenge& challenge) {
            body["chip"] = chip_json(challenge);
            return body;
        },
        /*bound=*/true);
}

Result<Answer> SimulatedPhone::refuse_to_prove(const Json& request) {
    return answer_request(request, "/app/v1/step-ups/refuse", "app.step_up.refuse", Json::object());
}

// ---- the citizen's own
// ---------------------------------------------------------------------------

Result<Answer> SimulatedPhone::enable_profile() {
    return signed_call("/app/v1/profile/enable", "app.profile.enable", Json::object());
}

Result<Answer> SimulatedPhone::set_profile(const Json& values) {
    return signed_call("/app/v1/profile/fields", "app.profile.set", Json{{"values", values}});
}

Result<Answer> SimulatedPhone::clear_profile(const std::vector<std::string>& names) {
    return signed_call("/app/v1/profile/clear", "app.profile.clear", Json{{"names", names}});
}

Result<Answer> SimulatedPhone::disable_profile() {
    return signed_call("/app/v1/profile/disable", "app.profile.disable", Json::object());
}

Result<Answer> SimulatedPhone::suspend() {
    return signed_call("/app/v1/account/suspend", "app.account.suspend", Json::object());
}

Result<Answer> SimulatedPhone::resume() {
    return signed_call("/app/v1/account/resume", "app.account.resume", Json::object());
}

Result<Answer> SimulatedPhone::close() {
    return signed_call("/app/v1/account/close", "app.account.close", Json::object());
}

Result<Answer> SimulatedPhone::revoke_certificate(const std::string& reason) {
    return signed_call("/app/v1/certificate/revoke", "app.certificate.revoke",
                       {{"reason", reason}});
}

}  // namespace chopmark::sandbox
