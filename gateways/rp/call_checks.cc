#include "gateways/rp/call_checks.h"

#include <algorithm>
#include <chrono>

#include "events/crypto/digest.h"

namespace chopmark::rp {
namespace {

constexpr ByteView dummy_secret = "nobody signs with this";

CommandHead head_of(const SignedHeaders& headers, const http::Call& call) {
    CommandHead head;
    head.id = command_id_of(*headers.client, headers.nonce);
    head.digest = crypto::sha256({call.route->name, "\n", call.request.body});
    head.issued_at = headers.timestamp;
    head.caller = {schema::Party::CLIENT, headers.client->to_bytes()};
    head.actor = head.caller;
    head.trace = call.trace.trace.array();
    head.channel = schema::RELYING_PARTY;
    return head;
}

}  // namespace

CommandId command_id_of(const ClientId& client, std::string_view nonce) {
    return CommandId(crypto::sha256({"chopmark/rp/1", client.bytes(), nonce}).array());
}

CallChecks::CallChecks(const Ports& ports, const Options& options)
    : ports_(ports),
      options_(options),
      secrets_(ports.events),
      nonces_(options.nonces, options.clock_window * 2) {}

Result<void> CallChecks::authenticate(const SignedHeaders& headers, ByteView body,
                                      const control::RelyingParty* party, Instant now) {
    // Two digests for everybody who is refused: nobody learns that a client is there, or has a new
    // secret.
    if (party == nullptr || party->secret_source.is_zero()) {
        (void)is_signed(headers, body, dummy_secret);
        (void)is_signed(headers, body, dummy_secret);
        return signature_wrong;
    }
    CHOPMARK_ASSIGN(const auto secrets, secrets_.of(*party));
    if (is_signed(headers, body, secrets->current.reveal())) {
        return {};
    }
    const bool renewed = secrets->old && now < party->old_secret_until;
    const bool by_old = is_signed(headers, body, renewed ? secrets->old->reveal() : dummy_secret);
    return renewed && by_old ? Result<void>() : Result<void>(signature_wrong);
}

Result<void> CallChecks::check_pace(const SignedHeaders& headers,
                                    const control::RelyingParty& party, Instant now) {
    const std::uint32_t a_minute =
        party.requests_per_minute != 0 ? party.requests_per_minute : options_.requests_per_minute;
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = paces_.try_emplace(party.id);
    Pace& pace = at->second;
    if (fresh) {
        pace.tokens = a_minute;
        pace.filled_at = now;
    }
    const double passed_s = std::chrono::duration<double>(now - pace.filled_at).count();
    pace.tokens =
        std::min<double>(a_minute, pace.tokens + std::max(0.0, passed_s) * a_minute / 60.0);
    pace.filled_at = now;
    if (pace.tokens < 1) {
        ++counted_.too_many;
        return too_many_requests;
    }
    pace.tokens -= 1;
    const Duration back = party.strict_timestamps ? Duration(0) : options_.clock_window;
    if (headers.timestamp + back < pace.highest) {
        return Error(parameter_invalid, "timestamp");
    }
    pace.highest = std::max(pace.highest, headers.timestamp);
    return {};
}

Result<CheckedCall> CallChecks::check(const http::Call& call) {
    CHOPMARK_ASSIGN(const SignedHeaders headers, read_headers(call.request));
    CheckedCall checked;
    checked.now = ports_.clock.now();
    if (headers.timestamp + options_.clock_window < checked.now ||
        checked.now + options_.clock_window < headers.timestamp) {
        return Error(parameter_invalid, "timestamp");
    }
    checked.control = ports_.control.latest();
    checked.party = headers.client
                        ? control::find_relying_party(*checked.control->state, *headers.client)
                        : nullptr;
    const auto authentic = authenticate(headers, call.request.body, checked.party, checked.now);
    if (!authentic) {
        if (authentic.error() == signature_wrong) {
            const std::lock_guard lock(mutex_);
            ++counted_.wrong_signature;
        }
        return authentic.error();
    }
    if (!control::may_call(*checked.control->state, *checked.party)) {
        return control::rp_not_active;
    }
    checked.head = head_of(headers, call);
    if (call.again) {  // counted, and its nonce remembered, the first time
        return checked;
    }
    CHOPMARK_TRY(check_pace(headers, *checked.party, checked.now));
    const bool first = nonces_.remember(checked.head.id, checked.now);
    const std::lock_guard lock(mutex_);
    ++(first ? counted_.passed : counted_.repeated);
    return first ? Result<CheckedCall>(std::move(checked)) : request_repeated;
}

CallChecks::Probe CallChecks::probe() const {
    const std::lock_guard lock(mutex_);
    return counted_;
}

}  // namespace chopmark::rp
