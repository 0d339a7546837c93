// Who sends a signed request, checked in the order that tells strangers least (design-notes E3):
// form of the headers → timestamp against our clock → known client and HMAC over the bytes received
// (for an unknown client a dummy one, and the same answer as for a wrong signature) → standing,
// rate, timestamp against the client's highest → nonce. So only what is authentic consumes a nonce
// or counts against anybody. The nonce makes the command id (design-notes A12). Safe from any
// thread.
#pragma once

#include "aggregates/command.h"
#include "aggregates/control/snapshot.h"
#include "gateways/http/route.h"
#include "gateways/rp/client_secrets.h"
#include "gateways/rp/nonce_memory.h"
#include "gateways/rp/ports.h"
#include "gateways/rp/request_signature.h"

namespace chopmark::rp {

/// An authentic, fresh request of an active relying party.
struct CheckedCall {
    control::SnapshotPtr control;                  // keeps `party` alive
    const control::RelyingParty* party = nullptr;  // never null
    CommandHead head;
    Instant now;
};

/// SHA-256("chopmark/rp/1" ‖ client ‖ nonce).
CommandId command_id_of(const ClientId& client, std::string_view nonce);

class CallChecks {
  public:
    CallChecks(const Ports& ports, const Options& options);

    /// The reasons of codes.h; relying_party.not_active after a good signature.
    Result<CheckedCall> check(const http::Call& call);

    struct Probe {
        std::uint64_t passed = 0;
        std::uint64_t wrong_signature = 0;  // unknown clients among them
        std::uint64_t repeated = 0;
        std::uint64_t too_many = 0;
    };
    [[nodiscard]] Probe probe() const;

  private:
    struct Pace {
        Instant highest;  // timestamp of an authentic request
        double tokens = 0;
        Instant filled_at;
    };

    Result<void> authenticate(const SignedHeaders& headers, ByteView body,
                              const control::RelyingParty* party, Instant now);
    Result<void> check_pace(const SignedHeaders& headers, const control::RelyingParty& party,
                            Instant now);

    const Ports ports_;
    const Options options_;
    ClientSecrets secrets_;
    NonceMemory nonces_;
    mutable std::mutex mutex_;
    std::unordered_map<ClientId, Pace> paces_;  // of clients that have signed, so of known ones
    Probe counted_;
};

}  // namespace chopmark::rp
