// What consumer, producer and administrator have in common: how a librdkafka handle is opened, and
// what its callbacks reach. For kafka_client.cc and kafka_admin.cc only.
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>

#include "events/journal/kafka_client.h"

namespace chopmark::journal::kafka {

using ErrorText = std::array<char, 512>;

/// What callbacks of a handle reach through its opaque.
struct Ears {
    Log log;
    // Of a producer's batch in flight; only the thread that polls touches them.
    std::vector<std::int64_t> offsets;
    std::optional<Instant> appended_at;
    std::size_t reported = 0;
    std::string failure;
};

/// What every handle needs to notice within seconds that a broker is gone, or back.
Settings connecting(Settings settings);
/// Rounded up, never negative.
int millis(Duration time);
/// kafka.topic_missing or journal.not_ready.
Error unreachable(rd_kafka_resp_err_t error);
/// The new handle owns nothing of `ears`, which must outlive it. kafka.bad_setting.
Result<rd_kafka_t*> open_handle(rd_kafka_type_t type, const Settings& settings, Ears& ears);

}  // namespace chopmark::journal::kafka
