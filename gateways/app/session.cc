#include "gateways/app/session.h"

#include <charconv>

#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "events/keys/pseudonym.h"

namespace chopmark::app {
namespace {

constexpr std::size_t began_at_offset = AccountId::size + DeviceId::size;
constexpr std::size_t random_bytes = 8;
constexpr std::size_t nonce_bytes = began_at_offset + sizeof(std::int64_t) + random_bytes;
constexpr std::size_t time_digits = 16;

std::optional<Instant> time_of(std::string_view millis) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(millis.data(), millis.data() + millis.size(), value);
    if (millis.size() > time_digits || error != std::errc() || value < 0 ||
        end != millis.data() + millis.size()) {
        return std::nullopt;
    }
    return Instant::from_millis(value);
}

}  // namespace

Session begin_session(const http::AppCaller& caller, Instant now, Entropy& entropy) {
    Bytes nonce = caller.account.to_bytes() + caller.device.to_bytes();
    append_big_endian(nonce, now.micros());
    nonce += entropy.draw<OpaqueId<struct SessionRandomTag, random_bytes>>().bytes();
    return {caller, now, std::move(nonce)};
}

std::optional<Session> read_session(std::string_view base64) {
    auto nonce = from_base64(base64);
    if (!nonce || nonce->size() != nonce_bytes) {
        return std::nullopt;
    }
    const ByteView bytes = *nonce;
    const http::AppCaller caller{
        AccountId(to_array<AccountId::size>(bytes.substr(0, AccountId::size))),
        DeviceId(to_array<DeviceId::size>(bytes.substr(AccountId::size, DeviceId::size)))};
    const auto began_at =
        Instant::from_micros(get_big_endian<std::int64_t>(bytes, began_at_offset));
    return Session{caller, began_at, *std::move(nonce)};
}

crypto::Secret32 session_key(const service::Secrets& secrets, const Session& session) {
    return keys::session_key(secrets.session_keys.at(session.began_at), session.caller.device,
                             session.nonce);
}

Digest session_mac(const crypto::Secret32& key, const MacInput& input) {
    const std::string body = crypto::sha256(input.body).hex();
    return crypto::hmac_sha256(key.reveal(),
                               {input.method, "\n", input.target, "\n", input.time_ms, "\n", body});
}

Result<http::AppCaller> check_session(const service::Secrets& secrets, std::string_view session,
                                      std::string_view mac, const MacInput& input, Instant now) {
    const auto read = read_session(session);
    const auto claimed = from_base64(mac);
    // The key of a day is derived for no other moments than those a session may have.
    if (!read || !claimed || read->began_at > now + limits::clock_difference) {
        return bad_session;
    }
    if (read->began_at + limits::app_session_life <= now) {
        return session_expired;
    }
    if (!crypto::equal_constant_time(session_mac(session_key(secrets, *read), input).bytes(),
                                     *claimed)) {
        return bad_session;
    }
    const auto at = time_of(input.time_ms);
    if (!at || *at > now + limits::app_session_clock || *at + limits::app_session_clock < now) {
        return bad_time;
    }
    return read->caller;
}

}  // namespace chopmark::app
