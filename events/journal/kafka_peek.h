// One record out of the middle of a topic, for whoever compares what it has with what is there.
#pragma once

#include <functional>
#include <optional>

#include "events/journal/kafka_client.h"

namespace chopmark::journal::kafka {

/// The bytes at an offset; nothing when there is no record there. journal.not_ready when `is_over`
/// before either is known. Whatever the consumer read before is dropped.
Result<std::optional<Bytes>> peek(Consumer& consumer, PartitionId partition, std::int64_t offset,
                                  const std::function<bool()>& is_over);

}  // namespace chopmark::journal::kafka
