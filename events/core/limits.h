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
inline constexpr std::size_t recovery_walk_records = 256;  // a partition, beside what the log held
inline constexpr std::size_t recent_bytes = 1024 * 1024;   // a partition, kept for its followers
inline constexpr Duration reopen_pause_min = std::chrono::milliseconds(50);
inline constexpr Duration reopen_pause_max = std::chrono::seconds(2);
inline constexpr Duration reopen_pause_damaged = std::chrono::seconds(30);
inline constexpr std::uint16_t partitions = 1024;  // citizen partitions of a genesis

// deciding (design 3, 6)
inline constexpr Duration idempotency_window = std::chrono::minutes(30);
inline constexpr Duration caller_clock_ahead = std::chrono::minutes(5);
inline constexpr std::size_t executor_queue_commands = 4096;  // a partition; beyond it: busy
inline constexpr Duration basis_staleness = std::chrono::seconds(2);
inline constexpr std::size_t sweep_commands = 256;  // of one partition and tick
inline constexpr Duration clock_difference = std::chrono::milliseconds(500);  // between two nodes

// citizen (design 6, 12)
inline constexpr Duration challenge_life = std::chrono::minutes(5);  // of a text to be signed
inline constexpr Duration device_voucher_life = std::chrono::hours(24);
inline constexpr std::size_t attempt_parties_per_slot = 256;  // with failed registrations
inline constexpr std::size_t attempt_token_bytes = 32;
inline constexpr std::size_t devices_per_account = 8;  // bound ever; the oldest ended goes
inline constexpr std::size_t binding_refusals_per_account = 16;  // remembered; the oldest goes
inline constexpr std::size_t retired_keys_per_account = 8;       // handles still to be destroyed
inline constexpr std::size_t profile_value_bytes = 8 * 1024;     // larger ones go to the blob store
inline constexpr std::size_t note_bytes = 1024;
inline constexpr std::size_t email_bytes = 254;  // RFC 5321, path without brackets

// logins and requests of one citizen (design 6); a copy of them is taken for every event in flight
inline constexpr std::size_t live_logins = 256;      // beyond it: login.too_many
inline constexpr std::size_t declined_logins = 256;  // ids remembered; beyond it: login.too_many
inline constexpr Duration login_id_grace = std::chrono::minutes(10);  // after a QR's life
inline constexpr Duration longest_token_life = std::chrono::hours(24 * 7);
inline constexpr Duration login_id_memory = std::chrono::minutes(30);  // longest QR life + grace
inline constexpr std::size_t replaying_clients = 16;  // that an hourly quota is kept for
inline constexpr std::size_t disputes = 32;           // beyond it: login.too_many_disputes
inline constexpr Duration dispute_memory = std::chrono::hours(24);
inline constexpr std::size_t open_requests = 8;   // beyond it: request.too_many
inline constexpr std::size_t kept_requests = 64;  // open or answered lately; likewise
inline constexpr Duration request_memory = std::chrono::hours(24);  // after the answer
inline constexpr std::size_t business_ids = 256;  // remembered; the oldest goes first
inline constexpr Duration business_id_memory = std::chrono::hours(24 * 30);
inline constexpr std::size_t standing_consents = 64;  // that can be withdrawn; likewise
// anonymous requests of one slot; beyond it: request.too_many
inline constexpr std::size_t slot_requests = 1024;
inline constexpr Duration claim_grace = std::chrono::hours(1);  // to open it in the citizen's slot

// control (design 5, 10)
inline constexpr std::size_t alerts_kept = 100'000;  // open, or closed not long ago
inline constexpr Duration closed_alerts_kept = std::chrono::hours(24 * 180);
inline constexpr std::size_t open_audit_queries = 1024;
inline constexpr Duration audit_query_life = std::chrono::hours(24 * 7);
inline constexpr std::size_t purpose_bytes = 512;

// folding (design 7)
inline constexpr std::size_t fold_batch_records = 1024;  // folded and committed at once
inline constexpr std::size_t fold_batch_bytes = 4 * 1024 * 1024;
inline constexpr std::uint64_t fold_unwritten_records = 1024;  // folded again after a crash
inline constexpr std::size_t fold_waits = 10'000;  // queries waiting for one view; then busy
inline constexpr Duration fold_switch_lag = std::chrono::seconds(1);
inline constexpr std::size_t fold_differences_shown = 20;

// front (design 8); what an operator may set is in gateways/http/options.h
inline constexpr std::size_t form_fields = 64;
inline constexpr std::size_t path_segments = 16;
// relying parties (facts/iamsmart-api.md 2); what an operator may set is in gateways/rp/ports.h
inline constexpr std::size_t nonce_bytes = 36;
inline constexpr std::size_t nonces_kept = 500'000;               // of each of two generations
inline constexpr std::size_t acknowledgeable_requests = 100'000;  // found without a token; a node
inline constexpr std::size_t callback_answer_bytes = 16 * 1024;

// people who work the platform (design 8, 9)
inline constexpr Duration staff_session_life = std::chrono::minutes(10);
inline constexpr std::size_t idempotency_key_bytes = 64;
inline constexpr Duration access_hidden_at_most = std::chrono::hours(24 * 180);
inline constexpr std::size_t audit_range_leaves = 256;  // of one answer
inline constexpr std::size_t alert_streams = 64;        // listening at once; then busy
inline constexpr std::size_t alert_feed_alerts = 1024;  // kept for streams that come back

// views (design 7)
inline constexpr std::size_t query_page_rows = 100;   // answered at once
inline constexpr std::size_t query_scan_rows = 2000;  // looked at for one page
inline constexpr std::size_t query_cursor_bytes = 128;
inline constexpr Duration query_request_window = std::chrono::hours(1);  // no request lives longer
inline constexpr std::size_t query_history_records = 256;  // of one alert or case; the newest

// phones, terminals and the parties outside (design 8)
inline constexpr std::size_t outside_remembered_requests = 4096;
inline constexpr std::size_t selfie_bytes = 3 * 1024 * 1024;  // a short video, decoded
inline constexpr std::size_t picture_bytes = 1024 * 1024;     // of a card, decoded
inline constexpr std::size_t signature_bytes = 80;            // ECDSA P-256 in DER: at most 72
inline constexpr std::size_t password_bytes = 1024;
inline constexpr Duration app_session_life = std::chrono::minutes(10);
inline constexpr Duration app_session_clock = std::chrono::minutes(2);  // phone to platform
// anomaly (design 10)
inline constexpr Duration detector_state_life = std::chrono::hours(24 * 180);  // D6: six months
inline constexpr std::size_t alert_evidence = 16;      // records named by one alert
inline constexpr std::size_t findings_kept = 100'000;  // of one fold; the oldest goes
inline constexpr std::size_t detector_expiries = 8;    // rows let go for each event
// imports of foreign logs
inline constexpr std::size_t import_line_bytes = 8 * 1024;  // longer ones are counted, not read
inline constexpr std::uint32_t import_repeats = 100'000;    // that one line may stand for
inline constexpr std::size_t import_records_in_flight = 4096;
inline constexpr std::size_t import_sources = 100'000;  // counted one by one; the rest together

}  // namespace chopmark::limits
