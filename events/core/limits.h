// Every bound of the system in one place, each with its unit in its name. A bound that clients can
// meet has a Reason beside the code that enforces it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "events/core/instant.h"

namespace chopmark::limits {

// record (design 4)
inline constexpr std::size_t leaf_bytes = 4096;
inline constexpr std::size_t boxes_bytes = 64 * 1024;  // link and personal box together
inline constexpr std::size_t box_padding_bytes = 128;  // boxes are padded to 128·2ⁿ

// journal (design 3)
inline constexpr std::size_t batch_records = 256;
inline constexpr std::size_t batch_bytes = 1024 * 1024;
inline constexpr std::size_t append_queue_records = 8192;  // a database; beyond it: journal.busy
inline constexpr std::size_t read_page_records = 1024;
inline constexpr std::size_t read_page_bytes = 4 * 1024 * 1024;
inline constexpr std::uint16_t partitions = 1024;  // citizen partitions of a genesis

// deciding (design 3, 6)
inline constexpr Duration idempotency_window = std::chrono::minutes(30);
inline constexpr Duration caller_clock_ahead = std::chrono::minutes(5);
inline constexpr std::size_t executor_queue_commands = 4096;  // a partition; beyond it: busy
inline constexpr Duration basis_staleness = std::chrono::seconds(2);


// control (design 5, 10)
inline constexpr std::size_t alerts_kept = 100'000;  // open, or closed not long ago
inline constexpr Duration closed_alerts_kept = std::chrono::hours(24 * 180);
inline constexpr std::size_t open_audit_queries = 1024;
inline constexpr Duration audit_query_life = std::chrono::hours(24 * 7);
inline constexpr std::size_t purpose_bytes = 512;

// folding (design 7)
inline constexpr std::size_t fold_batch_records = 1024;  // folded and committed at once
inline constexpr std::size_t fold_batch_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t fold_waits = 10'000;  // queries waiting for one view; then busy
inline constexpr Duration fold_switch_lag = std::chrono::seconds(1);

}  // namespace chopmark::limits
