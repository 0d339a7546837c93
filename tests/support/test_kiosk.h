// A kiosk of a GatewayBench before which the citizen of a TestPhone stands with card, chip and
// face, calling the channel gateway under the terminal's signature.
#pragma once

#include "tests/support/test_phone.h"

namespace chopmark::test {

class TestKiosk {
  public:
    /// Enrolled by the bench's administrators. Both must outlive the kiosk.
    TestKiosk(GatewayBench& bench, TestPhone& citizen);

    /// `extra` joins the evidence of the visit.
    GatewayAnswer visit(const std::string& command, const std::string& path, const Json& extra);
    GatewayAnswer set_password(const std::string& password) {
        return visit("channel.account.password", "/channel/v1/accounts/password",
                     {{"password", password}});
    }
    /// The last visit once more, byte for byte.
    GatewayAnswer repeat();

  private:
    GatewayBench& bench_;
    TestPhone& citizen_;
    TerminalId id_;
    crypto::P256PrivateKey key_;
    channel::ChannelGateway gateway_;
    std::vector<http::Route> rows_;
    channel::ChannelAuthorizer authorizer_;
    std::function<GatewayAnswer()> last_;
};

}  // namespace chopmark::test
