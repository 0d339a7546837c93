// What all connections of one listener share: its options, its table, the ports it was given, its
// bounds and counters. Shared with every exchange, so that a Reply may be late without harm; the
// ports MUST outlive all Replies.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "events/core/error.h"
#include "gateways/http/answer_text.h"
#include "gateways/http/front_counters.h"
#include "gateways/http/options.h"
#include "gateways/http/peer_limiter.h"
#include "gateways/http/request_log.h"
#include "gateways/http/route_table.h"
#include "gateways/http/strangers.h"
#include "gateways/http/transport.h"
#include "gateways/http/worker_pool.h"

namespace chopmark::http {

/// What the front needs from elsewhere; all MUST outlive it and every Reply it gave out.
struct FrontPorts {
    Entropy& entropy;                // trace ids
    const Clock& clock;              // the Date field
    Authorizer* authorizer;          // may be null if every route is public
    RequestLog* log;                 // may be null: no request log
    Strangers* strangers = nullptr;  // told of failures of nobody in particular; may be null
    /// A failure that passes by itself in a moment: the handler, which then MUST NOT have changed
    /// anything, runs again until TimeOptions::passing is over. Not of kinds park and stream.
    std::optional<Reason> passing{};
};

struct FrontContext {
    FrontContext(RouteTable routes, const FrontOptions& how, const FrontPorts& with)
        : options(how),
          table(std::move(routes)),
          ports(with),
          peers(how.peers),
          counters(table.routes()) {}

    /// The Date of now, made once a second and thread.
    [[nodiscard]] std::string_view date() const {
        thread_local std::int64_t second = -1;
        thread_local std::string text;
        const Instant now = ports.clock.now();
        if (now.seconds() != second) {
            second = now.seconds();
            text = http_date(now);
        }
        return text;
    }

    const FrontOptions options;
    const RouteTable table;
    const FrontPorts ports;
    CurrentTls tls;
    PeerLimiter peers;
    FrontCounters counters;
    std::atomic<bool> draining{false};
    WorkerPool* pool = nullptr;  // Front's; lives as long as any connection

    // Front waits here for the last connection to go.
    std::mutex gone_mutex;
    std::condition_variable gone;
};

}  // namespace chopmark::http
