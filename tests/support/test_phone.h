// A citizen with a card and a phone, calling the app gateway of a GatewayBench: fills in forms,
// signs, keeps a session. A test spoils one thing and sees what it is told.
#pragma once

#include "tests/support/gateway_bench.h"

namespace chopmark::test {

class TestPhone {
  public:
    explicit TestPhone(GatewayBench& bench);

    Json card_json() const;
    Json device_json() const;
    Json photo_form() const;
    Json chip_form(const std::string& password, const std::string& challenge) const;

    GatewayAnswer register_by_photo();
    GatewayAnswer register_by_chip(const std::string& password);
    GatewayAnswer rebind(const std::string& password);
    GatewayAnswer open_session();

    /// Signs `body` under `challenge` as `command` and sends `sent`.
    GatewayAnswer send(const std::string& command, const std::string& path, const Json& body,
                       const std::string& challenge, const Json& sent);
    GatewayAnswer send_candidate(const std::string& command, const std::string& path,
                                 const Json& body, const std::string& challenge);
    /// With a challenge of its own.
    GatewayAnswer act(const std::string& command, const std::string& path, const Json& body) {
        return send(command, path, body, bench_.challenge(service::ChallengePurpose::app), body);
    }
    /// Under the session; the MAC is over `maced` if that is given.
    GatewayAnswer get(const std::string& target, const std::string& maced = {});
    GatewayAnswer post(const std::string& target, const Json& body);

    citizen::CardFace card;
    crypto::P256PrivateKey key;
    DeviceId device;
    AccountId account;
    std::uint32_t match = 900;
    std::uint32_t liveness = 900;

  private:
    httplib::Headers session_headers(const std::string& method, const std::string& target,
                                     const std::string& body) const;

    GatewayBench& bench_;
    app::AppGateway gateway_;
    std::vector<http::Route> rows_;
    app::AppAuthorizer authorizer_;
    Bytes session_;
    Bytes session_key_;
};

}  // namespace chopmark::test
