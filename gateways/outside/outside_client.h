// One way of asking a party outside: JSON by POST over TLS with our certificate, a time-out, a
// bounded number of tries with growing, scattered pauses, and a breaker that stops asking a party
// that does not answer. Every call carries its request id in `Chopmark-Request`, which the party
// treats as idempotent, so trying again is safe. A call blocks for at most
// tries · (connect + answer) + the pauses, also when the party sends a byte now and then (a name
// that is long in resolving comes on top): only in a work pool. Safe from any thread.
//
// outside.refused: a status of 4xx that speaks of the request itself; the detail is the status.
// outside.unreachable: no connection, no answer in time, any other status but 200 (5xx; 401, 404,
// 405, 407, 408, 425, 429), a body that is too long or not the JSON that was asked for, or the
// breaker is open. Nothing of question or answer is in an error.
#pragma once

#include <atomic>
#include <mutex>

#include "aggregates/ports/outside.h"
#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "gateways/outside/call_watch.h"
#include "gateways/service/json_body.h"

namespace chopmark::outside {

struct OutsideOptions {
    std::string host;
    std::uint16_t port = 443;
    std::string path;              // before the operation, e.g. "/v1"
    std::string certificate_file;  // PEM: ours, for mutual TLS; empty: none
    std::string key_file;          // PEM
    std::string ca_file;           // PEM: whom we believe; empty: the system's
    Duration connect = std::chrono::seconds(2);
    Duration answer = std::chrono::seconds(5);        // the whole of it, with the question
    std::size_t answer_bytes = 16 * 1024 * 1024;      // a revocation list may be long
    unsigned tries = 3;                               // of one call
    Duration pause = std::chrono::milliseconds(100);  // before the second try; doubles
    unsigned failures_to_open = 5;                    // calls in a row; then the breaker opens
    Duration open_for = std::chrono::seconds(10);     // then one call tries again
};

/// Opens after so many failed calls in a row, lets one through when its time is over.
class CircuitBreaker {
  public:
    CircuitBreaker(unsigned failures, Duration open_for) : limit_(failures), open_for_(open_for) {}

    /// Whether a call may be made now.
    [[nodiscard]] bool admits(Instant now);
    void succeeded();
    void failed(Instant now);

  private:
    const unsigned limit_;
    const Duration open_for_;
    std::mutex mutex_;
    unsigned failures_ = 0;
    Instant open_until_;
};

class OutsideClient {
  public:
    /// Clock and entropy must outlive the client.
    OutsideClient(OutsideOptions options, const Clock& clock, Entropy& entropy);

    /// POST path/operation. The answer is one JSON object.
    Result<service::Json> ask(const std::string& operation, const RequestId& request,
                              const service::Json& question);

    struct Probe {
        std::uint64_t calls = 0;
        std::uint64_t retries = 0;
        std::uint64_t failed = 0;
        std::uint64_t held_back = 0;  // by the breaker
    };
    [[nodiscard]] Probe probe() const;

  private:
    Result<service::Json> try_once(const std::string& operation, const RequestId& request,
                                   const std::string& body);
    void pause(unsigned tries_made);

    OutsideOptions options_;
    const Clock& clock_;
    Entropy& entropy_;
    CircuitBreaker breaker_;
    CallWatch watch_;
    std::atomic<std::uint64_t> calls_{0}, retries_{0}, failed_{0}, held_back_{0};
};

}  // namespace chopmark::outside
