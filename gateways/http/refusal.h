// What the front itself refuses: faults of HTTP, and bounds of this process. Unlike a Reason of the
// domain, each states its HTTP status, for it is about HTTP itself. Names are stable; clients and
// metrics match on them.
#pragma once

#include "events/core/error.h"

namespace chopmark::http {

struct Refusal {
    Reason reason;
    int status;

    friend constexpr bool operator==(const Refusal& a, const Refusal& b) {
        return a.reason == b.reason;
    }
};

namespace refusals {

inline constexpr Refusal bad_request_line{{"http.bad_request_line", Kind::invalid}, 400};
inline constexpr Refusal bad_header{{"http.bad_header", Kind::invalid}, 400};
/// Content-Length and Transfer-Encoding together, repeated, or not a plain number; a bad chunk.
inline constexpr Refusal bad_framing{{"http.bad_framing", Kind::invalid}, 400};
inline constexpr Refusal bad_host{{"http.bad_host", Kind::invalid}, 400};
inline constexpr Refusal bad_target{{"http.bad_target", Kind::invalid}, 400};
inline constexpr Refusal not_found{{"http.not_found", Kind::not_found}, 404};
inline constexpr Refusal method_not_allowed{{"http.method_not_allowed", Kind::invalid}, 405};
inline constexpr Refusal request_too_slow{{"http.request_too_slow", Kind::invalid}, 408};
inline constexpr Refusal body_too_large{{"http.body_too_large", Kind::invalid}, 413};
inline constexpr Refusal target_too_long{{"http.target_too_long", Kind::invalid}, 414};
inline constexpr Refusal bad_expectation{{"http.bad_expectation", Kind::invalid}, 417};
inline constexpr Refusal too_many_requests{{"http.too_many_requests", Kind::busy}, 429};
inline constexpr Refusal header_too_large{{"http.header_too_large", Kind::invalid}, 431};
inline constexpr Refusal handler_threw{{"http.handler_threw", Kind::internal}, 500};
inline constexpr Refusal reply_dropped{{"http.reply_dropped", Kind::internal}, 500};
inline constexpr Refusal bad_answer{{"http.bad_answer", Kind::internal}, 500};
inline constexpr Refusal bad_transfer_coding{{"http.bad_transfer_coding", Kind::invalid}, 501};
inline constexpr Refusal overloaded{{"http.overloaded", Kind::busy}, 503};
inline constexpr Refusal too_many_waiting{{"http.too_many_waiting", Kind::busy}, 503};
inline constexpr Refusal too_many_connections{{"http.too_many_connections", Kind::busy}, 503};
inline constexpr Refusal draining{{"http.draining", Kind::unavailable}, 503};
inline constexpr Refusal wait_over{{"http.wait_over", Kind::busy}, 503};
/// No answer in time: the command may still have been done.
inline constexpr Refusal answer_late{{"http.answer_late", Kind::unknown}, 504};
inline constexpr Refusal bad_version{{"http.bad_version", Kind::invalid}, 505};

}  // namespace refusals
}  // namespace chopmark::http
