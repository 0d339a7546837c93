#include "ops/listeners.h"

#include "aggregates/runtime/event_finder.h"

namespace chopmark::ops {
namespace {

std::string url_of(const http::ListenOptions& listen, std::uint16_t port) {
    const bool v6 = listen.address.find(':') != std::string::npos;
    return std::string(listen.tls.on() ? "https://" : "http://") +
           (v6 ? "[" + listen.address + "]" : listen.address) + ":" + std::to_string(port);
}

}  // namespace

Result<void> Listeners::open(Gateway gateway) {
    http::ServiceSources sources;
    sources.not_ready = [this] { return not_ready(); };
    if (config_.metrics) {
        sources.metrics = [&metrics = shared_.metrics] { return metrics.text(); };
    }
    CHOPMARK_ASSIGN(auto rows, http::with_service_routes(std::move(gateway.rows), gateway.info,
                                                         std::move(sources)));
    http::FrontOptions options = config_.front;
    options.listen = gateway.address.listen;
    return start(gateway.name, std::move(rows), gateway.authorizer, options,
                 gateway.address.origin);
}

Result<void> Listeners::open_peers(std::vector<http::Route> rows, http::Authorizer& authorizer,
                                   const http::FrontOptions& options) {
    return start("node", std::move(rows), &authorizer, options, "");
}

Result<void> Listeners::start(const std::string& name, std::vector<http::Route> rows,
                              http::Authorizer* authorizer, const http::FrontOptions& options,
                              const std::string& origin) {
    CHOPMARK_ASSIGN(auto table, http::RouteTable::build(std::move(rows)));
    auto listener = std::make_unique<Listener>();
    listener->name = name;
    listener->lines = std::make_unique<telemetry::RequestLines>(shared_.log, name);
    CHOPMARK_ASSIGN(listener->front, http::Front::start(std::move(table), options,
                                                        {shared_.entropy, shared_.clock, authorizer,
                                                         listener->lines.get(), shared_.strangers,
                                                         runtime::event_unread}));
    listener->url = origin.empty() ? url_of(options.listen, listener->front->port()) : origin;
    shared_.log.info("gateway.listening", {{"gateway", name}, {"url", listener->url}});
    shared_.metrics.add([front = listener->front.get(), name](auto& samples) {
        telemetry::probe_front(samples, name, front->numbers());
    });
    listeners_.push_back(std::move(listener));
    return {};
}

std::vector<std::string> Listeners::not_ready() const {
    auto reasons = shared_.not_ready();
    if (!announced_.load()) {
        reasons.emplace_back("gateways.closed");
    }
    return reasons;
}

bool Listeners::drain(Duration within) {
    bool whole = true;
    // Peers first in, last out: what the gateways still finish may need them.
    for (auto listener = listeners_.rbegin(); listener != listeners_.rend(); ++listener) {
        whole = (*listener)->front->drain(within) && whole;
    }
    return whole;
}

bool Listeners::renew_tls() {
    bool all = true;
    for (const auto& listener : listeners_) {
        if (const auto renewed = listener->front->renew_tls(); !renewed) {
            all = false;
            shared_.log.error("gateway.tls_kept",
                              {{"gateway", listener->name}, {"error", to_string(renewed.error())}});
        }
    }
    shared_.log.info("gateway.tls_renewed", {{"all", all}});
    return all;
}

std::vector<Listeners::Address> Listeners::addresses() const {
    std::vector<Address> out;
    for (const auto& listener : listeners_) {
        out.push_back({listener->name, listener->url});
    }
    return out;
}

}  // namespace chopmark::ops
