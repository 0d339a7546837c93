// What operators speak to: relying parties, terminals, the people who work here, policy, erasures,
// nodes, views and the state of the node, as JSON under /admin/v1. Every row names its permission;
// the nouns of control judge the role, and the second person, once more. A command needs the header
// Idempotency-Key and is done once for each key. A client secret is shown in the one answer to the
// command that made it and never again: who has lost it rotates it.
// Pages that show names of people are recorded, each, before they are answered.
//
// The gateway MUST outlive its routes and every answer that is still owed. Safe from any thread.
#pragma once

#include "aggregates/control/snapshot.h"
#include "aggregates/runtime/event_finder.h"
#include "events/core/entropy.h"
#include "events/keys/event_vault.h"
#include "gateways/admin/admin_desk.h"
#include "gateways/admin/kek_authorities.h"
#include "gateways/rp/callback_desk.h"
#include "gateways/service/staff_calls.h"

namespace chopmark::admin {

/// What stands around the gateway; all of it must outlive it.
struct Ports {
    runtime::CommandService& commands;
    const service::Queries& queries;
    const control::Snapshots& control;
    const keys::EventVault& vault;
    const runtime::EventFinder& events;
    const Clock& clock;
    Entropy& entropy;
    WorkPool& work;
    AdminDesk& desk;
    const KekAuthorities& kek_authorities;
    rp::CallbackDesk& callbacks;
};

/// This Idempotency-Key has been used: its callback was sent, or is being sent.
inline constexpr Reason replay_asked_before{"admin.replay_asked_before", Kind::conflict};

class AdminGateway {
  public:
    explicit AdminGateway(const Ports& ports);
    AdminGateway(const AdminGateway&) = delete;
    AdminGateway& operator=(const AdminGateway&) = delete;

    [[nodiscard]] std::vector<http::Route> routes() const;

  private:
    const Ports ports_;
    const service::StaffCalls calls_;
};

}  // namespace chopmark::admin
