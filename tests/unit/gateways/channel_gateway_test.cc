#include <gtest/gtest.h>

#include "aggregates/citizen/state.h"
#include "tests/support/gateway_bench.h"
#include "tests/support/test_phone.h"

namespace chopmark {
namespace {

using service::Json;
using test::GatewayAnswer;
using test::GatewayBench;
using test::TestPhone;

struct ChannelGatewayTest : testing::Test {
    Json form(const std::string& challenge) const {
        Json body = phone.chip_form("correct horse battery staple", challenge);
        return {{"card", body["card"]}, {"chip", body["chip"]}};
    }
    GatewayAnswer at_kiosk(const std::string& command, const std::string& path, Json extra) {
        const std::string challenge = bench.challenge(service::ChallengePurpose::channel);
        Json body = form(challenge);
        body["selfie"] =
            to_base64(outside::sandbox_selfie(phone.card.number, phone.match, phone.liveness));
        body.update(extra);
        return send(command, path, body, challenge, kiosk, kiosk_key, {});
    }
    GatewayAnswer at_counter(const std::string& command, const std::string& path, bool same_face,
                             const crypto::P256PrivateKey& op) {
        const std::string challenge = bench.challenge(service::ChallengePurpose::channel);
        Json body = form(challenge);
        body["same_face"] = same_face;
        const Bytes signature = bench.sign(op, service::Signer::op, command, challenge, body);
        return send(command, path, body, challenge, counter, counter_key,
                    {{"Chopmark-Operator", clerk.hex()},
                     {"Chopmark-Operator-Signature", to_base64(signature)}});
    }
    GatewayAnswer send(const std::string& command, const std::string& path, const Json& body,
                       const std::string& challenge, const TerminalId& terminal,
                       const crypto::P256PrivateKey& key, httplib::Headers headers) {
        headers.emplace("Chopmark-Terminal", terminal.hex());
        headers.emplace("Chopmark-Challenge", challenge);
        headers.emplace("Chopmark-Signature", to_base64(bench.sign(key, service::Signer::terminal,
                                                                   command, challenge, body)));
        return bench.call(rows, authorizer, "POST", path, body.dump(), headers);
    }
    GatewayAnswer register_at_kiosk() {
        return at_kiosk("channel.registration", "/channel/v1/registrations", Json::object());
    }

    GatewayBench bench;
    TestPhone phone{bench};
    TerminalId kiosk = bench.entropy.draw<TerminalId>();
    TerminalId counter = bench.entropy.draw<TerminalId>();
    OperatorId clerk = bench.entropy.draw<OperatorId>();
    crypto::P256PrivateKey kiosk_key =
        bench.given_terminal(kiosk, schema::TERMINAL_KIND_KIOSK, "library");
    crypto::P256PrivateKey counter_key =
        bench.given_terminal(counter, schema::TERMINAL_KIND_COUNTER, "post office");
    crypto::P256PrivateKey clerk_key = bench.given_operator(clerk, "post office");
    channel::ChannelGateway gateway{bench.channel_ports(), keys::PasswordOptions{64, 1, 1}};
    std::vector<http::Route> rows = gateway.routes();
    channel::ChannelAuthorizer authorizer{bench.channel_ports()};
};

TEST_F(ChannelGatewayTest, KioskRegistersAndTheVoucherBindsThePhone) {
    const GatewayAnswer made = register_at_kiosk();
    ASSERT_EQ(made.status, 200) << made.reason;
    EXPECT_EQ(made.body["grade"], "sign");
    const Json body = {{"voucher", made.body["voucher"]}, {"device", phone.device_json()}};
    const GatewayAnswer bound =
        phone.send_candidate("app.device.bind", "/app/v1/devices/bind", body,
                             bench.challenge(service::ChallengePurpose::app));
    ASSERT_EQ(bound.status, 200) << bound.reason;
    EXPECT_EQ(bound.body["account"], made.body["account"]);
    TestPhone thief{bench};
    const Json again = {{"voucher", made.body["voucher"]}, {"device", thief.device_json()}};
    EXPECT_EQ(thief
                  .send_candidate("app.device.bind", "/app/v1/devices/bind", again,
                                  bench.challenge(service::ChallengePurpose::app))
                  .reason,
              "device.already_bound");
}

TEST_F(ChannelGatewayTest, VoucherEndsAfterADay) {
    const GatewayAnswer made = register_at_kiosk();
    bench.advance(limits::device_voucher_life + std::chrono::seconds(1));
    const Json body = {{"voucher", made.body["voucher"]}, {"device", phone.device_json()}};
    EXPECT_EQ(phone
                  .send_candidate("app.device.bind", "/app/v1/devices/bind", body,
                                  bench.challenge(service::ChallengePurpose::app))
                  .reason,
              "keys.stamp_expired");
}

TEST_F(ChannelGatewayTest, CounterNeedsItsOperator) {
    const auto stranger = crypto::P256PrivateKey::generate(bench.entropy);
    const auto registers = [&](bool same_face, const crypto::P256PrivateKey& op) {
        return at_counter("channel.registration", "/channel/v1/registrations", same_face, op);
    };
    EXPECT_EQ(registers(true, stranger).reason, "channel.unauthenticated");
    EXPECT_EQ(registers(false, clerk_key).reason, "identity.operator_saw_another");
    EXPECT_EQ(registers(true, clerk_key).status, 200);
}

TEST_F(ChannelGatewayTest, RefusesAnUnknownTerminal) {
    kiosk = bench.entropy.draw<TerminalId>();
    EXPECT_EQ(register_at_kiosk().reason, "channel.unauthenticated");
}

TEST_F(ChannelGatewayTest, FindsTheAccountByTheCard) {
    ASSERT_EQ(register_at_kiosk().status, 200);
    const GatewayAnswer set = at_kiosk("channel.account.password", "/channel/v1/accounts/password",
                                       {{"password", "correct horse battery staple"}});
    ASSERT_EQ(set.status, 200) << set.reason;
    const GatewayAnswer closed =
        at_kiosk("channel.account.close", "/channel/v1/accounts/close", Json::object());
    ASSERT_EQ(closed.status, 200) << closed.reason;
    EXPECT_EQ(
        at_kiosk("channel.account.close", "/channel/v1/accounts/close", Json::object()).reason,
        "account.closed");
}

}  // namespace
}  // namespace chopmark
