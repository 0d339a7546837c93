// The protocol of facts/iamsmart-api.md 2 to 4, as a client writes and reads it.
#include <fmt/format.h>

#include "events/core/clock.h"
#include "events/crypto/digest.h"
#include "ops/sandbox/service.h"

namespace chopmark::sandbox {
namespace {

constexpr const char* server_agent = "SampleService/1.0 (sandbox)";
constexpr std::size_t iv_bytes = 12;
constexpr std::size_t length_bytes = 4;

Result<Bytes> open_content(const crypto::Secret32& key, const std::string& text) {
    const auto bytes = from_base64(text);
    if (!bytes || bytes->size() < length_bytes + iv_bytes + crypto::aead_tag_bytes ||
        get_big_endian<std::uint32_t>(*bytes) != iv_bytes) {
        return Error(bad_answer, "content");
    }
    const ByteView view = *bytes;
    const auto iv = to_array<iv_bytes>(view.substr(length_bytes, iv_bytes));
    return crypto::aead_open(key, iv, {}, view.substr(length_bytes + iv_bytes));
}

Result<Envelope> read_envelope(const Json& json) {
    Envelope out;
    CHOPMARK_ASSIGN(out.tx_id, service::text_of(json, "txID"));
    CHOPMARK_ASSIGN(out.code, service::text_of(json, "code"));
    CHOPMARK_ASSIGN(out.message, service::text_of(json, "message"));
    return out;
}

Result<Envelope> open_envelope(const Json& json, const crypto::Secret32& key) {
    CHOPMARK_ASSIGN(Envelope out, read_envelope(json));
    if (service::has(json, "content")) {
        CHOPMARK_ASSIGN(const std::string sealed, service::text_of(json, "content"));
        CHOPMARK_ASSIGN(const Bytes text, open_content(key, sealed));
        CHOPMARK_ASSIGN(out.content, service::parse_object(text));
    }
    return out;
}

}  // namespace

std::string SampleService::seal(const std::string& text) const {
    crypto::AeadNonce iv{};
    entropy_->fill(iv);
    Bytes out;
    append_big_endian(out, static_cast<std::uint32_t>(iv_bytes));
    out += view(iv);
    out += crypto::aead_seal(*content_key_, iv, {}, text);
    return to_base64(out);
}

Result<Answer> SampleService::signed_post(const std::string& path, const std::string& body) const {
    const std::string method = "HmacSHA256";
    const std::string timestamp = std::to_string(SystemClock().now().millis());
    const std::string nonce = entropy_->draw<RequestId>().hex();
    const Digest mac =
        crypto::hmac_sha256(identity_.secret, {identity_.client, method, timestamp, nonce, body});
    const httplib::Headers headers{{"clientID", identity_.client},
                                   {"signatureMethod", method},
                                   {"timestamp", timestamp},
                                   {"nonce", nonce},
                                   {"signature", url_encode(to_base64(mac.bytes()))}};
    return Caller(gateways_.rp(), "127.0.0.1", server_agent).post("/api/v1" + path, body, headers);
}

Result<crypto::Secret32> SampleService::unwrap(const std::string& wrapped) const {
    const auto bytes = from_base64(wrapped);
    if (!bytes) {
        return Error(bad_answer, "secretKey");
    }
    CHOPMARK_ASSIGN(const crypto::SecretBytes key, rsa_.decrypt(*bytes));
    if (key.size() != crypto::Secret32::size) {
        return Error(bad_answer, "secretKey");
    }
    return crypto::Secret32::from(key.reveal());
}

Result<void> SampleService::fetch_key() {
    CHOPMARK_ASSIGN(const Json json, expect_success(signed_post("/security/getKey", "")));
    CHOPMARK_ASSIGN(const Envelope envelope, read_envelope(json));
    if (!envelope.good()) {
        return Error(rp_refused, envelope.code + " " + envelope.message);
    }
    CHOPMARK_ASSIGN(const Json content, service::object_of(json, "content"));
    CHOPMARK_ASSIGN(const std::string public_key, service::text_of(content, "pubKey"));
    if (public_key != to_base64(rsa_.public_key().spki())) {
        return Error(bad_answer, "pubKey is not ours");
    }
    CHOPMARK_ASSIGN(const std::string wrapped, service::text_of(content, "secretKey"));
    CHOPMARK_ASSIGN(content_key_, unwrap(wrapped));
    return {};
}

Result<Envelope> SampleService::call(const std::string& path, const Json& content) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!content_key_) {
            CHOPMARK_TRY(fetch_key());
        }
        const std::string body = Json{{"content", seal(content.dump())}}.dump();
        CHOPMARK_ASSIGN(const Json json, expect_success(signed_post(path, body)));
        CHOPMARK_ASSIGN(Envelope envelope, read_envelope(json));
        if (envelope.code == "D30002" && attempt == 0) {
            content_key_.reset();  // over or revoked: a new one, once
            continue;
        }
        return envelope.good() ? open_envelope(json, *content_key_)
                               : Result<Envelope>(std::move(envelope));
    }
    return Error(rp_refused, "D30002 twice");
}

Result<Envelope> SampleService::open_callback(const std::string& body) const {
    CHOPMARK_ASSIGN(const Json json, service::parse_object(body));
    CHOPMARK_ASSIGN(const std::string wrapped, service::text_of(json, "secretKey"));
    CHOPMARK_ASSIGN(const crypto::Secret32 key, unwrap(wrapped));
    return open_envelope(json, key);
}

}  // namespace chopmark::sandbox
