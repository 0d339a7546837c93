// What a client is told when something is refused or fails: RFC 9457 problem details. Status and
// retry advice come from Kind in one exhaustive switch each. Members: `type` "about:blank", `title`
// (the status in words), `status`, `reason` (stable), `trace_id`, and `detail` only for
// Kind::invalid: whoever sent malformed input has to learn which part of it; no other detail leaves
// the process, whatever it says.
#pragma once

#include <httplib.h>

#include <optional>

#include "gateways/http/refusal.h"
#include "gateways/http/trace.h"

namespace chopmark::http {

int status_of(Kind kind);
/// Seconds for Retry-After; nothing where the same request will not do better later.
std::optional<int> retry_after_seconds(Kind kind);

httplib::Response problem(const Error& error, const TraceContext& trace);
httplib::Response problem(const Refusal& refusal, const TraceContext& trace);

/// The reason phrase of RFC 9110; "Unknown" for a status it does not name.
std::string_view phrase_of(int status);

}  // namespace chopmark::http
