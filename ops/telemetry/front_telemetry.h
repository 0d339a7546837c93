// How an HTTP front is seen from outside: its requests as log lines, its counters as metrics. The
// label `gateway` tells fronts apart; routes and reasons come from closed sets.
#pragma once

#include <string>

#include "gateways/http/front_counters.h"
#include "gateways/http/request_log.h"
#include "ops/telemetry/log.h"
#include "ops/telemetry/metrics.h"

namespace chopmark::telemetry {

/// Writes each request as `http.request`: at debug if it succeeded, at warn if the fault is ours,
/// else at info. `log` MUST outlive it.
class RequestLines final : public http::RequestLog {
  public:
    RequestLines(Log& log, std::string gateway) : log_(log), gateway_(std::move(gateway)) {}
    void note(const http::RequestLine& line) override;

  private:
    Log& log_;
    std::string gateway_;
};

void probe_front(Samples& samples, const std::string& gateway, const http::FrontNumbers& numbers);

}  // namespace chopmark::telemetry
