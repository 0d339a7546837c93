// One record of the citizen's own log, and one open request, as JSON: what the open and the link
// layer say – service, scopes, field names, phone, place, reasons – and of the personal layer only
// what the citizen said or was shown. Addresses, scores and signatures stay where they are.
#pragma once

#include "gateways/service/json_body.h"
#include "projections/opened_record.h"
#include "projections/sign_in_log/open_requests.h"

namespace chopmark::app {

service::Json log_entry(const projections::OpenedRecord& record);

/// {request, kind, client, due_at, text, text_digest, ...}: for a consent field names and form, for
/// a signature document, algorithm and identification code, for a step-up its methods.
service::Json request_entry(const sign_in_log::OpenRequest& request);

/// "qr", "ticket", "one_tap", "step_up".
std::string_view flow_name(schema::Flow flow);
/// "hash", "pdf", "bulk".
std::string_view kind_name(schema::SignatureKind kind);

}  // namespace chopmark::app
