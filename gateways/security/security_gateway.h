// What security teams speak to, as JSON under /security/v1: alerts with their history, cases, and a
// live stream of what is recorded about alerts (server-sent events; the id is control's sequence,
// and Last-Event-ID resumes behind it). Commands are decided by control's nouns, which judge the
// role once more. Lists leave explanations and notes sealed; the page of one alert or case opens
// them, and each such look is recorded before it is answered.
//
// The gateway MUST outlive its routes and every answer that is still owed. Safe from any thread.
#pragma once

#include "events/core/entropy.h"
#include "events/keys/event_vault.h"
#include "gateways/security/alert_feed.h"
#include "gateways/service/staff_calls.h"

namespace chopmark::security {

/// What stands around the gateway; all of it must outlive it.
struct Ports {
    runtime::CommandService& commands;
    const service::Queries& queries;
    const keys::EventVault& vault;
    const Clock& clock;
    Entropy& entropy;
    WorkPool& work;
    AlertFeed& feed;
};

class SecurityGateway {
  public:
    explicit SecurityGateway(const Ports& ports);
    SecurityGateway(const SecurityGateway&) = delete;
    SecurityGateway& operator=(const SecurityGateway&) = delete;

    [[nodiscard]] std::vector<http::Route> routes() const;

  private:
    const Ports ports_;
    const service::StaffCalls calls_;
};

}  // namespace chopmark::security
