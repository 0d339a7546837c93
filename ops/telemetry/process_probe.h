// What the operating system knows of this process, under the names that Prometheus' client
// libraries agree on (process_*). Read from /proc at every scrape; what cannot be read is left out.
#pragma once

#include "ops/telemetry/metrics.h"

namespace chopmark::telemetry {

void probe_process(Samples& samples);

}  // namespace chopmark::telemetry
