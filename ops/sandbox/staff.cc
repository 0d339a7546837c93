#include "ops/sandbox/staff.h"

#include "aggregates/control/staff.h"
#include "events/core/clock.h"
#include "gateways/service/signed_message.h"

namespace chopmark::sandbox {
namespace {

constexpr const char* agent = "ChopmarkConsole/1.0 (sandbox)";
constexpr std::int64_t margin_ms = 30'000;

std::int64_t now_ms() { return SystemClock().now().millis(); }

Caller caller(int port) { return {port, "127.0.0.1", agent}; }

}  // namespace

Result<StaffClient> StaffClient::load(const std::filesystem::path& key_file, Gateways gateways,
                                      Entropy& entropy) {
    CHOPMARK_ASSIGN(const Bytes hex, read_file(key_file));
    CHOPMARK_ASSIGN(auto key, key_from_hex(hex));
    return StaffClient(std::move(key), gateways, entropy);
}

std::string StaffClient::id() const { return control::staff_id_of(key_.point().bytes()).hex(); }

Result<Json> StaffClient::sign_in(int port) {
    CHOPMARK_ASSIGN(const Json issued,
                    expect_success(caller(port).post("/staff/v1/challenge", "{}")));
    CHOPMARK_ASSIGN(const std::string challenge, service::text_of(issued, "challenge"));
    CHOPMARK_ASSIGN(const std::string environment, service::text_of(issued, "environment"));
    service::SignedMessage message;
    message.signer = service::Signer::staff;
    message.environment = environment;
    message.command = "session.open";
    message.challenge = challenge;
    const Json body{{"staff", id()},
                    {"challenge", challenge},
                    {"signature", to_base64(key_.sign_der(service::signed_message(message)))}};
    CHOPMARK_ASSIGN(const Json session,
                    expect_success(caller(port).post("/staff/v1/session", body.dump())));
    Session opened;
    CHOPMARK_ASSIGN(opened.token, service::text_of(session, "token"));
    CHOPMARK_ASSIGN(opened.until_ms, service::number_of(session, "expires_at"));
    sessions_[port] = std::move(opened);
    return session;
}

Result<std::string> StaffClient::token_for(int port) {
    const auto at = sessions_.find(port);
    if (at == sessions_.end() || at->second.until_ms < now_ms() + margin_ms) {
        CHOPMARK_TRY(sign_in(port));
    }
    return sessions_.at(port).token;
}

Result<Answer> StaffClient::get(int port, const std::string& target) {
    CHOPMARK_ASSIGN(const std::string token, token_for(port));
    return caller(port).get(target, {{"Authorization", "Bearer " + token}});
}

Result<Answer> StaffClient::post(int port, const std::string& path, const Json& body,
                                 std::string idempotency_key) {
    CHOPMARK_ASSIGN(const std::string token, token_for(port));
    if (idempotency_key.empty()) {
        idempotency_key = entropy_->draw<RequestId>().hex();
    }
    return caller(port).post(
        path, body.dump(),
        {{"Authorization", "Bearer " + token}, {"Idempotency-Key", idempotency_key}});
}

}  // namespace chopmark::sandbox
