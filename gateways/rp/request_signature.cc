#include "gateways/rp/request_signature.h"

#include <algorithm>
#include <charconv>

#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "gateways/http/target.h"
#include "gateways/rp/url.h"

namespace chopmark::rp {
namespace {

constexpr std::size_t timestamp_digits = 15;

/// A header that comes twice is read in two ways by two readers: refused.
Result<std::string> header(const httplib::Request& request, const char* name) {
    if (!request.has_header(name)) {
        return Error(parameter_missing, name);
    }
    std::string value = request.get_header_value(name);
    if (value.empty()) {
        return Error(parameter_empty, name);
    }
    if (request.get_header_value_count(name) != 1) {
        return Error(parameter_invalid, name);
    }
    return value;
}

Result<Instant> timestamp_in(const std::string& text) {
    std::int64_t millis = 0;
    const char* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, millis);
    if (error != std::errc() || last != end || millis <= 0 || text.size() > timestamp_digits ||
        text.front() == '0') {
        return Error(parameter_invalid, "timestamp");
    }
    return Instant::from_millis(millis);
}

std::optional<Digest> signature_in(const std::string& text) {
    const bool encoded = text.find('%') != std::string::npos;
    const auto plain = encoded ? http::percent_decode(text, false) : std::optional(text);
    const auto bytes = plain ? from_base64(*plain) : std::nullopt;
    return bytes ? Digest::from_bytes(*bytes) : std::nullopt;
}

Digest mac_of(std::string_view client_text, std::string_view timestamp_text, std::string_view nonce,
              ByteView body, ByteView secret) {
    return crypto::hmac_sha256(secret,
                               {client_text, signature_method, timestamp_text, nonce, body});
}

}  // namespace

Result<SignedHeaders> read_headers(const httplib::Request& request) {
    SignedHeaders headers;
    CHOPMARK_ASSIGN(headers.client_text, header(request, "clientID"));
    CHOPMARK_ASSIGN(const std::string method, header(request, "signatureMethod"));
    CHOPMARK_ASSIGN(headers.timestamp_text, header(request, "timestamp"));
    CHOPMARK_ASSIGN(headers.nonce, header(request, "nonce"));
    CHOPMARK_ASSIGN(const std::string signature, header(request, "signature"));
    if (method != signature_method) {
        return signature_method_unknown;
    }
    CHOPMARK_ASSIGN(headers.timestamp, timestamp_in(headers.timestamp_text));
    const bool printable = std::all_of(headers.nonce.begin(), headers.nonce.end(),
                                       [](char c) { return c > ' ' && c < '\x7f'; });
    if (headers.nonce.size() > limits::nonce_bytes || !printable) {
        return Error(parameter_invalid, "nonce");
    }
    headers.client = ClientId::from_hex(headers.client_text);
    headers.signature = signature_in(signature);
    return headers;
}

bool is_signed(const SignedHeaders& headers, ByteView body, ByteView secret) {
    const Digest expected =
        mac_of(headers.client_text, headers.timestamp_text, headers.nonce, body, secret);
    const Digest given = headers.signature.value_or(Digest());
    return crypto::equal_constant_time(expected.bytes(), given.bytes()) &&
           headers.signature.has_value();
}

std::string sign_request(std::string_view client_text, std::string_view timestamp_text,
                         std::string_view nonce, ByteView body, ByteView secret) {
    return percent_encode(
        to_base64(mac_of(client_text, timestamp_text, nonce, body, secret).bytes()));
}

}  // namespace chopmark::rp
