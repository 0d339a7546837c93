// The rows every listener may have beside its gateways': is the process alive, is it ready, what
// does it measure, what does it offer.
#pragma once

#include "gateways/http/openapi.h"

namespace chopmark::http {

struct ServiceSources {
    /// Why this process should get no traffic now, as stable dotted names; empty: ready. Called on
    /// an I/O thread from any number of probes: MUST be quick, MUST NOT block.
    std::function<std::vector<std::string>()> not_ready;
    /// Prometheus text format 0.0.4. Called on a worker.
    std::function<std::string()> metrics;
    /// Of /metrics. Public by default, for it holds counts only; consequence: whoever reaches the
    /// listener sees how busy it is.
    std::string metrics_permission = std::string(public_access);
};

/// `rows` with GET /health/live, /health/ready, /metrics and /openapi.json, which describes them
/// all.
Result<std::vector<Route>> with_service_routes(std::vector<Route> rows, const ApiInfo& info,
                                               ServiceSources sources);

}  // namespace chopmark::http
