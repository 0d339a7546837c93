#include "ops/figures/gateways.h"

#include <charconv>

namespace chopmark::figures {
namespace {

std::uint16_t port_in(std::string_view url) {
    const std::size_t at = url.rfind(':');
    std::uint16_t port = 0;
    if (at != std::string_view::npos) {
        std::from_chars(url.data() + at + 1, url.data() + url.size(), port);
    }
    return port;
}

}  // namespace

bool has_certificate(const Settings& settings) {
    return std::filesystem::exists(settings.scratch / "tls.pem");
}

config::Config serving_config(const Settings& settings, bool tls) {
    config::Config config;
    for (config::GatewayConfig* gateway : {&config.rp, &config.app, &config.channel, &config.audit,
                                           &config.security, &config.admin}) {
        gateway->listen.port = 0;
        if (tls) {
            gateway->listen.tls.certificate_file = (settings.scratch / "tls.pem").string();
            gateway->listen.tls.key_file = (settings.scratch / "tls.key").string();
        }
    }
    config.front.bounds.connections = 2 * std::size_t{settings.connections} + 1000;
    return config;
}

Result<LoginTraffic::Gateways> gateways_of(NodeHome& node, bool tls) {
    LoginTraffic::Gateways out;
    for (const auto& address : node.addresses()) {
        if (address.gateway == "rp") {
            out.rp = {port_in(address.url), tls};
        } else if (address.gateway == "app") {
            out.app = {port_in(address.url), tls};
        }
    }
    if (out.rp.port == 0 || out.app.port == 0) {
        return Error(wire_broken, "no port of rp or app");
    }
    return out;
}

}  // namespace chopmark::figures
