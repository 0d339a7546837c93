// Sends one callback: a POST to the address that the relying party registered. The name is resolved
// once and connected to as resolved, so that what was checked is what is called; outside the
// sandbox private and local addresses are refused and certificates verified (design-notes E9).
// Redirects are not followed, the answer's body is bounded and thrown away. Blocks for connect +
// answer at most, however slowly the receiver takes and answers, and for as long as the resolver
// needs: a thread of its own, never a strand or the I/O. Safe from any thread.
#pragma once

#include <string>

#include "events/core/limits.h"
#include "events/core/result.h"
#include "gateways/outside/call_watch.h"
#include "gateways/rp/callbacks.h"

namespace chopmark::rp {

/// No http(s) address, or http outside the sandbox.
inline constexpr Reason callback_bad_address{"rp.callback_bad_address", Kind::refused};
/// Resolves to nothing, or to an address that only this network knows.
inline constexpr Reason callback_no_such_host{"rp.callback_no_such_host", Kind::unavailable};
inline constexpr Reason callback_private_address{"rp.callback_private_address", Kind::refused};
inline constexpr Reason callback_unreachable{"rp.callback_unreachable", Kind::unavailable};

class CallbackSender {
  public:
    struct Options {
        Duration connect = std::chrono::seconds(5);
        Duration answer = std::chrono::seconds(10);  // the whole exchange, once connected
        /// http and addresses of this machine and network are allowed.
        bool sandbox = false;
        /// PEM bundle of trusted authorities; empty: the system's.
        std::string ca_file;
    };

    explicit CallbackSender(Options options) : options_(std::move(options)) {}

    /// The HTTP status, whatever it says.
    [[nodiscard]] Result<int> send(const Callback& callback) const;

  private:
    const Options options_;
    mutable outside::CallWatch watch_;
};

/// Whether an IPv4 or IPv6 address, in text, is one of the whole Internet.
bool is_public_address(std::string_view address);

}  // namespace chopmark::rp
