// What the parts of a server that keep plain counters say in the metrics: names, kinds and help, a
// function for each part.
#pragma once

#include "gateways/rp/rp_gateway.h"
#include "gateways/service/login_desk.h"
#include "ops/kek_watch.h"
#include "ops/key_retirement.h"
#include "ops/relying_party_calendar.h"
#include "ops/telemetry/metrics.h"

namespace chopmark::ops {

void probe_retired(telemetry::Samples& samples, const KeyRetirement::Probe& retired);
void probe_calendar(telemetry::Samples& samples, const RelyingPartyCalendar::Probe& calendar);
void probe_keks(telemetry::Samples& samples, const KekWatch::Probe& keks);
void probe_desk(telemetry::Samples& samples, const service::LoginDesk::Probe& desk);
void probe_calls(telemetry::Samples& samples, const rp::RpGateway::Probe& calls);

}  // namespace chopmark::ops
