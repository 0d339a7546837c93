// How a figure has a node listen on loopback, and where it then listens. A certificate for TLS is
// made by ops/bench: tls.pem and tls.key in the scratch folder.
#pragma once

#include "ops/figures/figure.h"
#include "ops/figures/login_traffic.h"

namespace chopmark::figures {

bool has_certificate(const Settings& settings);
/// Ports are the system's choice.
config::Config serving_config(const Settings& settings, bool tls);
Result<LoginTraffic::Gateways> gateways_of(NodeHome& node, bool tls);

}  // namespace chopmark::figures
