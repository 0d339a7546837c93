#include "ops/listeners.h"

namespace chopmark::ops {
namespace {

std::string url_of(const config::GatewayConfig& gateway, std::uint16_t port) {
    if (!gateway.origin.empty()) {
        return gateway.origin;
    }
    const bool v6 = gateway.listen.address.find(':') != std::string::npos;
    return std::string(gateway.listen.tls.on() ? "https://" : "http://") +
           (v6 ? "[" + gateway.listen.address + "]" : gateway.listen.address) + ":" +
           std::to_string(port);
}

}  // namespace

Result<void> Listeners::open(Gateway gateway) {
    http::ServiceSources sources;
    sources.not_ready = shared_.not_ready;
    if (config_.metrics) {
        sources.metrics = [&metrics = shared_.metrics] { return metrics.text(); };
    }
    CHOPMARK_ASSIGN(auto rows, http::with_service_routes(std::move(gateway.rows), gateway.info,
                                                         std::move(sources)));
    CHOPMARK_ASSIGN(auto table, http::RouteTable::build(std::move(rows)));
    http::FrontOptions options = config_.front;
    options.listen = gateway.address.listen;
    auto listener = std::make_unique<Listener>();
    listener->name = gateway.name;
    listener->lines = std::make_unique<telemetry::RequestLines>(shared_.log, gateway.name);
    CHOPMARK_ASSIGN(listener->front,
                    http::Front::start(std::move(table), options,
                                       {shared_.entropy, shared_.clock, gateway.authorizer,
                                        listener->lines.get()}));
    listener->url = url_of(gateway.address, listener->front->port());
    shared_.log.info("gateway.listening", {{"gateway", gateway.name}, {"url", listener->url}});
    shared_.metrics.add([front = listener->front.get(), name = gateway.name](auto& samples) {
        telemetry::probe_front(samples, name, front->numbers());
    });
    listeners_.push_back(std::move(listener));
    return {};
}

bool Listeners::drain(Duration within) {
    bool whole = true;
    for (const auto& listener : listeners_) {
        whole = listener->front->drain(within) && whole;
    }
    return whole;
}

std::vector<Listeners::Address> Listeners::addresses() const {
    std::vector<Address> out;
    for (const auto& listener : listeners_) {
        out.push_back({listener->name, listener->url});
    }
    return out;
}

}  // namespace chopmark::ops
