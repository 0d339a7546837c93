// The signature of a relying party's request (facts/iamsmart-api.md 2): HMAC-SHA-256 under the
// client secret over clientID, signatureMethod, timestamp, nonce and the body as received, without
// separators. Read leniently where clients differ: the signature may come URL-encoded or as plain
// Base64 (2.1.4). Pure; safe from any thread.
#pragma once

#include <httplib.h>

#include <optional>
#include <string>

#include "events/core/ids.h"
#include "events/core/instant.h"
#include "events/core/result.h"
#include "gateways/rp/codes.h"

namespace chopmark::rp {

inline constexpr std::string_view signature_method = "HmacSHA256";

/// The five headers, well-formed; texts as received, for they are under the signature.
struct SignedHeaders {
    std::string client_text;
    std::string timestamp_text;
    std::string nonce;
    std::optional<ClientId> client;  // nothing: not 32 hex digits, so nobody's
    Instant timestamp;
    std::optional<Digest> signature;  // nothing: no Base64 of 32 bytes
};

/// rp.parameter_missing, rp.parameter_empty, rp.parameter_invalid with the header's name;
/// rp.signature_method_unknown.
Result<SignedHeaders> read_headers(const httplib::Request& request);

/// In constant time. Without a readable signature the HMAC is computed all the same.
bool is_signed(const SignedHeaders& headers, ByteView body, ByteView secret);

/// As it goes on the wire, URL-encoded; what a client sends, for tests and sample clients.
std::string sign_request(std::string_view client_text, std::string_view timestamp_text,
                         std::string_view nonce, ByteView body, ByteView secret);

}  // namespace chopmark::rp
