// Asks the key port of the deployment, one POST over mutual TLS a call, with a connection of its
// own: keys are rarely used, and a kept connection would leave it open, after a restart of the
// port, whether a question was read. The port is believed only if its certificate names the node
// that was meant. A call blocks for at most tries · (connect + answer) + the pauses, and for as
// long as that for its turn; only in a work pool. What brings no answer is keyport.unreachable, its
// detail why. Safe from any thread; SIGPIPE MUST be ignored by the process.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "gateways/http/peer_tls.h"
#include "gateways/keyport/wire.h"
#include "gateways/outside/call_watch.h"

namespace chopmark::keyport {

struct LinkOptions {
    std::string address;                         // host:port, [v6]:port
    NodeId node;                                 // of the key port
    http::NodeFiles files;                       // ours
    Duration connect = std::chrono::seconds(2);  // TCP
    Duration answer =
        std::chrono::seconds(10);  // TLS, question and answer; a new key takes a third
    unsigned tries = 3;            // of one call
    Duration pause = std::chrono::milliseconds(100);  // before the second try; doubles
    std::size_t calls = 16;                           // at once; others wait, then keyport.busy
};

/// Whether a question may be asked again although it may have been read.
enum class Repeat : std::uint8_t { safe, only_if_not_sent };

class Link {
  public:
    explicit Link(LinkOptions options) : options_(std::move(options)) {}

    /// The payload of the answer, or the port's own reason.
    Result<Bytes> ask(const char* path, const Bytes& question, Repeat repeat);

    struct Probe {
        std::uint64_t calls = 0;
        std::uint64_t retries = 0;
        std::uint64_t failed = 0;  // without an answer of the port
        std::size_t in_flight = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct Outcome {
        Result<Bytes> answer;
        bool certainly_not_done = false;  // no answer: and nothing was read
        bool is_final = false;            // the port's own word
    };
    [[nodiscard]] Outcome try_once(const char* path, const Bytes& question);
    bool take_turn();
    void give_turn_back();

    const LinkOptions options_;
    outside::CallWatch watch_;
    mutable std::mutex mutex_;
    std::condition_variable free_;
    std::size_t in_flight_ = 0;
    std::atomic<std::uint64_t> calls_{0}, retries_{0}, failed_{0};
};

}  // namespace chopmark::keyport
