#include "tests/support/test_kiosk.h"

namespace chopmark::test {

TestKiosk::TestKiosk(GatewayBench& bench, TestPhone& citizen)
    : bench_(bench),
      citizen_(citizen),
      id_(bench.entropy.draw<TerminalId>()),
      key_(bench.given_terminal(id_, schema::TERMINAL_KIND_KIOSK, "library")),
      gateway_(bench.channel_ports(), keys::PasswordOptions{64, 1, 1}),
      rows_(gateway_.routes()),
      authorizer_(bench.channel_ports()) {}

GatewayAnswer TestKiosk::visit(const std::string& command, const std::string& path,
                               const Json& extra) {
    const std::string challenge = bench_.challenge(service::ChallengePurpose::channel);
    const Json chip = citizen_.chip_form("", challenge);
    Json body = {{"card", chip["card"]}, {"chip", chip["chip"]}, {"selfie", chip["selfie"]}};
    body.update(extra);
    const httplib::Headers headers{
        {"Chopmark-Terminal", id_.hex()},
        {"Chopmark-Challenge", challenge},
        {"Chopmark-Signature",
         to_base64(bench_.sign(key_, service::Signer::terminal, command, challenge, body))}};
    last_ = [this, path, body, headers] {
        return bench_.call(rows_, authorizer_, "POST", path, body.dump(), headers);
    };
    return last_();
}

GatewayAnswer TestKiosk::repeat() { return last_(); }

}  // namespace chopmark::test
