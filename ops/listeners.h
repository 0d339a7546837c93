// The listening addresses of a node, one front a gateway, each with its service rows (health,
// metrics, OpenAPI), its request lines in the log and its numbers in the metrics. None of them says
// ready before all listen, nor from the moment the node leaves. Drained together before anything
// behind them stops.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gateways/http/front.h"
#include "gateways/http/service_routes.h"
#include "ops/config/config.h"
#include "ops/telemetry/front_telemetry.h"

namespace chopmark::ops {

class Listeners {
  public:
    /// What every front shares; all must outlive the listeners.
    struct Shared {
        Entropy& entropy;
        const Clock& clock;
        telemetry::Log& log;
        telemetry::Metrics& metrics;
        std::function<std::vector<std::string>()> not_ready;
        http::Strangers* strangers = nullptr;  // null: failures of strangers are not counted
    };
    struct Gateway {
        std::string name;  // label in log and metrics
        http::ApiInfo info;
        const config::GatewayConfig& address;
        std::vector<http::Route> rows;
        http::Authorizer* authorizer = nullptr;  // null: every row is public
    };

    Listeners(const config::Config& config, const Shared& shared)
        : config_(config), shared_(shared) {}

    /// Listens when it returns.
    Result<void> open(Gateway gateway);
    /// For other nodes: their rows alone, and a front of its own. Opened first, it is drained last.
    Result<void> open_peers(std::vector<http::Route> rows, http::Authorizer& authorizer,
                            const http::FrontOptions& options);
    /// All listen: from here on /health/ready says what the node says of itself, before that 503
    /// with gateways.closed.
    void announce() { announced_.store(true); }
    /// The node leaves: no new traffic, though every listener still answers.
    void withdraw() { announced_.store(false); }
    /// False if something had to be cut off.
    bool drain(Duration within);
    /// Reads the files of TLS again, each listener's; one whose files will not do keeps what it
    /// has. The log tells. False if one did.
    bool renew_tls();

    struct Address {
        std::string gateway;
        std::string url;
    };
    [[nodiscard]] std::vector<Address> addresses() const;

  private:
    struct Listener {
        std::string name;
        std::string url;
        std::unique_ptr<telemetry::RequestLines> lines;
        std::unique_ptr<http::Front> front;
    };

    [[nodiscard]] std::vector<std::string> not_ready() const;
    Result<void> start(const std::string& name, std::vector<http::Route> rows,
                       http::Authorizer* authorizer, const http::FrontOptions& options,
                       const std::string& origin);

    const config::Config& config_;
    Shared shared_;
    std::atomic<bool> announced_{false};
    std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace chopmark::ops
