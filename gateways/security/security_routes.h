// The rows of the security gateway and the words they share. Routes hold references to both
// arguments.
#pragma once

#include "gateways/security/security_gateway.h"
#include "projections/alerts_view/query.h"
#include "projections/opened_record.h"

namespace chopmark::security {

using Routes = std::vector<http::Route>;

Routes alert_routes(const Ports& ports, const service::StaffCalls& calls);
Routes stream_routes(const Ports& ports);
Routes case_routes(const Ports& ports, const service::StaffCalls& calls);

/// The member `verdict`: "confirmed", "false_alarm", "benign" or "undecided".
Result<schema::Verdict> verdict_of(const service::Json& body);
/// Null for none.
service::Json verdict_to_json(schema::Verdict verdict);
/// Oldest first, with the personal layers that are open.
service::Json history_to_json(const std::vector<projections::OpenedRecord>& records);
/// {leaf, link, personal}
service::Json layers_to_json(const schema::Event& event, projections::PersonalLayer personal);
/// The layers of its newest revision, and how it stands.
service::Json alert_to_json(const alerts_view::Alert& alert);

}  // namespace chopmark::security
