#include "ops/peers.h"

namespace chopmark::ops {
namespace {

node::ClientOptions client_options(const Peers::Surroundings& around) {
    node::ClientOptions options;
    options.files = around.files;
    options.control_basis = [&control = around.control] { return control.latest()->basis; };
    return options;
}

}  // namespace

Peers::Peers(const Surroundings& around)
    : routes_(around.journal, around.authority, around.control, around.self),
      client_(std::make_unique<node::NodeClient>(client_options(around))),
      tail_client_(std::make_unique<node::NodeClient>(client_options(around))),
      routed_(around.local, routes_, *client_, around.events, around.control),
      patient_(routed_, {}),
      desks_(routes_, *client_),
      tails_([this] { return routes_.others(); }, *tail_client_) {}

void Peers::tick() {
    routes_.refresh();
    routed_.tick();
    patient_.tick();
}

void Peers::probe(telemetry::Samples& samples) const {
    const auto total = [&](const char* name, const char* help, std::uint64_t value) {
        samples.counter(name, help, static_cast<double>(value));
    };
    const auto routed = routed_.probe();
    total("chopmark_peer_forwarded_total", "Commands and looks for partitions of other nodes.",
          routed.forwarded);
    total("chopmark_peer_unowned_total", "For partitions that nobody owned.", routed.unowned);
    const auto client = client_->probe();
    total("chopmark_peer_unreachable_total", "Peers that were not reached.", client.unreachable);
    total("chopmark_peer_busy_total", "Not asked for want of room.", client.busy);
    total("chopmark_peer_outcome_unknown_total", "Without an answer in time.",
          client.outcome_unknown);
    const auto patient = patient_.probe();
    total("chopmark_peer_asked_again_total", "While a partition changed hands.",
          patient.asked_again);
    total("chopmark_peer_given_up_total", "Nobody took the partition in time.", patient.given_up);
    samples.gauge("chopmark_peer_waiting", "Callers waiting for an owner.",
                  static_cast<double>(patient.waiting));
}

}  // namespace chopmark::ops
