// One node among several: where every partition's owner is, and the command service that finds it –
// here, at a peer, or, while a partition changes hands, a moment later. Everybody on this node but
// its executors' own upkeep goes through commands(); what peers ask of us goes to the local service
// alone, so nothing is forwarded twice. What it is given must outlive it.
#pragma once

#include "gateways/node/node_client.h"
#include "gateways/node/patient_commands.h"
#include "gateways/node/remote_desks.h"
#include "gateways/node/remote_tails.h"
#include "gateways/node/routed_commands.h"
#include "ops/telemetry/metrics.h"

namespace chopmark::ops {

class Peers {
  public:
    struct Surroundings {
        journal::Journal& journal;
        const journal::TermAuthority& authority;
        const control::Snapshots& control;
        NodeId self;
        runtime::CommandService& local;
        runtime::EventFinder& events;
        http::NodeFiles files;
    };
    explicit Peers(const Surroundings& around);

    [[nodiscard]] runtime::CommandService& commands() { return patient_; }
    [[nodiscard]] const node::LogRoutes& routes() const { return routes_; }
    [[nodiscard]] service::OtherDesks& desks() { return desks_; }
    /// What the journal asks before it opens a term.
    [[nodiscard]] journal::PeerTails& tails() { return tails_; }
    [[nodiscard]] node::NodeClient& client() { return *client_; }

    /// 25 ms, one thread at a time.
    void tick();
    void probe(telemetry::Samples& samples) const;
    /// Nothing may be asked any more; returns when no answer is on its way. MUST be called before
    /// what the callers of commands() refer to goes.
    void stop() {
        client_.reset();
        tail_client_.reset();
    }

  private:
    node::LogRoutes routes_;
    std::unique_ptr<node::NodeClient> client_;
    /// Commands that wait for an ailing peer must not stand before the question what it has.
    std::unique_ptr<node::NodeClient> tail_client_;
    node::RoutedCommands routed_;
    node::PatientCommands patient_;
    node::RemoteDesks desks_;
    node::RemoteTails tails_;
};

}  // namespace chopmark::ops
