// What consumer, producer, administrator and member of a group have in common: how a librdkafka
// handle is opened, and what its callbacks reach. For their files only.
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <memory>
#include <mutex>

#include "events/journal/kafka_client.h"

namespace chopmark::journal::kafka {

using ErrorText = std::array<char, 512>;

/// What callbacks of a handle reach through its opaque.
struct Ears {
    Log log;
    // Of a member of a group: assigned or revoked; called by who polls.
    std::function<void(rd_kafka_t* member, rd_kafka_resp_err_t what,
                       rd_kafka_topic_partition_list_t* list)>
        rebalanced;
    // Of a producer's batch in flight; only the thread that polls touches them.
    std::vector<std::int64_t> offsets;
    std::optional<Instant> appended_at;
    std::size_t reported = 0;
    std::string failure;
    // Of a handle whose threads never started, and cannot be ended.
    std::mutex hearing;
    bool deaf = false;
};

/// What every handle needs to notice within seconds that a broker is gone, or back.
Settings connecting(Settings settings);
/// Rounded up, never negative.
int millis(Duration time);
/// kafka.topic_missing or journal.not_ready.
Error unreachable(rd_kafka_resp_err_t error);
/// The new handle owns nothing of `ears`, which must outlive it. kafka.bad_setting;
/// journal.not_ready when the library's threads did not start: `ears` are left to them then, deaf.
Result<rd_kafka_t*> open_handle(rd_kafka_type_t type, const Settings& settings,
                                std::unique_ptr<Ears>& ears);

}  // namespace chopmark::journal::kafka
