// Sessions of phones: one signature at the start of the app, then a MAC over every read and scan
// (design 6). Nothing is stored: the nonce names account, device and beginning, and any node
// derives the key from it and the day's root. A session lasts ten minutes.
//
//   session = account:16 device:16 began_at:i64 random:8                   ; on the wire in Base64
//   mac     = HMAC-SHA-256(key, method "\n" target "\n" time_ms "\n" sha256_hex(body))
//
// Pure; safe from any thread.
#pragma once

#include "events/core/clock.h"
#include "events/core/entropy.h"
#include "gateways/http/principal.h"
#include "gateways/service/secrets.h"

namespace chopmark::app {

/// No session, or the MAC is not its.
inline constexpr Reason bad_session{"app.bad_session", Kind::unauthenticated};
inline constexpr Reason session_expired{"app.session_expired", Kind::unauthenticated};
/// The phone's clock is too far off; it is told by the header Date.
inline constexpr Reason bad_time{"app.bad_time", Kind::unauthenticated};

struct Session {
    http::AppCaller caller;
    Instant began_at;
    Bytes nonce;
};

Session begin_session(const http::AppCaller& caller, Instant now, Entropy& entropy);
/// Of the nonce alone: proves nothing yet.
std::optional<Session> read_session(std::string_view base64);
crypto::Secret32 session_key(const service::Secrets& secrets, const Session& session);

struct MacInput {
    std::string_view method;
    std::string_view target;
    std::string_view time_ms;
    std::string_view body;
};
Digest session_mac(const crypto::Secret32& key, const MacInput& input);

/// The three headers' values against what was received.
Result<http::AppCaller> check_session(const service::Secrets& secrets, std::string_view session,
                                      std::string_view mac, const MacInput& input, Instant now);

}  // namespace chopmark::app
